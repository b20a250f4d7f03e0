/* KL in both directions. p is a mixture of two hills, q one bell: KL(q, p) is paid where q is and p is not, KL(p, q) where p is and
   q is not. So the best q sits on one hill, or spreads over both. */

// ---------- the numbers: trapezoid sums, on a ruler that q carries along for KL(q, p), on a fixed one for KL(p, q)

const [HILL, SLIM] = [1.6, 0.5];                              // hills at -1.6 with weight w and at 1.6, each of width 0.5

function logP(z, w) {
  const a = Math.log(w) + logNormal(z, -HILL, SLIM), b = Math.log(1 - w) + logNormal(z, HILL, SLIM), top = Math.max(a, b);
  return top + Math.log(Math.exp(a - top) + Math.exp(b - top));
}
const paid = {                                                // nats per unit of z; its area is the KL
  qp: (z, w, mu, sigma) => Math.exp(logNormal(z, mu, sigma)) * (logNormal(z, mu, sigma) - logP(z, w)),
  pq: (z, w, mu, sigma) => Math.exp(logP(z, w)) * (logP(z, w) - logNormal(z, mu, sigma)),
};
function kl(which, w, mu, sigma, marks = 1001) {
  const [lo, hi] = which === "qp" ? [mu - 8 * sigma, mu + 8 * sigma] : [-8, 8];
  return trapezoid(grid(marks, lo, hi).map((z) => paid[which](z, w, mu, sigma)), (hi - lo) / (marks - 1));
}
function cover(w) {                                           // best for KL(p, q): the mean and the width of p, in closed form
  return [HILL * (1 - 2 * w), Math.sqrt(SLIM ** 2 + 4 * HILL ** 2 * w * (1 - w))];
}
function seek(w, mu) {                                        // best for KL(q, p): compass steps in (mu, log sigma) from either hill
  const down = (start) => {
    let at = [start, Math.log(SLIM)], least = kl("qp", w, start, SLIM, 241);
    for (let step = 0.2; step > 1e-5;) {
      const before = least, [a, b] = at;
      for (const [u, v] of [[step, 0], [-step, 0], [0, step], [0, -step]]) {
        const value = kl("qp", w, a + u, Math.exp(b + v), 241);
        if (value < least) [at, least] = [[a + u, b + v], value];
      }
      if (least === before) step /= 2;
    }
    return [at[0], Math.exp(at[1]), least];
  };
  const [near, far] = (mu < 0 ? [-HILL, HILL] : [HILL, -HILL]).map(down);
  return (far[2] < near[2] - 1e-9 ? far : near).slice(0, 2);  // as good on both hills: the nearer one
}

// ---------- the figure

const NAME = { qp: "KL(<i>q</i>, <i>p</i>)", pq: "KL(<i>p</i>, <i>q</i>)" }, PLAIN = { qp: "KL(q, p)", pq: "KL(p, q)" }, END = 5, TICKS = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
const PAID = { qp: math("q log(q/p)"), pq: math("p log(p/q)") };
const LESSON = {
  qp: "KL(<i>q</i>, <i>p</i>) is paid where <i>q</i> is and <i>p</i> is not. Drag <i>q</i> from a hill into the gap: what does it cost?",
  pq: "KL(<i>p</i>, <i>q</i>) is paid where <i>p</i> is and <i>q</i> is not. Take <i>q</i> off one of the hills: what does it cost?",
};
const WHY = {
  qp: "it sits on one hill. In the gap <i>p</i> is near 0, and a <i>q</i> there would pay dearly.",
  pq: "the mean of <i>p</i>. <i>q</i> spreads over both hills, since one that it left out would cost dearly.",
};

export default {
  numbers: { logP, paid, kl, cover, seek },
  render({ model, el }) {
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["which", "w", "mu", "sigma"], hands), side = () => (get("mu") > 2 ? -1 : 1);
    const move = mover(([mu, sigma]) => { set("mu", Math.round(mu * 1e3) / 1e3); set("sigma", Math.round(sigma * 1e3) / 1e3); });
    const toBest = (which) => move.go([get("mu"), get("sigma")], which === "qp" ? seek(get("w"), get("mu")) : cover(get("w")), 1200);
    const mean = knob("mu", "Mean of q", "mean <i>μ</i>", "q", 0.05), width = knob("sigma", "Standard deviation of q", "width <i>σ</i>", "q open", 0.02);
    const weight = knob("w", "Weight of the left hill", "left hill", "exact", 0.02);

    const fig = frame(el, { name: "KL in both directions: one bell q, two hills p", draw });
    const which = chips(fig.root, { label: "Show what is paid in", items: NAME, pick: hands((v) => set("which", v)) });
    const p = plot(fig.root, { name: "p and q over z", x: [-END, END], ticks: TICKS, shape: [0.36, 210, 260] });
    const hills = [p.area("exact"), p.curve("exact")], bell = p.curve("q"), rule = add(p.node, "path", { class: "lf-rule q" }), names = ["q", "exact"].map(p.text);
    drag(p.node, mean.get, (dx, mu) => mean.set(mu + dx / p.x.per));
    const handles = [handle(p.node, mean, () => p.x.per), handle(p.node, width, () => side() * p.x.per)];
    const b = plot(fig.root, { name: "What is paid at each z", x: [-END, END], ticks: TICKS, shape: [0.28, 190, 210], top: 14, lift: 22 });
    const cost = add(b.node, "path", { class: "lf-steps data" }), zero = add(b.node, "path", { class: "lf-rail" }), costName = b.text("data");
    const mark = guessMark(b, { ask: "Your guess of the mean of the best q", role: "q", step: 0.05, text: fix, redraw: draw, from: () => get("mu") });
    add(fig.root, "p", { class: "lf-under prior" }, "what is paid at each <i>z</i>; its area, beyond the edges too, is the KL; below the line counts negative");
    const numbers = readout(fig.root, [["data", NAME.qp, " nats"], ["data", NAME.pq, " nats"]]), say = voice(fig);
    const knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [mean, width, weight].map((k) => slider(knobs, k)), row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => `<i>q</i> will go where ${NAME[get("which")]} is least. Where will its mean be? Drag the mark, then commit.`,
      act: () => toBest(get("which")),
      verdict: (you, at) => `You said ${fix(you)}, the best mean is ${fix(at)}: ${WHY[get("which")]}`,
      say: say.tell,
      lock: (on) => [which.box, p.box, knobs].forEach((part) => { part.inert = on; }),
    });
    for (const key of ["qp", "pq"]) button(row, `Best for ${NAME[key]}`, hands(() => { set("which", key); toBest(key); }));
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const [name, w, mu, sigma] = ["which", "w", "mu", "sigma"].map(get), both = ["qp", "pq"].map((key) => kl(key, w, mu, sigma));
      drawCurves(w, mu, sigma);
      drawCost(name, w, mu, sigma, both[name === "qp" ? 0 : 1]);
      [which, ...sliders].forEach((part) => part.draw(name));
      numbers.draw(...both.map((v) => fix(v, 3)));
      say.hint(LESSON[name], `mean ${fix(mu)}, width ${fix(sigma)}: ${PLAIN.qp} ${fix(both[0])}, ${PLAIN.pq} ${fix(both[1])} nats`);
    }
    function drawCurves(w, mu, sigma) {
      const zs = grid(401, -END, END), qz = grid(201, -5, 5).map((t) => mu + sigma * t).filter((z) => Math.abs(z) <= END), q = (z) => Math.exp(logNormal(z, mu, sigma));
      p.fit(0, 1.05);
      hills.forEach((part) => part.draw(zs, zs.map((z) => Math.exp(logP(z, w)))));
      bell.draw(qz, qz.map(q));
      const [mx, sx, sy] = [p.x(mu), p.x(mu + side() * sigma), Math.min(p.y(q(mu + sigma)), p.floor - 36)];
      put(rule, { d: `M${mx} ${p.floor}V${Math.min(p.y(q(mu)), sy)}M${mx} ${sy}H${sx}` });
      [[mx, p.floor], [sx, sy]].forEach((place, i) => handles[i].at(...place));
      p.taken.push([sx - 9, sy - 9, sx + 9, sy + 9]);
      names[0].draw({ x: mx - 8, anchor: "middle", bottom: p.y(q(mu)) - 5, lines: [math("q(z)")] });
      const hill = (w > 0.9 || w > 0.1 && mu > 0) ? -HILL : HILL, place = (out) => ({ x: p.x(hill + out * 0.75 * Math.sign(hill)), anchor: out * hill > 0 ? "start" : "end" });
      const drawP = (out) => names[1].draw({ ...place(out), bottom: p.y(Math.exp(logP(hill + 0.5, w))), lines: [math("p(z)")] });
      drawP(1) || drawP(-1);
    }
    function drawCost(name, w, mu, sigma, area) {
      const zs = grid(401, -END, END), f = zs.map((z) => paid[name](z, w, mu, sigma)), high = Math.max(...f), most = zs[f.indexOf(high)];
      b.fit(-0.3, [0.6, 1.2, 2.4, 4.8, 9.6, 20, 40].find((v) => v >= high) ?? high);
      put(zero, { d: `M${b.left} ${b.y(0)}H${b.w - 11}` });
      put(cost, { d: `M${b.left} ${b.y(0)}L${through(b, zs, f)}V${b.y(0)}Z` });
      mark.at(mu, b.floor);
      costName.draw({ x: b.x(most) + (most > 0 ? -40 : 40), anchor: most > 0 ? "end" : "start", bottom: b.y(0.75 * high), lines: [PAID[name], `area ${fix(area)} nats`] });
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
