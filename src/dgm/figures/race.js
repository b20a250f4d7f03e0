/* The race: a bell of its own for each image, which starts at the prior and climbs by Adam, against the encoder's one pass.
   Slopes are exact, so that luck plays no part. Height: nats lost, log p(x) - ELBO, on a log scale, least at the top. */

// ---------- the numbers

const MOST = 100, RATE = 0.1, FAMILY = "12 images";
const encode = (w, x) => network(w, [PIXELS, 32, 2], x);      // mu and log sigma
function climb(upper, steps = MOST, rate = RATE) {            // Adam from N(0, 1), uphill: [mu, log sigma, ELBO] after each update
  const phi = [0, 0], m = [0, 0], v = [0, 0], path = [];
  for (let k = 0; k <= steps; k++) {
    const { elbo, slopes } = elboOf(upper, ...phi);
    path.push([...phi, elbo]);
    slopes.forEach((g, i) => {
      m[i] += 0.1 * (g - m[i]);
      v[i] += 0.001 * (g * g - v[i]);
      phi[i] += rate * m[i] / (1 - 0.9 ** (k + 1)) / (Math.sqrt(v[i] / (1 - 0.999 ** (k + 1))) + 1e-8);
    });
  }
  return path;
}
const average = (f) => sum(f) / f.length;
function race(evidence, encoder, xs) {                        // both lanes, as means over images; `over`: updates until the own bells lead
  const uppers = xs.map(evidence), own = uppers.map((u) => climb(u)), shared = xs.map((x) => encode(encoder, x));
  const local = own[0].map((_, k) => average(own.map((path) => path[k][2]))), amortized = average(shared.map((q, n) => elboOf(uppers[n], ...q).elbo));
  return { uppers, own, shared, local, amortized, log: average(uppers.map((u) => u.log)), over: local.findIndex((v) => v > amortized) };
}

// ---------- the figure

const LOST = [30, 10, 3, 1, 0.3, 0.1], TICKS = [-3, -2, -1, 0, 1, 2, 3], SEEN = 3.6, PASSES = 3;
const high = (lost) => -Math.log10(lost), count = (k) => `${k} update${k === 1 ? "" : "s"}`;

export default {
  numbers: { floats, unhex, evidences, elboOf, encode, climb, race },
  render({ model, el }) {
    const [w, enc] = ["weights", "encoder"].map((key) => floats(model.get(key))), range = model.get("range"), evidence = evidences(w), runs = {};
    const arrivals = model.get("arrivals"), images = Object.fromEntries(range.image.map((name) => [name, (name === FAMILY ? model.get("set") : [arrivals[name]]).map(unhex)]));
    const run = () => (runs[get("image")] ??= race(evidence, enc, images[get("image")]));
    const hands = (act) => (v) => { play.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["image", "updates"], hands), play = mover(([k]) => set("updates", Math.round(k)));
    const updates = knob("updates", "Updates of each bell", "updates", "q", 1, 0);
    const arrive = hands((name) => { set("image", name); set("updates", 0); });         // the encoder is at home, the new bell is not
    const next = () => range.image[(range.image.indexOf(get("image")) + 1) % range.image.length];

    const fig = frame(el, { name: "The race: a bell for each image against one encoder", draw });
    const means = Object.entries(images).map(([name, xs]) => [name, xs[0].map((_, d) => average(xs.map((x) => x[d])))]);
    const pick = picker(fig.root, { label: "Image <i>x</i>", items: Object.fromEntries(means), pick: arrive });
    const p = plot(fig.root, { name: "Nats lost, by the number of updates", x: [0, MOST], ticks: [0, 20, 40, 60, 80, 100], shape: [0.42, 280, 320], left: 34, top: 26, lift: 24 });
    const scale = add(p.node, "g", { class: "lf-axis lf-scale" }), level = p.curve("q"), own = p.curve("lf-dashed q"), drop = add(p.node, "path", { class: "lf-drop q" });
    const [dot, head] = [4.5, 4.5].map((r) => add(p.node, "circle", { class: "lf-dot q", r })), names = ["q", "q"].map(p.text);
    const mark = guessMark(p, { ask: "Your guess of the number of updates", role: "q", step: 1, text: (v) => fix(v, 0), redraw: () => draw(), from: () => 10 });
    drag(p.node, updates.get, (dx, k) => updates.set(k + dx / p.x.per));
    const ring = handle(p.node, updates, () => p.x.per);
    add(fig.root, "p", { class: "lf-under prior" }, `updates of each bell: one is a way through the decoder and back, about ${PASSES} passes. Height: nats lost, on average, on a log scale.
      Slopes are exact; noisy ones need more updates.`);
    const numbers = readout(fig.root, [["exact", "log <i>p</i>(<i>x</i>)"], ["q", "ELBO, own bells"], ["q", "ELBO, encoder", " nats"], ["prior", "passes, own : encoder", " an image"]]);
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), control = slider(knobs, updates);
    const move = add(fig.root, "div", { class: "lf-row" }), row = add(fig.root, "div", { class: "lf-row" });
    const step = (by) => hands(() => updates.set(get("updates") + by));
    button(move, "Back", step(-1));
    button(move, "Step", step(1));
    button(move, "Play", hands(() => play.go([get("updates") % MOST], [MOST], 4000)));
    button(move, "A new image arrives", () => arrive(next()));
    const below = plot(fig.root, { name: "Bells over z", x: [-SEEN, SEEN], ticks: TICKS, shape: [0.3, 190, 220], below: 24, top: 44 });
    const strip = TICKS.map((z) => [z, picture(below.node, meanImage(w, z), { class: "lf-picture model", width: 20, height: 20 }).node]);
    const exact = [below.area("exact"), below.curve("exact")], bells = [below.curve("q"), below.curve("lf-dashed q")], tags = ["q", "q", "exact"].map(below.text);
    const guess = predict(mark, row, {
      question: () => `${get("image") === FAMILY ? "Twelve bells start" : "A bell starts"} at the prior. After how many updates ${get("image") === FAMILY ? "do they lose less, on average," : "does it lose less"} than the encoder? Drag the mark, then commit.`,
      act: () => { set("updates", 0); return play.go([0], [run().over], 2500); },
      verdict(you, over) {
        const miss = Math.abs(you - over) < 3 ? "well seen" : `${fix(Math.abs(you - over), 0)} too ${you > over ? "many" : "few"}`;
        return over ? `You said ${fix(you, 0)}, it is ${over}: ${miss}. That is about ${PASSES * over} passes through a network for an image; the encoder needed one.`
          : `You said ${fix(you, 0)}, it is 0: the encoder’s bell stands between two bars, and is worse than knowing nothing. Here its answer is a bad one.`;
      },
      say: say.tell,
      lock: (on) => [pick.box, knobs, move].forEach((part) => { part.inert = on; }),
    });
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const r = run(), k = mark.asking ? 0 : get("updates"), lost = [r.local[k], r.amortized].map((v) => r.log - v), own = r.own.length > 1 ? "Own bells" : "Own bell";
      const ahead = lost[0] > lost[1] ? "The encoder leads" : `${own} lead${r.own.length > 1 ? "" : "s"}`;
      drawLanes(r, k);
      drawBells(r, k);
      pick.draw(get("image"));
      control.draw();
      numbers.draw(...[r.log, r.local[k], r.amortized].map((v) => fix(v, 3)), `${PASSES * k} : 1`);
      say.hint(`${own}: ${count(k)}, ${fix(lost[0])} nats lost. Encoder: one pass, ${fix(lost[1])} lost. ${lost[0] > lost[1] ? "When will the lead change? Predict, or play." : `${ahead}.`}`,
        `${count(k)}: ${own.toLowerCase()}, ${fix(lost[0])} nats lost, encoder ${fix(lost[1])}. ${ahead}`);
    }
    function drawLanes(r, k) {
      p.fit(high(30), high(0.07));
      const y = r.local.map((v) => high(r.log - v)), line = high(r.log - r.amortized), [x, top] = [p.x(k), p.y(y[k])];
      write(scale, LOST.map((v) => `<text x="${p.left - 8}" y="${p.y(high(v))}" dy=".35em">${v}</text>`).join(""));
      level.draw([PASSES ** -1, MOST], [line, line]);
      own.draw(y.slice(0, k + 1).map((_, i) => i), y.slice(0, k + 1));
      put(dot, { cx: p.x(PASSES ** -1), cy: p.y(line) });
      put(head, { cx: x, cy: top });
      put(drop, { d: `M${x} ${p.floor}V${top}` });
      ring.at(x, p.floor);
      put(ring.node, { visibility: mark.asking ? "hidden" : "visible" });
      names[0].draw({ x: p.x(MOST), bottom: p.y(line) + (y[MOST] > line ? 20 : -8), anchor: "end", lines: [`encoder: ${fix(r.log - r.amortized)}`] });
      const late = k > 60, close = Math.abs(p.y(line) - top) < 22;                     // the name keeps off the line, and off the way ahead
      names[1].draw({ x: x + (late ? -10 : 12), anchor: late ? "end" : "start", bottom: late || close ? top - 10 : top + 5,
        lines: [`own bell${r.own.length > 1 ? "s" : ""}: ${fix(r.log - r.local[k])}`] });
      mark.at(r.over, p.floor, "leads at");
    }
    function drawBells(r, k) {
      const z = r.uppers[0].z, at = Array.from(z.keys()).filter((i) => Math.abs(z[i]) <= SEEN), zs = at.map((i) => z[i]);
      const bell = (qs) => zs.map((v) => average(qs.map(([mu, logSigma]) => Math.exp(logNormal(v, mu, Math.exp(logSigma))))));
      const post = r.post ??= at.map((i) => average(r.uppers.map((u) => u.joint[i] / Math.exp(u.log)))), both = [r.shared, r.own.map((path) => path[k])].map(bell), curves = [...both, post];
      const highest = zs.map((_, i) => Math.max(...curves.map((f) => f[i]))), many = r.own.length > 1;
      below.fit(0, 1.05 * Math.max(...highest));
      exact.forEach((part) => part.draw(zs, post));
      bells.forEach((part, i) => part.draw(zs, both[i]));
      strip.forEach(([v, node]) => put(node, { x: below.x(v) - 10, y: below.floor + 26 }));
      nameCurves(below, tags, zs, curves, [many ? "encoder’s bells, averaged" : "encoder’s bell", many ? "own bells, dashed" : "own bell, dashed", many ? "exact posteriors" : math("p(z|x)")]);
    }
    model.on("change", fig.redraw);
    draw();
    return () => { model.off("change", fig.redraw); play.stop(); fig.close(); };
  },
};
