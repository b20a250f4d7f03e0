/* Parts for living figures: elements, the frame, plots, readouts, images.
   No import and no export: this text stands in front of each figure, for both hosts. Colours live in figure.css. */

// ---------- elements

const SVG = "http://www.w3.org/2000/svg";

function put(node, attrs) {                                   // what stays as it was costs no layout
  for (const [key, value] of Object.entries(attrs)) if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
  return node;
}
function write(node, html) {
  if (node.written !== html) node.innerHTML = node.written = html;
  return node;
}
function add(parent, tag, attrs = {}, inner = "") {           // under an HTML or an SVG parent
  const drawn = tag === "svg" || parent.namespaceURI === SVG;
  const node = put(drawn ? document.createElementNS(SVG, tag) : document.createElement(tag), attrs);
  node.innerHTML = inner;
  parent.append(node);
  return node;
}
let ids = 0;
const newId = () => `lf-${Math.random().toString(36).slice(2)}-${++ids}`; // each widget on a page brings its own copy of this text
function hatch(svg, role) {                                   // a fill for a gap
  const id = newId();
  add(svg, "defs", {}, `<pattern id="${id}" class="lf-hatch ${role}" width="5" height="5" patternUnits="userSpaceOnUse"
    patternTransform="rotate(45)"><path d="M0 0V5"/></pattern>`);
  return `url(#${id})`;
}
function button(parent, label, click) {
  const node = add(parent, "button", { type: "button" }, label);
  node.addEventListener("click", click);
  return node;
}

// ---------- formulas

const math = (s) => s                                         // "e^{ELBO} q(z|x)", for a label in a plot
  .replace(/\b[a-z](?![a-z])|[\u03bc\u03c3]/g, '<tspan class="lf-it">$&</tspan>')
  .replace(/\^\{(.+?)\}/g, '<tspan class="lf-sup" dy="-6">$1</tspan><tspan dy="6">\u200a</tspan>');

// ---------- the frame: one redraw a frame, keys, full screen, resizing, speech

function frame(el, { name, draw }) {
  el.classList.add("living-figure");
  el.dataset.lmSuppressShortcuts = "true";                    // JupyterLab: keys belong to the figure
  el.addEventListener("keydown", (e) => e.stopPropagation());
  const root = add(el, "figure", { role: "group", "aria-label": name }), off = new AbortController();
  const spoken = add(root, "p", { class: "lf-spoken", role: "status" });
  let due = 0, rest = 0, place = "";
  const redraw = () => { due ||= requestAnimationFrame(() => { due = 0; draw(); }); };
  const size = new ResizeObserver(() => {                     // another place: fit into it; another height alone: draw
    const now = `${root.clientWidth} ${room()}`;
    if (now === place || !root.clientWidth) return redraw();
    place = now;
    fit();
  });
  size.observe(root);
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  document.addEventListener("keydown", (e) => {               // f, with focus inside, or the pointer here and nobody writing
    const at = document.activeElement, mine = el.contains(at) || document.fullscreenElement === root || (el.matches(":hover") && !at.closest("input, textarea, select, [contenteditable=true]"));
    if (e.key !== "f" || e.ctrlKey || e.metaKey || e.altKey || !mine || !document.fullscreenEnabled) return;
    e.preventDefault();
    e.stopPropagation();
    full();
  }, { capture: true, signal: off.signal });
  const room = () => (document.fullscreenElement === root ? root.clientHeight
    : (el.closest(".jp-WindowedPanel-outer")?.clientHeight ?? Infinity) - 64);  // JupyterLab: with a line of output below
  const fit = () => {                                         // too tall for a screen: closer first, then in two columns
    root.classList.remove("lf-low", "lf-two");
    for (const how of ["lf-low", "lf-two"]) {
      draw();
      if (root.scrollHeight > room() + 1) root.classList.add(how);
    }
    redraw();
  };
  for (const what of ["fullscreenchange", "resize"]) addEventListener(what, fit, { capture: true, signal: off.signal });
  return {
    root, redraw,
    speak(text) {                                             // waits until a drag rests, or it would never stop talking
      clearTimeout(rest);
      rest = setTimeout(() => { spoken.textContent = text; }, 400);
    },
    fullScreen: (parent) => document.fullscreenEnabled && put(button(parent, "Full screen <kbd>f</kbd>", full), { class: "lf-full" }),
    close() { off.abort(); size.disconnect(); clearTimeout(rest); cancelAnimationFrame(due); },
  };
}

// ---------- plots: an SVG as wide as its place, a hairline axis, curves, areas, labels

function linear([a, b], [c, d]) {                             // domain -> range and back; .per is pixels per unit
  const per = (d - c) / (b - a);
  return Object.assign((v) => c + (v - a) * per, { per, domain: [a, b], invert: (px) => a + (px - c) / per });
}
function axis(g, scale, y, ticks) {                           // short ticks, numbers below
  const [a, b] = scale.domain.map(scale);
  write(g, `<path d="M${a} ${y}H${b}${ticks.map((t) => `M${scale(t)} ${y}v4`).join("")}"/>` +
    ticks.map((t) => `<text x="${scale(t)}" y="${y + 5}" dy=".95em">${fix(t, 0)}</text>`).join(""));
}
function plot(parent, { name, x, ticks, shape = [0.45, 240, 330], left = 11, top = 8, lift = 0, below = 0 }) {
  const size = shape[0] ? `${shape[1]}px` : `max(${shape[1]}px, ${shape[1] / 19}em)`;      // in full screen: the first grow, the second follow the type
  const box = add(parent, "div", { class: shape[0] ? "lf-plot" : "lf-plot lf-fixed", style: `--least: ${size}` }), node = add(box, "svg", { role: "group", "aria-label": name });
  const base = add(node, "g", { class: "lf-axis" }), p = { box, node, left };
  p.fit = (lo, hi, domain = x, marks = ticks) => {            // first in every draw; lift: pixels from the axis up to lo
    const w = box.clientWidth || 300, [ratio, least, most] = shape, big = document.fullscreenElement?.contains(box);  // 300: not on the page yet
    const how = box.closest(".lf-low")?.classList, h = big ? Math.max(box.clientHeight, least) : how?.contains("lf-two") ? most : how ? least : clamp(w * ratio, least, most), floor = h - 26 - below;
    Object.assign(p, { w, h, floor, taken: [], x: linear(domain, [left, w - 11]), y: linear([lo, hi], [floor - lift, top]) });
    put(node, { width: w, height: h, viewBox: `0 0 ${w} ${h}` });
    axis(base, p.x, floor, marks);
  };
  p.curve = (role) => curve(p, role);
  p.area = (role) => area(p, role);
  p.text = (role) => label(p, role);
  return p;
}
function square(parent, { name, x, y }) {                     // a plane with two like axes; fit() first in every draw
  const box = add(parent, "div", { class: "lf-plane" }), node = add(box, "svg", { role: "group", "aria-label": name, class: "lf-ground", style: "overflow: hidden" });
  const p = { box, node, left: 0, curve: (role) => curve(p, role), text: (role) => label(p, role) };
  p.fit = () => {
    const size = box.clientWidth || 300;
    Object.assign(p, { w: size, h: size, taken: [], x: linear(x, [0, size]), y: linear(y, [size, 0]) });
    put(node, { width: size, height: size, viewBox: `0 0 ${size} ${size}` });
  };
  return p;
}
const through = (p, xs, ys) => Array.from(xs, (v, i) => `${p.x(v).toFixed(2)} ${p.y(ys[i]).toFixed(2)}`).join("L");
function curve(p, role) {
  const node = add(p.node, "path", { class: `lf-line ${role}` });
  return { draw: (xs, ys) => put(node, { d: `M${through(p, xs, ys)}` }) };
}
function area(p, role) {                                      // down to the axis
  const node = add(p.node, "path", { class: `lf-area ${role}` });
  return { draw: (xs, ys) => put(node, { d: `M${p.x(xs[0])} ${p.floor}L${through(p, xs, ys)}L${p.x(xs[xs.length - 1])} ${p.floor}Z` }) };
}
// A label is kept between `min` and the right edge, and left out where it would cover an earlier one.
// `clear(x0, x1, height)` may give a bottom that suits the label's true extent, or null to leave it out.
function label(p, role) {
  const node = add(p.node, "text", { class: `lf-label ${role}` });
  let measured = "", b = null;
  return { draw({ x, bottom, anchor = "start", lines: [first, second], min = p.left, clear = () => bottom }) {
    write(node, `<tspan>${first}</tspan>` + (second ? `<tspan x="0" dy="1.35em" class="lf-small">${second}</tspan>` : ""));
    put(node, { "text-anchor": anchor });
    const key = [p.w, p.h, anchor, first, second].join();     // measuring is dear: only when the text or the place changed
    if (key !== measured) [measured, b] = [key, node.getBBox()];
    const tx = clamp(x, min - b.x, p.w - b.x - b.width), x0 = tx + b.x, x1 = x0 + b.width;
    const low = clear(x0, x1, b.height), me = [x0 - 5, low - b.height, x1 + 5, low];
    const free = low !== null && !p.taken.some((o) => me[0] < o[2] && o[0] < me[2] && me[1] < o[3] && o[1] < me[3]);
    if (free && first) p.taken.push(me);                       // an empty one takes no place
    put(node, { transform: `translate(${tx} ${low - b.y - b.height})`, visibility: free ? "visible" : "hidden" });
    return free;
  } };
}

// Name curves over the same xs: each where it is high and least covered by others, the name leading away from the highest summit.
function nameCurves(p, labels, xs, curves, names) {
  const highest = xs.map((_, i) => Math.max(...curves.map((f) => f[i]))), top = highest.indexOf(Math.max(...highest)), long = Math.ceil(110 / (p.x(xs[1]) - p.x(xs[0])));
  const roof = xs.map((_, i) => Math.max(...(i < top ? highest.slice(Math.max(0, i - long), i + 1) : highest.slice(i, i + long))));
  const over = (x0, x1) => p.y(Math.max(...highest.filter((_, i) => x0 - 3 <= p.x(xs[i]) && p.x(xs[i]) <= x1 + 3))) - 4;
  names.forEach((name, k) => {
    const worth = curves[k].map((v, i) => 4 * v - 3 * roof[i]), i = worth.indexOf(Math.max(...worth)), anchor = Math.abs(i - top) < 2 ? "middle" : i < top ? "end" : "start";
    const at = (up, side, dx) => labels[k].draw({ x: p.x(xs[i]) + dx, anchor: side, lines: [name], clear: (x0, x1) => over(x0, x1) - up });
    [0, 20, 40].some((up) => at(up, anchor, 0) || at(up, "start", 30) || at(up, "end", -30));
  });
}

// ---------- numbers: a row of [role, label, unit] and signs between them

function readout(parent, parts) {
  const row = add(parent, "p", { class: "lf-readout" }), cells = [];
  for (const part of parts) {
    if (typeof part === "string") { row.append(` ${part} `); continue; }
    const [role, text, unit = ""] = part;
    cells.push(add(row, "span", { class: role }, `${text}<br><b></b>${unit}`).querySelector("b"));
  }
  return { draw: (...values) => values.forEach((v, i) => { cells[i].textContent = v; }) };
}

// ---------- images: n x n pixels from 0 to 1; a picker is a native radio group

function picture(parent, pixels, attrs = {}) {                // .draw(pixels)
  const n = Math.sqrt(pixels.length);
  const node = add(parent, "svg", { class: "lf-picture", viewBox: `0 0 ${n} ${n}`, "aria-hidden": "true", ...attrs },
    `<rect class="lf-sheet" width="${n}" height="${n}"/>` +
    Array.from(pixels, (_, d) => `<rect x="${d % n}" y="${Math.floor(d / n)}" width="1" height="1"/>`).join(""));
  const rects = [...node.children].slice(1);
  const draw = (values) => values.forEach((v, d) => put(rects[d], { "fill-opacity": v.toFixed(3) }));
  draw(pixels);
  return { node, draw };
}
function card(parent, role, pixels = PIXELS) {                // an image with a caption, a number and what it means
  const box = add(parent, "div"), image = picture(box, new Float64Array(pixels), { class: `lf-picture ${role}` });
  const name = add(box, "p", { class: `lf-caption ${role}` }), count = add(box, "p", { class: "lf-count" });
  return { draw(values, caption, number, meaning) {
    image.draw(values);
    write(name, caption);
    write(count, `<b>${number}</b> ${meaning}`);
  } };
}
function picker(parent, { label, items, pick }) {             // items: {name: pixels}
  const box = add(parent, "fieldset", { class: "lf-picker" }, `<legend>${label}</legend>`);
  const group = newId(), radios = {};
  for (const [name, pixels] of Object.entries(items)) {
    const item = add(box, "label");
    radios[name] = add(item, "input", { type: "radio", name: group, value: name });
    radios[name].addEventListener("change", () => pick(name));
    picture(item, pixels);
    add(item, "span", {}, name);
  }
  return { box, draw(name) { radios[name].checked = true; } };
}
function chips(parent, { label, items, pick }) {              // the same in words, {value: text}
  const box = add(parent, "fieldset", { class: "lf-chips" }, `<legend>${label}</legend>`), group = newId(), radios = {};
  for (const [value, text] of Object.entries(items)) {
    const item = add(box, "label");
    radios[value] = add(item, "input", { type: "radio", name: group, value });
    radios[value].addEventListener("change", () => pick(value));
    add(item, "span", {}, text);
  }
  return { box, draw(value) { radios[value].checked = true; } };
}
