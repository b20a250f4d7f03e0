// Make the document ready for paper: figures drawn, formulas typeset and no wider than a page.
// Returns what went wrong, and the headings.
async () => {
  dispatchEvent(new Event("beforeprint"));                    // starts every living figure
  await MathJax.startup.promise;
  for (const formula of document.querySelectorAll("mjx-container[display]")) {
    const share = formula.clientWidth / formula.scrollWidth;
    if (share < 1) formula.style.fontSize = `${Math.floor(share * 97)}%`;
  }
  while (document.querySelector("[data-living]:not([data-ready])")) {
    if (document.body.innerText.includes("This figure could not start")) break;
    await new Promise((go) => setTimeout(go, 50));
  }
  const faults = document.body.innerText.match(/This figure could not start.*/g) ?? [];
  const edge = document.body.clientWidth + 1;
  for (const part of document.querySelectorAll("article :is(pre, table, img, code, mjx-container, figure)")) {
    const right = part.getBoundingClientRect().right;
    if (right > edge) faults.push(`${part.closest("article").dataset.page}: ${right - edge} px too wide: ${part.textContent.slice(0, 60)}`);
  }
  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")];
  return [faults, headings.map((heading) => heading.textContent.replace(/\s+/g, " ").trim())];
}
