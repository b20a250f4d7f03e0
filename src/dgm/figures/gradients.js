/* Gradients through noise: one cloud z_k = mu + sigma eps_k, and four ways to ask it where mu should go. Every draw casts a vote, an
   arrow; an estimate is the mean of K votes. 400 estimates make a histogram, beside the exact gradient by quadrature. */

// ---------- the numbers: w = p(x, z) / q(z|x); the image is bar 3 with a wrong pixel, the decoder bars_by_hand(slope=2)

const SLOPE = 2, MOST = 64, REPEATS = 400, X = Array.from({ length: PIXELS }, (_, d) => +(d % 4 === 2 || d === 4)), N = columns(X);

function logJoint(z) {                                        // log p(x, z) in nats, and its slope in z
  const [value, slope] = handLogLik(N, z, SLOPE, 0);
  return [value + logNormal(z), slope - z];
}
function exact(mu, sigma) {                                   // d ELBO / d mu
  const t = grid(1001, -8, 8);
  return trapezoid(t.map((v) => Math.exp(logNormal(v)) * logJoint(mu + sigma * v)[1]), t[1] - t[0]);
}
// The votes of one cloud. Along the path log q(mu + sigma eps) does not change with mu: what is left is the joint's slope.
function votes(eps, mu, sigma) {
  const at = eps.map((e) => logJoint(mu + sigma * e)), still = eps.map((e) => -e / sigma);   // log q's part, when z is held
  const logW = at.map(([value], k) => value - logNormal(eps[k]) + Math.log(sigma)), total = sum(logW), others = eps.length - 1;
  return {
    push: at.map(([, slope]) => slope), detached: still,
    weigh: logW.map((v, k) => (1 - v) * still[k]),
    baseline: logW.map((v, k) => (1 - v + (total - v) / others) * still[k]),
  };
}
const clouds = (seed) => normals(seed, REPEATS * MOST);       // 400 rows of noise; a larger K takes more of each
function estimates(noise, K, mu, sigma) {                     // the means of K votes, row by row, by running sums: fast enough for a drag
  const out = { push: [], weigh: [], baseline: [], detached: [] };
  for (let row = 0; row < REPEATS; row++) {
    let [slopes, stills, logs, products] = [0, 0, 0, 0];
    for (let k = 0; k < K; k++) {
      const e = noise[row * MOST + k], [value, slope] = logJoint(mu + sigma * e), logW = value - logNormal(e) + Math.log(sigma);
      slopes += slope; stills -= e / sigma; logs += logW; products -= logW * e / sigma;
    }
    out.push.push(slopes / K);
    out.weigh.push((stills - products) / K);
    out.baseline.push(K > 1 ? (stills - products + (logs * stills - products) / (K - 1)) / K : NaN);
    out.detached.push(stills / K);
  }
  return out;
}
const BINS = 91, reach = (far) => [5, 10, 20, 30, 40, 60, 80, 120, 160, 240, 320, 480, 640, 960].find((s) => s >= far) ?? 1280;

// ---------- the figure

const WORDS = { push: "push", weigh: "weigh", baseline: "weigh, less the others’ mean", detached: "hold still" };
const LESSON = {
  push: "Each draw pushes <i>μ</i> by the slope of the curve under it (pathwise). Now weigh the same draws: what do the arrows do?",
  weigh: "Each draw moves <i>μ</i> by its own log <i>w</i> (score function). All are far below 0, so all shove it away; left and right nearly cancel.",
  baseline: "Take the other draws’ mean log <i>w</i> off: only the difference counts. Widen <i>q</i>: when does this beat the push?",
  detached: "A <i>z</i> that holds still does not know <i>μ</i> (detached): the curve has no say, and what log <i>q</i> leaves cancels.",
};
const ROWS = Object.keys(WORDS), TICKS = [-3, -2, -1, 0, 1, 2, 3], BELL = 60, ROOF = 24, STILL = 3;
const arrow = (d, head = 4 * Math.sign(d)) => `h${d.toFixed(1)}` + (d * d > 9 ? `l${-head}-3m${head} 3l${-head} 3` : "");

export default {
  numbers: { logJoint, exact, votes, clouds, estimates, moments, x: X },
  render({ model, el }) {
    let shown = REPEATS, cloud = {}, all = {};
    const hands = (act) => (v) => { grow.stop(); shown = REPEATS; guess.clear(); act(v); fig.redraw(); };
    const keys = ["how", "mu", "sigma", "K", "seed"], { get, set, reset, knob } = values(model, keys, hands), side = () => (get("mu") > 1 ? -1 : 1);
    const grow = mover(([n, row]) => { shown = Math.round(n); set("how", ROWS[row]); fig.redraw(); });
    const throwAll = (row = ROWS.indexOf(get("how"))) => grow.go([0, row], [REPEATS, row], 1800);
    const mean = knob("mu", "Mean of q", "mean <i>μ</i>", "q", 0.02), width = knob("sigma", "Standard deviation of q", "width <i>σ</i>", "q open", 0.01);
    const fig = frame(el, { name: "Gradients through noise: four ways to ask one cloud of draws where mu should go", draw });
    const how = chips(fig.root, { label: "Let each draw", items: WORDS, pick: hands((v) => set("how", v)) });
    const p = plot(fig.root, { name: "log p(x, z), with the draws", x: [-3, 3], ticks: TICKS, shape: [0.42, 280, 320], lift: BELL + 18, below: 24 });
    const strip = TICKS.map((z) => [z, picture(p.node, handImage(z, SLOPE), { class: "lf-picture model", width: 20, height: 20 }).node]);
    const image = picture(p.node, X, { class: "lf-picture data", width: 32, height: 32 }).node, log = p.curve("exact"), bell = [p.area("q"), p.curve("q")];
    const [rule, arrows, dots] = ["lf-rule q", "lf-rule data", "lf-cloud q"].map((name) => add(p.node, "path", { class: name }));
    const names = ["data", "exact", "q"].map(p.text), handles = [handle(p.node, mean, () => p.x.per), handle(p.node, width, () => side() * p.x.per)];
    drag(p.node, mean.get, (dx, mu) => mean.set(mu + dx / p.x.per));
    const h = plot(fig.root, { name: `Histograms of ${REPEATS} gradients`, x: [-1, 1], ticks: [], shape: [0, 286, 286] });
    const [spreads, line] = ["lf-line q", "lf-drop exact"].map((name) => add(h.node, "path", { class: name })), truth = h.text("exact");
    const mark = guessMark(h, { ask: "Your guess of the centre", role: "q", step: 0.5, text: (v) => fix(v, 1), redraw: draw, from: () => all.exact });
    const rows = ROWS.map(() => [add(h.node, "path", { class: "lf-steps q" }), add(h.node, "circle", { class: "lf-dot data", r: 4.5 }),
      h.text("q"), add(h.node, "text", { class: "lf-label q", "text-anchor": "end" })]);
    add(fig.root, "p", { class: "lf-under prior" }, `${REPEATS} estimates of the ELBO’s slope in <i>μ</i> (nats per unit), same noise in each row; dot: the cloud above; bar: one spread`);
    const numbers = readout(fig.root, [["exact", "exact slope"], ["q", `mean of ${REPEATS} ± its error`], ["q", "spread of one"]]), say = voice(fig);
    const knobs = add(fig.root, "div", { class: "lf-row" }), row = add(fig.root, "div", { class: "lf-row" });
    const sliders = [mean, width, knob("K", "Number of draws", "draws <i>K</i>", "data", 1, 0)].map((k) => slider(knobs, k));
    const guess = predict(mark, row, {
      question: () => "Now hold each <i>z</i> still while log <i>w</i> is differentiated in <i>μ</i>. Where will the estimates centre? Drag the mark, then commit.",
      act: () => throwAll(STILL), say: say.tell,
      verdict: (you, at) => `You said ${fix(you, 1)}; they centre on ${fix(at, 1)}, and the slope is ${fix(all.exact, 1)}. A <i>z</i> that holds still does not know <i>μ</i>.`,
      lock: (on) => [how.box, p.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Throw again", hands(() => { set("seed", get("seed") % 999 + 1); throwAll(); }));
    button(row, "Reset", reset);
    fig.fullScreen(row);
    function measure(seed, ...q) {                            // only when one of them changed
      const key = [seed, ...q].join();
      if (key === all.key) return;
      if (seed !== cloud.seed) cloud = { seed, noise: clouds(seed) };
      const each = Object.values(estimates(cloud.noise, ...q)), own = each.map(moments), slope = exact(...q.slice(1));
      const far = reach(Math.abs(slope) + 3 * Math.max(...own.map((m) => m.spread || 0)));
      all = { key, each, own, exact: slope, far, high: each.map((f) => Math.max(...histogram(f, BINS, -far, far))) };
    }
    function draw() {
      const [name, mu, sigma, K, seed] = keys.map(get), last = Math.min(ROWS.indexOf(name), mark.asking ? STILL - 1 : STILL);
      measure(seed, K, mu, sigma);
      const { mean, error, spread } = all.own[last];
      drawCloud(mu, sigma, Array.from(cloud.noise.slice(0, K)), ROWS[last]);
      drawRows(last);
      [how, ...sliders].forEach((part) => part.draw(name));
      numbers.draw(fix(all.exact), ...(Number.isNaN(mean) ? ["needs two draws", "–"] : [`${fix(mean)} ± ${fix(error)}`, fix(spread)]));
      say.hint(LESSON[name], `${WORDS[name]}: mean ${fix(mean)} plus or minus ${fix(error)}, spread ${fix(spread)}, exact ${fix(all.exact)} nats per unit`);
    }
    function drawCloud(mu, sigma, eps, name) {
      p.fit(-33, -6);
      const zs = grid(301, -3, 3), seen = (z) => Math.abs(z) <= 3, joint = (z) => p.y(logJoint(z)[0]), shoulder = mu + side() * sigma;
      const hill = (z) => p.floor - BELL * Math.exp(-0.5 * ((z - mu) / sigma) ** 2), [mx, sx, sy] = [p.x(mu), p.x(shoulder), hill(shoulder)];
      const qz = grid(121, -4, 4).map((t) => mu + sigma * t).filter(seen), vote = votes(eps, mu, sigma)[name];
      log.draw(zs, zs.map((z) => logJoint(z)[0]));
      bell.forEach((part) => part.draw(qz, qz.map((z) => p.y.invert(hill(z)))));
      strip.forEach(([z, node]) => put(node, { x: p.x(z) - 10, y: p.floor + 26 }) );
      put(image, { x: p.w - 43, y: 8 });
      const at = (f) => eps.map((e, k) => [mu + sigma * e, k]).filter(([z]) => seen(z)).map(([z, k]) => `M${p.x(z)} ${joint(z)}${f(vote[k])}`).join("");
      put(dots, { d: at(() => "h0") });
      put(arrows, { d: at((v) => arrow(clamp(90 * v / all.far || 0, -150, 150))) });
      put(rule, { d: `M${mx} ${p.floor}V${hill(mu)}M${mx} ${sy}H${sx}` });
      [[mx, p.floor], [sx, sy]].forEach((place, i) => handles[i].at(...place));
      p.taken.push([sx - 9, sy - 9, sx + 9, sy + 9]);
      names[0].draw({ x: p.w - 50, bottom: 32, anchor: "end", lines: [math("x")] });
      names[1].draw({ x: p.x(-2.95), lines: [math("log p(x, z)")], clear: (x0, x1) => Math.min(...[x0, x1].map((x) => joint(p.x.invert(x)))) - 6 });
      names[2].draw({ x: 2 * mx - sx - 12 * side(), bottom: sy, anchor: side() > 0 ? "end" : "start", lines: [math("q(z|x)")] });
    }
    function drawRows(last) {
      const { far, own } = all, missing = (i) => (i > last ? "?" : Number.isNaN(own[i].mean) ? "needs two draws" : "");
      h.fit(0, 1, [-far, far], [-far, -far / 2, 0, far / 2, far]);
      const pitch = (h.floor - ROOF) / ROWS.length, base = (i) => ROOF + pitch * (i + 1) - 4, tall = pitch - 26, step = (h.w - 22) / BINS;
      put(line, { d: `M${h.x(all.exact)} ${ROOF}V${h.floor}` });
      truth.draw({ x: h.x(all.exact), bottom: ROOF - 4, anchor: "middle", lines: [`exact ${fix(all.exact, 1)}`] });
      mark.at(own[STILL].mean, base(STILL));
      put(spreads, { d: own.map(({ mean, spread }, i) => (missing(i) ? "" : `M${h.x(mean - spread)} ${base(i)}H${h.x(mean + spread)}`)).join("") });
      rows.forEach(([bars, dot, name, spread], i) => {
        const [y, first, gone] = [base(i), all.each[i][0], missing(i)], up = Array.from(histogram(all.each[i].slice(0, shown), BINS, -far, far), (n) => y - n * tall / all.high[i]);
        put(bars, { d: gone ? "" : `M${h.left} ${y}` + up.map((v, b) => `V${v.toFixed(1)}H${(h.left + step * (b + 1)).toFixed(1)}`).join("") + `V${y}` });
        put(dot, { cx: gone ? 0 : h.x(clamp(first, -far, far)), cy: y, visibility: gone ? "hidden" : "visible" });
        name.draw({ x: 0, bottom: y - tall - 2, lines: [WORDS[ROWS[i]]], min: 0 });
        write(put(spread, { x: h.w, y: y - tall - 6 }), gone || `spread ${fix(own[i].spread, own[i].spread < 1 ? 2 : 1)}`);
      });
    }
    const changed = () => { if (!grow.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); grow.stop(); fig.close(); };
  },
};
