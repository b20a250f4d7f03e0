/* EM for a mixture of four Bernoullis on twenty images of bars: the E step moves q alone and closes the gap, the M step moves the
   pictures and lifts log p. Each half-step leaves its split bar behind, log p = bound + KL, as a mean over the images. */

// ---------- the numbers: Bars(0.05).sample((20,)) at torch's seed 4, in order of their bars; all else is computed here

const IMAGES = "8888 8898 8888 8880 8808 4444 4404 4446 4454 4c64 3222 62a2 2222 2222 2026 1111 1311 1111 1111 131b".split(" ").map(unhex);
const KINDS = 4, MOST = 24, FLIP = 0.05;
const logSum = (f) => { const top = Math.max(...f); return top + Math.log(sum(f.map((v) => Math.exp(v - top)))); };
const each = (n, f) => Array.from({ length: n }, (_, i) => f(i));
const average = (f) => sum(f) / f.length;
const entropy = (r) => -sum(r.map((v) => (v ? v * Math.log(v) : 0)));

function begin(seed) {                                        // pictures of noise around one half, and q that knows nothing
  const u = uniforms(seed, KINDS * PIXELS);
  const theta = each(KINDS, (c) => u.slice(c * PIXELS, (c + 1) * PIXELS).map((v) => 0.25 + 0.5 * v));
  return { pi: each(KINDS, () => 1 / KINDS), theta, r: IMAGES.map(() => each(KINDS, () => 1 / KINDS)) };
}
const logJoint = (x, { pi, theta }) => theta.map((t, c) => Math.log(pi[c]) + sum(t.map((v, d) => Math.log(x[d] ? v : 1 - v))));
function posterior(x, m) {
  const joint = logJoint(x, m), log = logSum(joint);
  return joint.map((v) => Math.exp(v - log));
}
const eStep = (m) => ({ ...m, r: IMAGES.map((x) => posterior(x, m)) });
function mStep({ r }) {                                       // count, each image in parts
  const mass = each(KINDS, (c) => sum(r.map((row) => row[c])));
  const theta = mass.map((all, c) => each(PIXELS, (d) => (all ? Math.min(sum(r.map((row, n) => row[c] * IMAGES[n][d])) / all, 1) : 0)));
  return { pi: mass.map((all) => all / IMAGES.length), theta, r };
}
function climb(seed) {                                        // the state after each half-step, E first
  const path = [begin(seed)];
  while (path.length <= MOST) path.push((path.length % 2 ? eStep : mStep)(path[path.length - 1]));
  return path;
}
function split(m) {                                           // means over the images, in nats; each by its own route
  const joints = IMAGES.map((x) => logJoint(x, m)), cross = (a, b) => sum(a.map((v, c) => (v > 1e-15 ? v * b[c] : 0)));     // less adds nothing, and b may round to −∞
  const logP = average(joints.map(logSum)), bound = average(joints.map((j, n) => cross(m.r[n], j) + entropy(m.r[n])));
  const kl = average(IMAGES.map((x, n) => -cross(m.r[n], posterior(x, m).map(Math.log)) - entropy(m.r[n])));
  return { logP, bound, kl };
}
const shows = (theta) => [1, 2, 3, 4].filter((bar) => average(theta.filter((_, d) => d % 4 === bar - 1)) > 0.3);   // which bars a kind's picture has
function missed({ theta }) {                                  // bars that no kind shows alone
  const alone = theta.map(shows).filter((bars) => bars.length === 1).flat();
  return [1, 2, 3, 4].filter((bar) => !alone.includes(bar));
}
const truth = average(IMAGES.map((x) => logSum([0, 1, 2, 3].map((c) => {
  const off = sum(x.map((v, d) => +(v !== +(d % 4 === c))));
  return Math.log(1 / 4) + off * Math.log(FLIP) + (PIXELS - off) * Math.log(1 - FLIP);
}))));

// ---------- the figure

const ENDS = [-13, -2], TICKS = [-12, -10, -8, -6, -4, -2], ROW = 31, LEFT = 92, TOP = 34;
const list = (f) => (f.length > 1 ? `bars ${f.slice(0, -1).join(", ")} and ${f[f.length - 1]}` : `bar ${f[0]}`);

export default {
  numbers: { IMAGES, begin, eStep, mStep, climb, split, missed, truth },
  render({ model, el }) {
    const runs = {}, run = () => (runs[get("seed")] ??= (({ path }) => ({ path, nats: path.map(split) }))({ path: climb(get("seed")) }));
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["step", "seed"], hands), move = mover(([k]) => set("step", Math.round(k)));
    const steps = knob("step", "Half-steps", "half-steps", "q", 1, 0), seed = knob("seed", "Seed of the start", "seed", "model", 1, 0);
    const end = () => run().nats[MOST].logP;

    const fig = frame(el, { name: "EM, half a step at a time: the E step moves q, the M step moves the pictures", draw });
    const table = add(fig.root, "div"), sheet = add(table, "svg", { role: "img" });
    const heads = ["data", "model", "q"].map((role) => add(sheet, "text", { class: `lf-label lf-small ${role}` }));
    const data = IMAGES.map((x) => picture(sheet, x, { class: "lf-picture data" }));
    const kinds = each(KINDS, () => [picture(sheet, new Float64Array(PIXELS), { class: "lf-picture model" }),
      ...each(2, () => add(sheet, "text", { class: "lf-label lf-small model" })), add(sheet, "path", { class: "lf-rail" }), add(sheet, "path", { class: "lf-steps q" })]);
    const p = plot(fig.root, { name: "log p(x) split into bound and KL, by half-step", x: ENDS, ticks: TICKS, shape: [0.3, 212, 250], top: 22, lift: 30 });
    const gaps = add(p.node, "path", { fill: hatch(p.node, "exact") }), bounds = add(p.node, "path", { class: "lf-steps q" });
    const top = add(p.node, "path", { class: "lf-line exact" }), level = add(p.node, "path", { class: "lf-drop data" }), names = ["data", "q", "exact"].map(p.text);
    const mark = guessMark(p, { ask: "Your guess of log p at the end", role: "exact", step: 0.1, text: (v) => fix(v, 1), redraw: () => draw(), from: () => run().nats[get("step")].logP });
    const numbers = readout(fig.root, [["exact", "log <i>p</i>(<i>x</i>)"], "=", ["q", "bound"], "+", ["exact", "KL(<i>q</i>, <i>p</i>(<i>z</i>|<i>x</i>))", " nats an image"]]);
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [steps, seed].map((k) => slider(knobs, k)), row = add(fig.root, "div", { class: "lf-row" });
    const half = ["E step", "M step"].map((name) => button(row, name, hands(() => steps.set(get("step") + 1))));
    const guess = predict(mark, row, {
      question: () => "EM will go on, to half-step 24. Where will log <i>p</i>(<i>x</i>) end? The dashed line is where the true bars stand. Drag the mark, then commit.",
      act: () => move.go([get("step")], [MOST], 3000),
      verdict: (you, at) => `You said ${fix(you, 1)}, it is ${fix(at, 1)}. ${outcome()}`,
      say: say.tell,
      lock: (on) => { knobs.inert = on; half.forEach((b) => { b.hidden = on; }); },
    });
    button(row, "Restart", hands(() => { set("seed", get("seed") % model.get("range").seed[1] + 1); set("step", 0); }));
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function outcome() {
      const m = run().path[MOST], lost = missed(m);
      return lost.length ? `Missed: ${list(lost)}. ${lost.length > 1 ? "They share a kind" : "It has no kind of its own"}, while another bar has two. No half-step leads out; restart.`
        : `Every bar has its kind, and log <i>p</i> stands ${end() > truth ? "above" : "below"} that of the true bars: these pictures fit these twenty images.`;
    }
    function lesson(k) {
      const [now, before] = [run().nats[k], run().nats[k - 1]];
      if (k === MOST) return outcome();
      if (!k) return "<i>q</i> gives every image to all four kinds alike. Press E: <i>q</i> moves. Then M: the pictures move. What does log <i>p</i> do at each?";
      if (k % 2) return `E: <i>q</i> moved, the pictures stood still. log <i>p</i> is where it was, the bound rose by ${fix(now.bound - before.bound, 3)} to meet it, and the gap is 0.`;
      return `M: the pictures moved. The bound rose by ${fix(now.bound - before.bound, 3)}, log <i>p</i> by ${fix(now.logP - before.logP, 3)}: more, since the gap opened behind it.`;
    }
    function draw() {
      const k = get("step"), { path, nats } = run(), now = nats[k];
      drawTable(path[k]);
      drawBars(nats.slice(0, k + 1));
      half.forEach((b, i) => { b.disabled = k % 2 !== i || k === MOST; });
      sliders.forEach((s) => s.draw());
      numbers.draw(fix(now.logP, 3), fix(now.bound, 3), fix(now.kl, 3));
      say.hint(lesson(k), `half-step ${k}, seed ${get("seed")}: log p ${fix(now.logP, 3)}, bound ${fix(now.bound, 3)}, KL ${fix(now.kl, 3)} nats an image`);
    }
    function drawTable({ pi, theta, r }) {
      const w = table.clientWidth || 300, u = (parseFloat(getComputedStyle(table).fontSize) || 16) / 16, left = LEFT * u, row = ROW * u;         // it grows with the type
      const cell = (w - left) / IMAGES.length, size = Math.min(cell - 2, 26 * u), tall = row - 7, h = (TOP + 18) * u + KINDS * row;
      put(sheet, { width: w, height: h, viewBox: `0 0 ${w} ${h}`, "aria-label": `Twenty images, and what share of each the four kinds have; their pictures show ${theta.map((t) => shows(t).join(" and ")).join("; ")}` });
      heads.forEach((node, i) => write(put(node, { x: i === 1 ? 0 : i ? w : left - 8, y: i ? h - 4 : 19 * u, "text-anchor": i === 1 ? "start" : "end" }),
        ["images x", "pictures θ, weights π", w < 480 ? math("q(z|x)") : math("q(z|x): who has how much of each image")][i]));
      data.forEach(({ node }, n) => put(node, { x: left + n * cell, y: 14 * u - size / 2, width: size, height: size }));
      kinds.forEach(([image, tag, weight, rail, bars], c) => {
        const y = TOP * u + c * row, bottom = y + tall, bar = shows(theta[c]);
        image.draw(theta[c]);
        put(image.node, { x: 0, y, width: tall, height: tall });
        write(put(tag, { x: tall + 8, y: y + 11 * u }), bar.length === 1 ? `bar ${bar}` : bar.length === 4 ? "noise" : bar.join("+"));
        write(put(weight, { x: tall + 8, y: y + 25 * u }), percent(pi[c]));
        put(rail, { d: `M${left} ${bottom}H${w}` });
        put(bars, { d: r.map((q, n) => `M${left + n * cell} ${bottom}v${-tall * q[c]}h${size}v${tall * q[c]}z`).join("") });
      });
    }
    function drawBars(nats) {
      p.fit(0, MOST);
      const last = nats.length - 1, tall = Math.max((p.floor - 74) / MOST, 2), box = ([from, to], i) => {     // the newest is thick, and at the bottom
        const [y, h] = i === last ? [p.floor - 24, 15] : [p.floor - 30 - (last - i) * tall, tall - 1.5], x = clamp(p.x(from), p.left, p.w);
        return `M${x} ${y}H${clamp(p.x(to), p.left, p.w)}v${h}H${x}z`;
      };
      const { logP, bound, kl } = nats[last];
      put(bounds, { d: nats.map((n, i) => box([ENDS[0], n.bound], i)).join("") });
      put(gaps, { d: nats.map((n, i) => box([n.bound, n.logP], i)).join("") });
      put(top, { d: `M${p.x(logP)} ${p.floor - 30}v27` });
      put(level, { d: `M${p.x(truth)} ${p.floor}V20` });
      names[0].draw({ x: p.x(truth), bottom: 17, anchor: "middle", lines: [`the true bars ${fix(truth)}`] });
      mark.at(end(), p.floor, "log p at the end");
      names[2].draw({ x: p.x(logP) + 11, bottom: p.floor - 9, lines: [mark.guess === null ? math("log p(x)") : ""] });
      names[1].draw({ x: p.x(Math.max(bound, ENDS[0] + 1)) - 8, bottom: p.floor - 9, anchor: "end", lines: [kl > 1 ? "bound" : ""] });
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
