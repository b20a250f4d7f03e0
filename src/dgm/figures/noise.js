/* A digit under noise, or a step that the classifier's own slope directs: how sure the classifier is of each name (which), and how probable the picture is (whether).
   Classifier: 64 grey pixels -> 64 tanh -> 10. p(x): the mean of bells around 600 training pictures. */

// ---------- the numbers

const [SIDE, UNITS, KINDS, SIGMA] = [64, 64, 10, 0.13];
function shades(text) {                                       // base64, two pixels a byte -> pictures of 64 pixels from 0 to 1
  const all = Array.from(atob(text), (c) => c.charCodeAt(0)).flatMap((byte) => [(byte >> 4) / 15, (byte & 15) / 15]);
  return Array.from({ length: all.length / SIDE }, (_, i) => all.slice(SIDE * i, SIDE * (i + 1)));
}
const noisy = (x, noise, seed) => { const t = normals(seed, SIDE); return x.map((v, d) => clamp(v + noise * t[d], 0, 1)); };
function classify(w, x) {                                     // p(y|x)
  const a = network(w, [SIDE, UNITS, KINDS], x), high = Math.max(...a), e = a.map((v) => Math.exp(v - high));
  return Array.from(e, (v) => v / sum(e));
}
function slope(w, x, y) {                                     // of log p(y|x) in each pixel
  const p = classify(w, x), bias = SIDE * UNITS, last = bias + UNITS, out = new Float64Array(SIDE);
  for (let i = 0; i < UNITS; i++) {
    let a = w[bias + i], g = 0;
    for (let d = 0; d < SIDE; d++) a += w[i * SIDE + d] * x[d];
    for (let k = 0; k < KINDS; k++) g += (+(k === y) - p[k]) * w[last + k * UNITS + i];
    g *= 1 - Math.tanh(a) ** 2;
    for (let d = 0; d < SIDE; d++) out[d] += g * w[i * SIDE + d];
  }
  return Array.from(out);
}
const stepAway = (w, x, y, r) => { const s = slope(w, x, y); return x.map((v, d) => clamp(v - r * Math.sign(s[d]), 0, 1)); };
function logDensity(bells, x) {                               // log p(x) in nats; shades drawn evenly from 0 to 1 have 0
  const far = bells.map((c) => { let s = 0; for (let d = 0; d < SIDE; d++) s += (x[d] - c[d]) ** 2; return s; }), near = Math.min(...far);
  const bell = Math.log(sum(far.map((s) => Math.exp((near - s) / (2 * SIGMA * SIGMA)))) / bells.length) - near / (2 * SIGMA * SIGMA);
  return bell - SIDE * Math.log(SIGMA * Math.sqrt(2 * Math.PI));
}

// ---------- the figure

const TOP = 40, STEP = 15, [LEAST, MOST] = [-400, 60];

export default {
  numbers: { floats, shades, noisy, classify, slope, stepAway, logDensity },
  render({ model, el }) {
    const weights = floats(model.get("classifier")), [bells, unseen] = ["bells", "unseen"].map((key) => shades(model.get(key))), line = model.get("line");
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["image", "noise", "step", "seed"], hands), move = mover(([v]) => set("noise", Math.round(v * 1e3) / 1e3));
    const level = knob("noise", "Noise", "noise", "data", 0.01), reach = knob("step", "Step by gradient", "step <i>r</i>", "data open", 0.01), last = model.get("range").seed[1];

    const fig = frame(el, { name: "A digit under noise: how sure is the classifier, how probable is the picture?", draw });
    const pick = picker(fig.root, { label: "digit", items: Object.fromEntries(unseen.map((x, i) => [i, x])), pick: hands((name) => set("image", name)) });
    const parts = add(fig.root, "div", { class: "lf-columns" }), cards = add(parts, "div", { class: "lf-images" }), [own, shown] = [0, 1].map(() => card(cards, "data", SIDE));
    const p = plot(parts, { name: "p(y given x), for each digit y", x: [0, 1], ticks: [0, 1], left: 26, shape: [0, 222, 222] });
    const bars = unseen.map((_, y) => [add(p.node, "rect", { class: "lf-fill q", height: STEP - 3, y: TOP + STEP * y }), add(p.node, "text", { class: "lf-label lf-small q", x: 18, y: TOP + STEP * y + 10, "text-anchor": "end" }, y), p.text("q lf-small")]);
    const mark = guessMark(p, { ask: "Your guess of how sure it will be", role: "q", step: 0.01, text: (v) => fix(v, 2), redraw: draw, from: () => 0.5 });
    const h = plot(fig.root, { name: "log p(x), in nats", x: [LEAST, MOST], ticks: [-400, -300, -200, -100, 0], shape: [0, 76, 76] });
    const usual = add(h.node, "rect", { class: "lf-area exact", y: 22, height: 28 }), edge = add(h.node, "path", { class: "lf-line exact" }), dot = add(h.node, "circle", { class: "lf-dot exact", r: 6 }), tags = ["exact", "exact lf-small"].map(h.text);
    add(fig.root, "p", { class: "lf-under exact" }, "whether: log <i>p</i>(<i>x</i>) in nats. Of a hundred unseen digits 99 lie in the green stretch.");
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), controls = [level, reach].map((k) => slider(knobs, k));
    button(knobs, "Other noise", hands(() => set("seed", get("seed") % last + 1)));
    const row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => "The noise will go to 1: hardly anything of the digit is left. How sure will the classifier be of its best guess? Drag the mark, then commit.",
      act: () => move.go([get("noise")], [1], 1600),
      verdict(you, truth) {
        const n = now();
        return `You said ${fix(you, 2)}; it is ${fix(truth, 3)} sure that this is a ${n.name}. <em>Whether</em> it is a digit it was not asked; log <i>p</i>(<i>x</i>) is ${fix(n.log, 0)} nats. Is it always so? Try other noise.`;
      },
      say: say.tell,
      lock: (on) => [pick.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function now() {
      const y = +get("image"), x = noisy(stepAway(weights, unseen[y], y, get("step")), get("noise"), get("seed")), p = classify(weights, x), sure = Math.max(...p);
      return { x, p, sure, name: p.indexOf(sure), log: logDensity(bells, x) };
    }
    function draw() {
      const n = now(), strange = n.log < line, sure = n.sure > 0.99;
      own.draw(unseen[+get("image")], "unseen digit", get("image"), "is written here");
      shown.draw(n.x, "what it sees", n.name, `it says, ${fix(n.sure, 3)} sure`);
      p.fit(0, 1);
      bars.forEach(([bar, , number], y) => {
        put(bar, { x: p.x(0), width: p.x(n.p[y]) - p.x(0) });
        const long = n.p[y] > 0.7, shownToo = n.p[y] > 0.005;
        number.draw({ x: p.x(n.p[y]) + (long ? 0 : 6), anchor: long ? "end" : "start", bottom: TOP + 13 + STEP * (y + (long ? (y ? -1 : 1) : 0)), lines: [shownToo ? fix(n.p[y], 3) : ""] });
      });
      mark.at(n.sure, TOP - 4, "it is");
      drawScale(n.log, strange);
      pick.draw(get("image"));
      controls.forEach((part) => part.draw());
      say.hint(!strange && n.name !== +get("image") && get("step") > 0 ? `A ${get("image")}, as you can see, and it says ${n.name}. Nothing about the picture is strange: only its direction was chosen.`
        : strange && sure ? `Certain that this is a ${n.name}, and no digit looks like this. Which of the two numbers would you rather believe?`
        : strange ? "Strange by <i>p</i>(<i>x</i>), and this time the classifier is unsure too. Try other noise: it is a matter of chance."
          : "Move the noise, or predict first. Watch the bars, which tell <em>which</em>, and the dot below, which tells <em>whether</em>.",
      `noise ${fix(get("noise"))}: it says ${n.name}, ${fix(n.sure, 3)} sure; log p of x ${fix(n.log, 0)} nats, ${strange ? "strange" : "as digits are"}`);
    }
    function drawScale(log, strange) {
      h.fit(0, 1);
      const x = h.x(clamp(log, LEAST, MOST));
      put(usual, { x: h.x(line), width: h.x(MOST) - h.x(line) });
      put(edge, { d: `M${h.x(line)} 22V${h.floor}` });
      put(dot, { cx: x, cy: 36 });
      h.taken.push([x - 8, 28, x + 8, 44]);
      tags[0].draw({ x, anchor: "middle", bottom: 18, lines: [`${fix(log, 0)}`], min: 0 });
      tags[1].draw({ x: h.x(line) - 8, anchor: "end", bottom: 44, lines: [strange ? "" : "strange on this side"] });
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
