// For readers by ear and by keyboard: what the theme, its extensions and MathJax leave out.
addEventListener("load", async () => {
  const all = (css, mend) => document.querySelectorAll(css).forEach(mend);
  all("div.citation", (entry) => entry.setAttribute("role", "listitem"));
  all(".search-button-field, .hide > summary", (node) => node.removeAttribute("aria-label"));            // their text says more
  all(".btn-download-notebook-button", (node) => node.setAttribute("download", ""));                      // not shown as text
  all(".theme-switch-button", (node) => node.removeAttribute("aria-label"));
  all(".theme-switch-button title", (node) => { node.textContent = `Colour mode: ${node.textContent}`; });  // of the icon that is shown
  all("li.has-children > details > summary", (node) => node.setAttribute("aria-label", `Pages below ${node.closest("li").firstElementChild.textContent}`));
  all(".toggle-button", (node) => {                            // "Answer", not "Toggle hidden content"; what it does is beside it
    node.setAttribute("aria-label", node.parentElement.firstChild.textContent.trim());
  });
  await window.MathJax?.startup?.promise;
  const reach = () => all("mjx-container[display]", (formula) => { if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0; });
  reach();
  addEventListener("resize", reach);
});
