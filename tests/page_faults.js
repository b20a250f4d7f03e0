// What is wrong with the page that is open, a sentence each.
({ wide }) => {
  const faults = [], all = (css) => [...document.querySelectorAll(css)];
  const name = (node) => node.outerHTML.slice(0, 120);
  const formulas = all(".math").length, typeset = all("mjx-container").length;
  if (typeset < formulas) faults.push(`${formulas} formulas, ${typeset} typeset`);
  all("mjx-merror, [data-mjx-error], mjx-mtext[style*='color: red']").forEach((n) => faults.push(`MathJax: ${n.textContent}`));
  all(".bd-article .stderr").forEach((n) => faults.push(`a cell warns: ${n.textContent.slice(0, 200)}`));
  all("script[type='application/vnd.jupyter.widget-view+json']").forEach(() => faults.push("a widget that needs a kernel"));
  all(".bd-article .cell_output pre").forEach((n) => { if (/<.* at 0x[0-9a-f]+>/.test(n.textContent)) faults.push(`a cell shows an object: ${n.textContent}`); });
  all(".bd-article img").forEach((n) => { if (!n.alt.trim()) faults.push(`no alt text: ${name(n)}`); });

  const words = document.createTreeWalker(document.querySelector(".bd-article"), NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const { parentElement, data } = words.currentNode;
    if (/\$|\\[a-zA-Z]/.test(data) && !parentElement.closest("pre, code, script, style, noscript, mjx-container"))
      faults.push(`raw TeX: ${data.trim()}`);
  }

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} px wide, the screen ${innerWidth}`);
  if (wide) all(".bd-article pre, mjx-container[display]").forEach((n) => {
    if (n.scrollWidth > n.clientWidth + 1) faults.push(`wider than its column: ${n.textContent.slice(0, 80)}`);
  });
  return faults;
}
