// What of the page that is open cannot be read, hit or seen to have the focus, a sentence each; beside what axe finds.
() => {
  const faults = new Set(), all = (css) => [...document.querySelectorAll(css)];
  const name = (node) => node.cloneNode(false).outerHTML.replace(/ (?:d|points|style|transform|data-bs-\S*)="[^"]*"/g, "").slice(0, 110);
  const shown = (node) => node.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && node.getClientRects().length > 0;
  const chain = (node) => (node ? [node, ...chain(node.parentElement)] : []);

  // colours: [red, green, blue, opacity], each from 0 to 1
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }), known = {};
  const color = (text) => (known[text] ??= (() => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = text;
    pen.fillRect(0, 0, 1, 1);
    return Array.from(pen.getImageData(0, 0, 1, 1).data, (v) => v / 255);
  })());
  const over = (top, below, opacity = 1) => [0, 1, 2].map((i) => below[i] + top[3] * opacity * (top[i] - below[i])).concat(1);
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((s, part, i) => s + part * (c[i] <= 0.04045 ? c[i] / 12.92 : ((c[i] + 0.055) / 1.055) ** 2.4), 0);
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const paper = (node) => chain(node).reverse().reduce((below, n) => over(color(getComputedStyle(n).backgroundColor), below), [1, 1, 1, 1]);

  // text: 4.5 to 1, large text 3 to 1; what is switched off is exempt
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = new Set();
  while (words.nextNode()) {
    const node = words.currentNode.parentElement;
    if (!words.currentNode.data.trim() || seen.has(node) || !shown(node) || node.closest("script, style, noscript, title, :disabled, [inert], [aria-disabled=true], mjx-assistive-mml")) continue;
    seen.add(node);
    const style = getComputedStyle(node), drawn = node instanceof SVGElement, haloed = drawn && style.stroke !== "none" && style.paintOrder.startsWith("stroke");
    const opacity = chain(node).reduce((o, n) => o * getComputedStyle(n).opacity, 1), below = haloed ? color(style.stroke) : paper(node);
    if (!opacity) continue;
    const ratio = contrast(over(color(drawn ? style.fill : style.color), below, opacity), below), px = parseFloat(style.fontSize);
    const least = px >= 24 || (px >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least) faults.add(`contrast ${ratio.toFixed(2)}: "${words.currentNode.data.trim().slice(0, 40)}" in ${name(node)}`);
  }

  // targets: 24 px each way; a link in a line of text is as high as its line
  const targets = all("a[href], button, summary, input, select, [role=slider], [role=button]").filter((n) => shown(n) && !n.closest("[inert], [aria-disabled=true]"));
  targets.filter((n) => !n.matches(".bd-article a, p a")).forEach((n) => {
    const sizes = [n, ...n.children].map((m) => m.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height));
    if (Math.max(...sizes) < 23.5) faults.add(`target ${Math.max(...sizes).toFixed()} px: ${name(n)}`);
  });

  // focus: by keyboard, something about it or beside it changes, and it is not transparent
  const look = (n) => [...[n, ...n.children, ...(n.parentElement?.children ?? [])].map((m) => [m]), [n, "::before"], [n, "::after"]].map((m) => {
    const s = getComputedStyle(...m);
    return [s.outlineStyle === "none" ? "" : s.outline, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.stroke, s.opacity, s.color, s.position].join();
  }).join("\n");
  targets.concat(all("[tabindex='0']").filter(shown)).filter((n) => n.tabIndex >= 0).forEach((n) => {
    document.activeElement?.blur();
    const before = look(n);
    n.focus({ preventScroll: true });
    if (document.activeElement !== n) return;
    if (look(n) === before) faults.add(`no sign of focus: ${name(n)}`);
    else if (!chain(n).every((m) => getComputedStyle(m).opacity > 0) && !n.matches("label input")) faults.add(`focus on what cannot be seen: ${name(n)}`);
  });
  document.activeElement?.blur();

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) faults.add(`the page is ${root.scrollWidth} px wide, the screen ${innerWidth}`);
  return [...faults];
}
