// The notation at hand: a button on every page opens the tables beside the text.
{
  const { src } = document.currentScript;
  const load = (file) => new Promise((done) => {
    const script = document.createElement("script");
    Object.assign(script, { src: new URL(file, src).href, onload: done });
    document.head.append(script);
  });

  const make = (tag, parts, ...children) => {
    const element = Object.assign(document.createElement(tag), parts);
    element.append(...children);
    return element;
  };

  const fill = async (body, root) => {
    await load("notation-tables.js");
    const { href } = new URL(`${root}book/notation.html`, location);
    body.innerHTML = window.notationTables;
    for (const link of body.querySelectorAll("a")) link.href = new URL(link.getAttribute("href"), href);
    body.append(make("p", {}, make("a", { href, textContent: "Five lecturers' letters side by side" })));
    if (!window.MathJax?.startup) {  // a page without formulas
      window.MathJax = { options: { enableMenu: false } };
      await load("vendor/mathjax/tex-mml-chtml.js");
    }
    await MathJax.startup.promise;
    await MathJax.typesetPromise([body]);
    body.dataset.ready = "";
  };

  addEventListener("DOMContentLoaded", () => {
    const root = document.documentElement.dataset.content_root ?? "./";
    const button = make("button", { type: "button", className: "btn btn-sm notation-button", textContent: "Notation" });
    const close = make("button", { type: "button", className: "btn btn-sm", textContent: "Close" });
    const title = make("h2", { id: "notation-title", textContent: "Notation" });
    const body = make("div", { tabIndex: 0, className: "notation-body" });
    const panel = make("dialog", { id: "notation-panel" }, make("header", {}, title, close), body);
    panel.setAttribute("aria-labelledby", title.id);
    body.setAttribute("role", "region");
    body.setAttribute("aria-label", "Letters and words");
    button.setAttribute("aria-controls", panel.id);

    const show = (open) => {
      button.setAttribute("aria-expanded", open);
      if (!open) { panel.close(); button.focus(); return; }
      panel.show();
      body.focus();
      if (!body.hasChildNodes()) fill(body, root);
    };
    button.onclick = () => show(!panel.open);
    close.onclick = () => show(false);
    for (const part of [panel, button]) {
      part.addEventListener("keydown", ({ key }) => { if (key === "Escape" && panel.open) show(false); });
    }
    button.setAttribute("aria-expanded", false);
    const bar = document.querySelector(".article-header-buttons");
    bar?.prepend(button);
    bar?.closest(".bd-header-article").after(panel);
  });
}
