// What of the open page cannot be read, hit or seen to have the focus, a line each: what axe leaves out.
// Leaves in `kinds` one element of each kind of text, for axe, which needs seconds for all of them.
() => {
  const root = document.fullscreenElement ?? document.body, all = (css) => [...root.querySelectorAll(css)], faults = new Set();
  const name = (node) => node.cloneNode(false).outerHTML.replace(/ (?:points|style|transform|data-bs-\S*)="[^"]*"/g, "").slice(0, 120);
  const shown = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const chain = (node) => (node ? [...chain(node.parentElement), node] : []);
  const OFF = "script, style, noscript, title, :disabled, [inert], [aria-disabled=true], mjx-assistive-mml";

  // colours: [red, green, blue, opacity], each from 0 to 1
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }), known = {};
  const color = (text) => (known[text] ??= (() => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return Array.from(pen.getImageData(0, 0, 1, 1).data, (v) => v / 255);
  })());
  const over = (top, below, opacity = 1) => [0, 1, 2].map((i) => below[i] + top[3] * opacity * (top[i] - below[i])).concat(1);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((s, w, i) => s + w * (c[i] <= 0.04045 ? c[i] / 12.92 : ((c[i] + 0.055) / 1.055) ** 2.4), 0);
  const contrast = (...pair) => (([low, high]) => (high + 0.05) / (low + 0.05))(pair.map(light).sort((a, b) => a - b));
  const paper = (node) => chain(node).reduce((below, n) => over(color(getComputedStyle(n).backgroundColor), below), [1, 1, 1, 1]);

  // text: 4.5 to 1, large text 3 to 1; in a drawing, against its halo where it has one
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), kinds = new Map();
  while (words.nextNode()) {
    const node = words.currentNode.parentElement, text = words.currentNode.data.trim();
    if (!text || !shown(node) || node.closest(OFF)) continue;
    const style = getComputedStyle(node), drawn = node instanceof SVGElement, haloed = drawn && style.stroke !== "none";
    const opacity = chain(node).reduce((o, n) => o * getComputedStyle(n).opacity, 1), below = haloed ? color(style.stroke) : paper(node);
    if (!opacity) continue;
    const ink = drawn ? style.fill : style.color, ratio = contrast(over(color(ink), below, opacity), below), px = parseFloat(style.fontSize);
    if (ratio < (px >= 24 || (px >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5)) faults.add(`contrast ${ratio.toFixed(2)}: "${text.slice(0, 40)}" in ${name(node)}`);
    if (!drawn) kinds.set([ink, below, style.fontSize, style.fontWeight].join(), node);
  }
  window.kinds = [...kinds.values()];

  // targets: 24 px each way; a link in a line of text is as high as its letters
  const targets = all("a[href], button, summary, input, select, [role=slider], [role=button]").filter((n) => shown(n) && !n.closest(OFF));
  targets.filter((n) => !n.matches(".bd-article a:not(.search a), p a")).forEach((n) => {
    const least = Math.max(...[n, ...n.children].map((m) => m.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height)));
    if (least < 23.5) faults.add(`target ${least.toFixed()} px: ${name(n)}`);
  });

  // focus: something changes, on the thing or right beside it, and can be seen
  const look = (n) => [[n], [n, "::before"], [n, "::after"], ...[...n.children, ...n.parentElement.children].map((m) => [m])].map((part) => {
    const s = getComputedStyle(...part);
    return [s.outlineStyle === "none" || s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.stroke, s.opacity].join();
  }).join("\n");
  targets.concat(all("[tabindex='0']").filter(shown)).filter((n) => n.tabIndex >= 0).forEach((n) => {
    document.activeElement.blur();
    const before = look(n);
    n.focus({ preventScroll: true });
    if (document.activeElement !== n) return;
    if (look(n) === before) faults.add(`no sign of focus: ${name(n)}`);
    else if (!n.matches("label input") && chain(n).some((m) => getComputedStyle(m).opacity === "0")) faults.add(`focus on what cannot be seen: ${name(n)}`);
  });
  document.activeElement.blur();

  all("article img").forEach((n) => { if (n.alt.trim().split(/\s+/).length < 4) faults.add(`no description: ${name(n)}`); });
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) faults.add(`the page is ${wide} px wide, the screen ${innerWidth}`);
  return [...faults];
}
