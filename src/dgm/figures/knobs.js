/* Knobs: what a reader moves. A knob is one record, { name, label, role, min, max, step, text, get, set }; a handle in a plot
   and the slider below it are two views of it. Both work by mouse, touch and keyboard, and have a name for a screen reader. */

// A figure's plain values. `hands` wraps what the reader does: it may end a movement, or a question that stands open.
function values(model, keys, hands = (act) => act) {
  const range = model.get("range"), get = (key) => model.get(key), home = keys.map(get);
  const set = (key, v) => { model.set(key, v); model.save_changes(); };
  const reset = hands(() => keys.forEach((key, i) => set(key, home[i])));
  return { get, set, reset, knob(key, name, label, role, step, digits = 2) {        // digits 0: a whole number
    const per = digits ? 1e3 : 1, [min, max] = range[key];
    return { name, label, role, step, min, max, text: (v) => fix(v, digits), get: () => get(key),
      set: hands((v) => set(key, clamp(Math.round(v * per) / per, min, max))) };
  } };
}
function drag(node, begin, move) {                            // move(dx, what begin returned, dy), in pixels: nothing jumps
  node.addEventListener("pointerdown", (e) => {
    if (e.button) return;
    e.stopPropagation();
    node.setPointerCapture(e.pointerId);
    node.classList.add("held");
    const [x0, y0] = [e.clientX, e.clientY], start = begin(), go = (m) => move(m.clientX - x0, start, m.clientY - y0);
    node.addEventListener("pointermove", go);
    node.addEventListener("lostpointercapture", () => {
      node.removeEventListener("pointermove", go);
      node.classList.remove("held");
    }, { once: true });
  });
}
function handle(svg, knob, per, shape = '<circle r="6.5"/>') {  // per(): pixels per unit of the knob's value
  const { name, role, min, max, step, get, set, text } = knob, to = (v) => set(clamp(v, min, max));
  const node = add(svg, "g", { class: `lf-handle ${role}`, role: "slider", tabindex: 0, "aria-label": name,
    "aria-valuemin": min, "aria-valuemax": max }, `<circle class="lf-hit" r="18"/>${shape}`);
  drag(node, get, (dx, v, dy) => to(knob.follow ? knob.follow(v, dx, dy) : v + dx / per()));     // follow: where the value is no length
  node.addEventListener("keydown", (e) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[e.key];
    const end = { Home: min, End: max }[e.key];
    if (by === undefined && end === undefined) return;
    e.preventDefault();
    to(end ?? get() + by * step * (e.shiftKey ? 10 : 1));
  });
  return { node, at(px, py) {
    put(node, { transform: `translate(${px} ${py})`, "aria-valuenow": +get().toFixed(3), "aria-valuetext": text(get()) });
  } };
}
function slider(parent, { name, label, role, min, max, step, text, get, set }) {
  const box = add(parent, "label", { class: `lf-slider ${role}` }, `<span>${label}</span>`);
  const range = add(box, "input", { type: "range", min, max, step, "aria-label": name }), out = add(box, "output");
  range.addEventListener("input", () => set(+range.value));
  return { draw() {
    range.value = get();
    out.textContent = text(get());
    put(range, { "aria-valuetext": text(get()) });
  } };
}
function compass(p, { name, role, step, range, get, set, text }) {     // a knob with two ways to go, in a `square`; get() is [x, y]
  const node = add(p.node, "g", { class: `lf-handle lf-both ${role}`, role: "slider", "aria-roledescription": "two-way slider", tabindex: 0,
    "aria-label": name, "aria-valuemin": range[0], "aria-valuemax": range[1] }, '<circle class="lf-hit" r="18"/><circle r="6.5"/>');
  [node, p.node].forEach((ground) => drag(ground, get, (dx, [a, b], dy) => set([a + dx / p.x.per, b + dy / p.y.per])));
  node.addEventListener("keydown", (e) => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10] }[e.key];
    const end = { Home: range[0], End: range[1] }[e.key];
    if (!by && end === undefined) return;
    e.preventDefault();
    set(by ? get().map((v, i) => v + by[i] * step * (e.shiftKey ? 10 : 1)) : [end, get()[1]]);
  });
  return { at(x, y) { put(node, { transform: `translate(${x} ${y})`, "aria-valuenow": get()[0], "aria-valuetext": text(get()) }); } };
}
