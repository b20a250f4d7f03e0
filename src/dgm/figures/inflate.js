/* Inflate the area. Upper curve p(x, z), its area p(x); lower curve e^ELBO q(z|x), its area e^ELBO.
   The reader moves q = N(mu, sigma^2). Every integral is a trapezoid sum over 1001 points, in float64. */

// ---------- the numbers

const [LO, HI, MARKS] = [-8, 8, 1001];

function evidence(w, x) {                                     // on the prior's ruler
  const z = grid(MARKS, LO, HI), joint = z.map((v) => Math.exp(logLik(w, x, v) + logNormal(v)));
  return { z, joint, peak: Math.max(...joint), log: Math.log(trapezoid(joint, (HI - LO) / (MARKS - 1))) };
}
// Two routes on a ruler that q carries along: elbo by the closed-form KL to the prior, kl (to the exact posterior) by quadrature alone.
function bound(w, x, mu, sigma, logEvidence, marks = MARKS) {
  const t = grid(marks, LO, HI), h = (HI - LO) / (marks - 1), bell = t.map((v) => Math.exp(logNormal(v)));
  const ll = t.map((v) => logLik(w, x, mu + sigma * v));
  const elbo = trapezoid(ll.map((v, i) => v * bell[i]), h) - 0.5 * (mu * mu + sigma * sigma - 1) + Math.log(sigma);
  const kl = trapezoid(ll.map((v, i) => {
    const z = mu + sigma * t[i];
    return bell[i] * (logNormal(z, mu, sigma) - (v + logNormal(z) - logEvidence));
  }), h);
  return { elbo, kl };
}
function bestQ(w, x, range) {                                 // a coarse search, then compass steps in (mu, log sigma)
  const [m, s] = [range.mu, range.sigma.map(Math.log)], inside = (v, [lo, hi]) => lo <= v && v <= hi;
  let at = [0, 0], best = -Infinity;
  const better = ([a, b]) => {
    if (!inside(a, m) || !inside(b, s)) return false;
    const { elbo } = bound(w, x, a, Math.exp(b), 0, 121);
    if (elbo <= best) return false;
    [at, best] = [[a, b], elbo];
    return true;
  };
  for (let a = -3; a <= 3; a += 0.25) for (const b of [-2.3, -1.4, -0.5]) better([a, b]);
  for (let step = 0.25; step > 1e-4;) {
    const [a, b] = at;
    if (![[a + step, b], [a - step, b], [a, b + step], [a, b - step]].filter(better).length) step /= 2;
  }
  return [at[0], Math.exp(at[1])];
}

// ---------- the figure

const TICKS = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
const hint = (part) => `Drag the hill or its shoulder: its area is ${part < 0.005 ? "under 1" : fix(100 * part, 0)}% of <i>p</i>(<i>x</i>).
  Can you close the gap?`;

export default {
  numbers: { floats, evidence, bound, bestQ },
  render({ model, el }) {
    const w = floats(model.get("weights")), range = model.get("range");
    const home = ["image", "mu", "sigma"].map((key) => model.get(key)), images = {};
    for (const [name, bits] of Object.entries(model.get("images"))) images[name] = Array.from(bits, Number);
    const q = () => [model.get("mu"), model.get("sigma")], thousandth = (v) => Math.round(v * 1e3) / 1e3;
    let truth = null, said = "";

    // state: whatever the reader does ends a movement, and a question that stood open
    const setQ = ([mu, sigma]) => {
      model.set("mu", thousandth(clamp(mu, ...range.mu)));
      model.set("sigma", thousandth(clamp(sigma, ...range.sigma)));
      model.save_changes();
    };
    const move = mover(setQ), hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const setImage = hands((name) => { model.set("image", name); model.save_changes(); });
    const mean = { name: "Mean of q", label: "mean <i>μ</i>", role: "q", min: range.mu[0], max: range.mu[1], step: 0.02, text: fix,
      get: () => q()[0], set: hands((mu) => setQ([mu, q()[1]])) };
    const width = { name: "Standard deviation of q", label: "width <i>σ</i>", role: "q open", min: range.sigma[0], max: range.sigma[1],
      step: 0.01, text: fix, get: () => q()[1], set: hands((sigma) => setQ([q()[0], sigma])) };

    // parts, in reading order
    const fig = frame(el, { name: "Inflate the area: move q to raise the ELBO", draw });
    const pick = picker(fig.root, { label: "Image <i>x</i>", items: images, pick: setImage });
    const p = plot(fig.root, { name: "Curves over z", x: [-4, 4], ticks: TICKS, below: 26 });
    const strip = TICKS.map((z) => [z, picture(p.node, meanImage(w, z), { class: "lf-picture model", width: 22, height: 22 }).node]);
    const prior = p.curve("prior"), upper = [p.area("exact"), p.curve("exact")], lower = [p.area("q"), p.curve("q")];
    const rule = add(p.node, "path", { class: "lf-rule q" });
    const names = { prior: p.text("prior"), upper: p.text("exact"), lower: p.text("q") };
    drag(p.node, mean.get, (dx, mu) => mean.set(mu + dx / p.x.per));                  // empty ground moves the mean too
    const side = () => (q()[0] > 2 ? -1 : 1);
    const meanHandle = handle(p.node, mean, () => p.x.per), widthHandle = handle(p.node, width, () => side() * p.x.per);
    add(fig.root, "p", { class: "lf-under model" }, "what the decoder draws at each <i>z</i>");
    const numbers = readout(fig.root, [["exact", "log <i>p</i>(<i>x</i>)"], "=", ["q", "ELBO"], "+",
      ["exact", "gap, KL(<i>q</i> ‖ <i>p</i>(<i>z</i>|<i>x</i>))", " nats"]]);
    const bar = splitBar(fig.root, { name: "log p(x) in nats, split into ELBO and gap", role: "q", total: "exact", ask: "Your guess of the ELBO" });
    const say = add(fig.root, "p", { class: "lf-say" });
    const knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [slider(knobs, mean), slider(knobs, width)];
    const row = add(fig.root, "div", { class: "lf-row" });
    const factor = () => (q()[1] > 1 ? 0.5 : 2);
    const guess = predict(bar, row, {
      question: () => `<i>σ</i> will ${factor() > 1 ? "double" : "halve"}, from ${fix(q()[1])} to ${fix(factor() * q()[1])}.
        Where will the ELBO go? Drag the mark, then commit.`,
      act: () => move.go(q(), [q()[0], factor() * q()[1]], 1400),
      verdict(you, elbo) {
        const miss = Math.abs(you - elbo), off = miss < 0.1 ? "well seen" : `${fix(miss)} nats too ${you > elbo ? "high" : "low"}`;
        return `You said ${fix(you)}, it is ${fix(elbo)}: ${off}.` + (you > truth.log ? " No <i>q</i> can lift the ELBO above log <i>p</i>(<i>x</i>)." : "");
      },
      say(text) {
        said = text;
        say.innerHTML = text || hint(0);
        say.classList.toggle("told", !!text);
        if (text) fig.speak(say.textContent);
      },
      lock: (on) => [pick.box, p.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Best <i>q</i>", hands(() => move.go(q(), bestQ(w, images[model.get("image")], range))));
    button(row, "Reset", hands(() => { setImage(home[0]); setQ(home.slice(1)); }));
    fig.fullScreen(row);

    function draw() {
      const name = model.get("image"), [mu, sigma] = q();
      if (truth?.name !== name) truth = { name, ...evidence(w, images[name]) };
      const { elbo, kl } = bound(w, images[name], mu, sigma, truth.log), px = Math.exp(truth.log), area = Math.exp(elbo);
      p.fit(0, 1.7 * truth.peak);                             // e^ELBO q never rises above sqrt(e) times the joint's peak
      drawCurves(mu, sigma, px, area);
      drawHandles(mu, sigma, px, area);
      pick.draw(name);
      sliders.forEach((s) => s.draw());
      numbers.draw(...[truth.log, elbo, kl].map((v) => fix(v, 3)));
      bar.draw(elbo, truth.log);
      guess.open.disabled = kl > 6;                           // q is off the bar: nothing to point at
      if (said) return;
      say.innerHTML = hint(area / px);
      fig.speak(`ELBO ${fix(elbo)}, gap ${fix(kl)}, log p of x ${fix(truth.log)} nats`);
    }
    function drawCurves(mu, sigma, px, area) {
      const seen = (z) => Math.abs(z) <= 4, zs = truth.z.filter(seen), qz = grid(201, -5, 5).map((t) => mu + sigma * t).filter(seen);
      prior.draw(zs, zs.map((z) => px * Math.exp(logNormal(z))));
      upper.forEach((part) => part.draw(zs, truth.joint.filter((_, i) => seen(truth.z[i]))));
      lower.forEach((part) => part.draw(qz, qz.map((z) => area * Math.exp(logNormal(z, mu, sigma)))));
      strip.forEach(([z, node]) => put(node, { x: p.x(z) - 11, y: p.floor + 26 }));
    }
    function drawHandles(mu, sigma, px, area) {               // and each curve's name, where the curve leaves room
      const top = area * Math.exp(logNormal(mu, mu, sigma)), mx = p.x(mu), sx = p.x(mu + side() * sigma);
      const sy = Math.min(p.y(top * Math.exp(-0.5)), p.floor - 36), joint = (i) => p.y(truth.joint[i]);
      put(rule, { d: `M${mx} ${p.floor}V${Math.min(p.y(top), sy)}M${mx} ${sy}H${sx}` });
      meanHandle.at(mx, p.floor);
      widthHandle.at(sx, sy);
      let right = truth.z.findIndex((z) => p.x(z) > Math.max(sx, mx));
      while (joint(right) < sy) right++;
      const rise = truth.joint.findIndex((v) => v > 0.8 * truth.peak), away = truth.z[rise] > 0 ? -1 : 1, end = p.x(truth.z[rise]) - 12;
      const highest = (x0, x1) => Math.max(...truth.z.map((z, i) => (p.x(z) < x0 || p.x(z) > x1 ? 0
        : Math.max(truth.joint[i], area * Math.exp(logNormal(z, mu, sigma))))));
      names.lower.draw({ x: p.x(truth.z[right]) + 14, lines: [math("e^{ELBO} q(z|x)"), `area ${sig(area)}`],
        clear: (x0, x1) => Math.min(sy - (x0 < sx + 8 ? 12 : 6), p.y(highest(x0, x1)) - 4) });
      names.upper.draw({ x: end, anchor: "end", lines: [math("p(x, z)"), math(`area p(x) = ${sig(px)}`)],
        clear: (x0, x1) => (x1 < end + 1 ? joint(rise) : p.y(highest(x0, x1)) - 6) });
      names.prior.draw({ x: p.x(1.25 * away), bottom: p.y(px * Math.exp(logNormal(1.25))) - 4, anchor: away < 0 ? "end" : "start",
        lines: [math("prior p(z)"), math("drawn × p(x)")] });
    }

    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved q: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
