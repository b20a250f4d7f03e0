/* Which and whether, in the plane: two round clouds, discs and crosses, as many of each, and one point to drag. Far from both
   p(disc|x) stays at 1, or at 0, while p(x) falls. Everything is exact. */

// ---------- the numbers

const CENTRE = [1.4, 0.6];                                    // of the crosses; the discs lie round its opposite
function joint(x) {                                           // log p(x, y) of disc and cross, in nats
  return [-1, 1].map((s) => Math.log(0.5) + sum(x.map((v, i) => logNormal(v, s * CENTRE[i]))));
}
function ask(x) {                                             // p(disc|x) and log p(x), by Bayes
  const [a, b] = joint(x), high = Math.max(a, b);
  return { which: sigmoid(a - b), whether: high + Math.log(Math.exp(a - high) + Math.exp(b - high)) };
}
function shade(x, paint) {                                    // below 0 for discs, above for crosses, at most 1
  const [a, b] = joint(x), peak = Math.log(0.5) - Math.log(2 * Math.PI);
  return paint === "which" ? 1 - 2 * sigmoid(a - b) : a > b ? -Math.exp(a - peak) : Math.exp(b - peak);
}

// ---------- the plane

const [WIDE, TALL, CELL, FAR] = [9, 4, 0.5, [-7, 3]], DARKEST = 0.5;

const cells = Array.from({ length: 2 * WIDE / CELL }, (_, i) => Array.from({ length: 2 * TALL / CELL }, (_, j) =>
  [-WIDE + CELL * i, -TALL + CELL * j])).flat();              // lower left corners

// ---------- the figure

export default {
  numbers: { joint, ask, shade },
  render({ model, el }) {
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["x1", "x2", "paint"], hands), range = model.get("range");
    const at = () => [get("x1"), get("x2")], setAt = (to) => to.forEach((v, i) => set(`x${i + 1}`, Math.round(clamp(v, ...range[`x${i + 1}`]) * 1e3) / 1e3));
    const move = mover(setAt), knobs = [1, 2].map((i) => knob(`x${i}`, `x${i}`, `<i>x</i><sub>${i}</sub>`, "data", 0.05));
    const clouds = [-1, 1].map((s) => { const t = normals(s < 0 ? 3 : 4, 80); return Array.from({ length: 40 }, (_, i) => [s * CENTRE[0] + t[2 * i], s * CENTRE[1] + t[2 * i + 1]]); });

    const fig = frame(el, { name: "Which and whether: drag a point far from both clouds", draw });
    const colour = chips(fig.root, { label: "paint the plane with\u00a0", items: { nothing: "nothing", which: "<i>p</i>(<i>y</i>|<i>x</i>)", both: "<i>p</i>(<i>x</i>, <i>y</i>)" }, pick: hands((v) => set("paint", v)) });
    const p = plot(fig.root, { name: "A plane with discs, crosses and one point", x: [-WIDE, WIDE], ticks: [-8, -4, 0, 4, 8], shape: [0.42, 230, 310] });
    const ground = add(p.node, "g", { "shape-rendering": "crispEdges" }), tiles = cells.map(() => add(ground, "rect", { fill: "currentColor" }));
    const discs = add(p.node, "path", { class: "lf-cloud q" }), crosses = add(p.node, "path", { class: "lf-line model" });
    const names = ["q", "model", "data"].map(p.text), here = compass(p, { name: "x in the plane", role: "data", step: 0.1, range: range.x1, get: at, set: hands(setAt), text: ([a, b]) => `x1 ${fix(a)}, x2 ${fix(b)}` });
    const b = plot(fig.root, { name: "p(disc given x)", x: [0, 1], ticks: [0, 1], shape: [0, 74, 74] }), share = add(b.node, "rect", { class: "lf-fill q", height: 10, y: 36 });
    const mark = guessMark(b, { ask: "Your guess of p(disc given x)", role: "q", step: 0.01, text: (v) => fix(v, 2), redraw: draw, from: () => ask(at()).which });
    const which = add(fig.root, "p", { class: "lf-under q" });
    const h = plot(fig.root, { name: "log p(x), in nats", x: [-45, 0], ticks: [-40, -30, -20, -10, 0], shape: [0, 44, 44] }), depth = add(h.node, "rect", { class: "lf-fill exact", height: 10, y: 6 });
    const whether = add(fig.root, "p", { class: "lf-under exact" });
    const say = voice(fig), rows = add(fig.root, "div", { class: "lf-row" }), sliders = knobs.map((k) => slider(rows, k)), row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => "The point will go far away, up and to the left, to a place where nobody has ever seen anything. What will <i>p</i>(disc|<i>x</i>) be there? Drag the mark, then commit.",
      act: () => move.go(at(), FAR, 1600),
      verdict: (you, truth) => `You said ${fix(you, 2)}, it is ${fix(truth, 4)}: <em>if</em> it is one of the two, it is a disc, for a cross is rarer still. The lower bar looks at the <em>if</em>: log <i>p</i>(<i>x</i>) is ${fix(ask(FAR).whether, 1)}.`,
      say: say.tell,
      lock: (on) => [colour.box, p.box, rows].forEach((part) => { part.inert = on; }),
    });
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const x = at(), n = ask(x), [px, py] = drawPlane(x);
      here.at(px, py);
      b.fit(0, 1);
      put(share, { x: b.x(0), width: b.x(n.which) - b.x(0) });
      mark.at(n.which, 34, "it is");
      h.fit(0, 1);
      put(depth, { x: h.x(clamp(n.whether, -45, 0)), width: h.x(0) - h.x(clamp(n.whether, -45, 0)) });
      write(which, `which: <i>p</i>(disc|<i>x</i>) = ${fix(n.which, 4)}, by Bayes`);
      write(whether, `whether: log <i>p</i>(<i>x</i>) = ${fix(n.whether, 1)} nats`);
      colour.draw(get("paint"));
      sliders.forEach((part) => part.draw());
      say.hint(lesson(n), `x at ${fix(x[0])}, ${fix(x[1])}: p of disc ${fix(n.which, 4)}, log p of x ${fix(n.whether, 1)} nats`);
    }
    function lesson({ which, whether }) {
      if (whether > -9) return "Drag the point, or predict first. Where is the answer to <em>which</em> unsure? Where is the answer to <em>whether</em> low?";
      if (Math.abs(which - 0.5) < 0.4) return "Far out and undecided: the point is as far from the one cloud as from the other. That is unsure about <em>which</em>, and still silent about <em>whether</em>.";
      return "Nothing like this was ever seen, and <em>which</em> is certain. Paint <i>p</i>(<i>x</i>, <i>y</i>): out here there is no colour, for either kind.";
    }
    function drawPlane(x) {
      p.fit(-TALL, TALL);
      const [w, tall] = [CELL * p.x.per, -CELL * p.y.per], paint = get("paint"), place = ([u, v]) => [p.x(u), p.y(v)];
      put(ground, { visibility: mark.asking || paint === "nothing" ? "hidden" : "visible" });        // no answer while the question stands
      if (paint !== "nothing") cells.forEach(([u, v], i) => {
        const s = shade([u + CELL / 2, v + CELL / 2], paint);
        put(tiles[i], { x: p.x(u).toFixed(2), y: p.y(v + CELL).toFixed(2), width: w.toFixed(2), height: tall.toFixed(2), class: s < 0 ? "q" : "model", "fill-opacity": (DARKEST * Math.abs(s)).toFixed(2) });
      });
      put(discs, { d: clouds[0].map((c) => `M${place(c)}h0`).join("") });
      put(crosses, { d: clouds[1].map((c) => { const [cx, cy] = place(c); return `M${cx - 3} ${cy - 3}l6 6m-6 0l6 -6`; }).join("") });
      const [px, py] = place(x);
      p.taken.push([px - 9, py - 9, px + 9, py + 9]);
      names[2].draw({ x: px + (px > p.w / 2 ? -17 : 17), anchor: px > p.w / 2 ? "end" : "start", bottom: py + 6, lines: [math("x")] });
      names[0].draw({ x: p.x(-CENTRE[0] - 2.2), anchor: "end", bottom: p.y(-2.6), lines: ["discs"] });
      names[1].draw({ x: p.x(CENTRE[0] + 2.2), bottom: p.y(2.6), lines: ["crosses"] });
      return [px, py];
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
