/* Jensen's inequality, drawn: log(w z1 + (1 - w) z2) >= w log z1 + (1 - w) log z2 for z1, z2 > 0 and 0 <= w <= 1. */

// ---------- the numbers: closed form

function jensen(z1, z2, w) {
  const mean = w * z1 + (1 - w) * z2, logMean = Math.log(mean);
  const meanLog = w * Math.log(z1) + (1 - w) * Math.log(z2);
  return { mean, logMean, meanLog, gap: logMean - meanLog };
}

// ---------- the figure

const END = 4.3, RAIL = 40;                                   // RAIL: pixels between z1's knob on the axis and z2's above it
const weight = (w) => ({ "0.667": "⅔", "0.333": "⅓", "0.500": "½", "1.000": "1", "0.000": "0" }[w.toFixed(3)] ?? fix(w));
const mix = (w, a, b) => `${weight(w)} ${a} + ${weight(1 - w)} ${b}`;
const z = (n) => `<i>z</i><sub>${n}</sub>`;

export default {
  numbers: { jensen },
  render({ model, el }) {
    const range = model.get("range"), keys = ["z1", "z2", "w"], home = keys.map((key) => model.get(key));
    const state = () => keys.map((key) => model.get(key));
    const setter = (key) => (v) => {                          // thirds of w, and z1 = z2, are easy to hit
      const [lo, hi] = range[key], magnets = { z1: [model.get("z2")], z2: [model.get("z1")], w: [1 / 3, 2 / 3] }[key];
      model.set(key, magnets.find((m) => Math.abs(m - v) < 0.004 * (hi - lo)) ?? clamp(Math.round(v * 1e3) / 1e3, lo, hi));
      model.save_changes();
    };
    const knob = (key, name, label, role, step, text) => ({ name, label, role, step, text, min: range[key][0], max: range[key][1],
      get: () => model.get(key), set: setter(key) });
    const first = knob("z1", "z1", z(1), "data", 0.05, fix), second = knob("z2", "z2", z(2), "data", 0.05, fix);
    const share = knob("w", "Weight of z1", `weight <i>w</i> of ${z(1)}`, "q", 0.01, weight);

    const fig = frame(el, { name: "Jensen: the log of a mean lies above the mean of the logs", draw });
    const p = plot(fig.root, { name: "The curve log z", x: [0, END], ticks: [0, 1, 2, 3, 4], shape: [0.53, 300, 380],
      left: 54, top: 30, lift: 2 * RAIL + 14 });
    const rail = add(p.node, "path", { class: "lf-rail" }), drops = add(p.node, "path", { class: "lf-drop data" });
    const levels = [add(p.node, "path", { class: "lf-drop exact" }), add(p.node, "path", { class: "lf-drop q" })];
    const log = p.curve("exact"), chord = p.curve("q"), gap = add(p.node, "rect", { width: 12, fill: hatch(p.node, "exact") });
    const dots = [0, 1].map(() => add(p.node, "circle", { class: "lf-dot data" }));
    const above = add(p.node, "circle", { class: "lf-dot exact", r: 5 });
    const ticks = ["exact", "q"].map((role) => add(p.node, "text", { class: `lf-label lf-tick ${role}` }));
    const names = { above: p.text("exact"), below: p.text("q"), gap: p.text("exact"), log: p.text("exact") };
    const tags = [p.text("data"), p.text("data")];
    // one unit of w is z1 - z2 on the axis; near z1 = z2 that would be too lively
    const along = () => {
      const d = p.x.per * (model.get("z1") - model.get("z2"));
      return Math.sign(d || 1) * Math.max(Math.abs(d), 120);
    };
    drag(p.node, share.get, (dx, w) => share.set(w + dx / along()));
    const handles = [handle(p.node, share, along), handle(p.node, first, () => p.x.per), handle(p.node, second, () => p.x.per)];

    const formula = add(fig.root, "p", { class: "lf-formula" });
    const numbers = readout(fig.root, [["exact", "log of the mean"], "=", ["q", "mean of the logs"], "+", ["exact", "gap"]]);
    const say = add(fig.root, "p", { class: "lf-say" });
    const knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [first, second, share].map((k) => slider(knobs, k));
    const row = add(fig.root, "div", { class: "lf-row" });
    button(row, "Reset", () => { keys.forEach((key, i) => model.set(key, home[i])); model.save_changes(); });
    fig.fullScreen(row);

    function draw() {
      const [z1, z2, w] = state(), n = jensen(z1, z2, w);
      p.fit(Math.log(range.z1[0]), Math.log(range.z1[1]));
      drawLines(z1, z2, w, n);
      drawNames(z1, z2, w, n);
      numbers.draw(fix(n.logMean, 3), fix(n.meanLog, 3), fix(n.gap, 3));
      formula.innerHTML = `<span class="exact">log(${mix(w, z(1), z(2))})</span> ≥ <span class="q">${mix(w, `log ${z(1)}`, `log ${z(2)}`)}</span>`;
      say.innerHTML = lesson(z1, z2, w, n.gap);
      sliders.forEach((s) => s.draw());
      fig.speak(`log of the mean ${fix(n.logMean, 3)}, mean of the logs ${fix(n.meanLog, 3)}, gap ${fix(n.gap, 3)}`);
    }
    function drawLines(z1, z2, w, n) {
      const [x1, x2, xm] = [z1, z2, n.mean].map(p.x), [y1, y2, top, bottom] = [Math.log(z1), Math.log(z2), n.logMean, n.meanLog].map(p.y);
      const least = range.z1[0], zs = grid(400, 0, 1).map((u) => least * (END / least) ** u), left = p.x(0);     // denser where it is steep
      log.draw(zs, zs.map(Math.log));
      chord.draw([z1, z2], [Math.log(z1), Math.log(z2)]);
      put(rail, { d: `M${left} ${p.floor - RAIL}H${p.x(END)}M${left} ${p.floor}V${p.y(p.y.domain[1]) - 12}` });
      put(drops, { d: `M${x1} ${p.floor}V${y1}M${x2} ${p.floor - RAIL}V${y2}` });
      put(levels[0], { d: `M${left} ${top}H${xm}V${bottom}` });
      put(levels[1], { d: `M${left} ${bottom}H${xm}` });
      put(gap, { x: left - 6, y: top, height: Math.max(bottom - top, 0) });
      [[x1, y1, w], [x2, y2, 1 - w]].forEach(([cx, cy, part], i) => put(dots[i], { cx, cy, r: 2 + 7 * Math.sqrt(part) }));
      put(above, { cx: xm, cy: top });
      handles[0].at(xm, bottom);
      handles[1].at(x1, p.floor);
      handles[2].at(x2, p.floor - RAIL);
    }
    function drawNames(z1, z2, w, n) {
      const xm = p.x(n.mean), [top, bottom] = [p.y(n.logMean), p.y(n.meanLog)];
      const apart = Math.max(0, 20 - (bottom - top)) / 2;     // the two values beside the axis never cover each other
      [[top - apart, n.logMean], [bottom + apart, n.meanLog]].forEach(([y, v], i) => {
        put(ticks[i], { x: p.x(0) - 9, y: y + 5, "text-anchor": "end" }).textContent = fix(v);
      });
      const yLog = (px) => p.y(Math.log(p.x.invert(px))), [lo, hi] = [z1, z2].sort((a, b) => a - b);
      const slope = lo < hi ? (p.y(Math.log(hi)) - p.y(Math.log(lo))) / (p.x(hi) - p.x(lo)) : 0;
      const over = (x0, x1) => (yLog(x1) < top - 48 ? null : Math.min(top, yLog(x1)) - 8);           // above the curve, near its point
      const under = (x0, x1, height) => Math.max(bottom, x0 > p.x(lo) ? bottom + slope * (x0 - xm) : yLog(x0)) + 6 + height;
      const roomy = (x1, low) => bottom - top > 26 && x1 + 6 < p.x(Math.exp(p.y.invert(low + 2)));   // left of the curve
      const beside = (x0, x1, height) => (roomy(x1, top + 4 + height) ? top + 4 + height : null);
      names.above.draw({ x: xm - 8, anchor: "end", lines: ["log of the mean"], clear: over });
      names.below.draw({ x: xm + 14, lines: ["mean of the logs"], clear: under });
      names.gap.draw({ x: p.left + 12, lines: [`gap ${fix(n.gap)}`], clear: beside });
      names.log.draw({ x: p.w, bottom: p.y(Math.log(END)) - 8, anchor: "end", lines: [math("log z")] });
      const tag = (n) => [`${math("z")}<tspan class="lf-sup" dy="4">${n}</tspan>`], away = z1 > z2 ? -1 : 1;
      tags[0].draw({ x: p.x(z1) - 11 * away, bottom: p.floor - 8, anchor: away > 0 ? "end" : "start", lines: tag(1), min: 0 });
      tags[1].draw({ x: p.x(z2) + 11 * away, bottom: p.floor - RAIL - 8, anchor: away > 0 ? "start" : "end", lines: tag(2), min: 0 });
    }
    function lesson(z1, z2, w, gap) {
      if (z1 === z2) return "Both values agree, so there is nothing to average: the gap is 0.";
      if (w === 0 || w === 1) return "All the weight lies on one value, so nothing is averaged: the gap is 0.";
      if (Math.min(z1, z2) < 0.15 && gap > 0.7)
        return "Near 0 the log falls without end: a value there hardly moves the mean, and costs the mean of the logs dearly.";
      return `Drag ${z(1)}, ${z(2)} and the point on the chord. Can you make the gap vanish? Can you make it negative?`;
    }
    model.on("change", fig.redraw);
    draw();
    return () => { model.off("change", fig.redraw); fig.close(); };
  },
};
