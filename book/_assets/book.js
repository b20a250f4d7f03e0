// For readers by ear and by keyboard: what the theme and MathJax leave out.
addEventListener("load", async () => {
  document.querySelectorAll("div.citation").forEach((entry) => entry.setAttribute("role", "listitem"));
  document.querySelector(".search-button-field")?.removeAttribute("aria-label");  // its text says more
  document.querySelector(".btn-download-notebook-button")?.setAttribute("download", "");  // not shown as text
  await window.MathJax?.startup?.promise;
  document.querySelectorAll("mjx-container[display]").forEach((formula) => {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
  });
});
