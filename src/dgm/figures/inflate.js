/* Inflate the area. Upper curve p(x, z), its area p(x); lower curve e^ELBO q(z|x), its area e^ELBO.
   The reader moves q = N(mu, sigma^2). Every integral is a trapezoid sum over 1001 points, in float64. */

// ---------- the numbers

const [LO, HI, MARKS] = [-8, 8, 1001];

// On a ruler that q carries along, by two routes: elbo with the closed-form KL to the prior, kl (to the exact posterior) by quadrature.
function bound(w, x, mu, sigma, logEvidence, marks = MARKS) {
  const t = grid(marks, LO, HI), h = t[1] - t[0], bell = t.map((v) => Math.exp(logNormal(v))), ll = t.map((v) => logLik(w, x, mu + sigma * v));
  const elbo = trapezoid(ll.map((v, i) => v * bell[i]), h) - 0.5 * (mu * mu + sigma * sigma - 1) + Math.log(sigma);
  const kl = trapezoid(ll.map((v, i) => {
    const z = mu + sigma * t[i];
    return bell[i] * (logNormal(z, mu, sigma) - (v + logNormal(z) - logEvidence));
  }), h);
  return { elbo, kl };
}
function bestQ(w, x, range) {                                 // a coarse search, then compass steps in (mu, log sigma)
  let at = [0, 0], best = -Infinity;
  const better = (mu, logSigma) => {
    const q = [clamp(mu, ...range.mu), clamp(Math.exp(logSigma), ...range.sigma)], { elbo } = bound(w, x, ...q, 0, 121);
    if (elbo > best) [at, best] = [[q[0], Math.log(q[1])], elbo];
    return elbo === best;
  };
  for (let mu = -3; mu <= 3; mu += 0.25) for (const logSigma of [-2.3, -1.4, -0.5]) better(mu, logSigma);
  for (let step = 0.25; step > 1e-4;) {
    const [[a, b], before] = [at, best];
    [[step, 0], [-step, 0], [0, step], [0, -step]].forEach(([u, v]) => better(a + u, b + v));
    if (best === before) step /= 2;
  }
  return [at[0], Math.exp(at[1])];
}

// ---------- the figure

const TICKS = [-4, -3, -2, -1, 0, 1, 2, 3, 4];
const hint = (part) => `Drag the bell or its shoulder: its area is ${part < 0.005 ? "under 1" : fix(100 * part, 0)}% of
  <i>p</i>(<i>x</i>). How far can you fill it?`;

export default {
  numbers: { floats, evidence: evidenceOf, bound, bestQ },
  render({ model, el }) {
    const w = floats(model.get("weights")), range = model.get("range"), images = {};
    for (const [name, bits] of Object.entries(model.get("images"))) images[name] = Array.from(bits, Number);
    const home = ["image", "mu", "sigma"].map((key) => model.get(key)), q = () => [model.get("mu"), model.get("sigma")];
    let truth = null, said = "";

    // whatever the reader does ends a movement, and a question that stands open
    const thousandth = (v) => Math.round(v * 1e3) / 1e3;
    const setQ = ([mu, sigma]) => {
      model.set("mu", thousandth(clamp(mu, ...range.mu)));
      model.set("sigma", thousandth(clamp(sigma, ...range.sigma)));
      model.save_changes();
    };
    const move = mover(setQ), hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const setImage = hands((name) => { model.set("image", name); model.save_changes(); });
    const knob = (name, label, role, [min, max], step, get, set) => ({ name, label, role, min, max, step, text: fix, get, set: hands(set) });
    const mean = knob("Mean of q", "mean <i>μ</i>", "q", range.mu, 0.02, () => q()[0], (v) => setQ([v, q()[1]]));
    const width = knob("Standard deviation of q", "width <i>σ</i>", "q open", range.sigma, 0.01, () => q()[1], (v) => setQ([q()[0], v]));

    const fig = frame(el, { name: "Inflate the area: move q to raise the ELBO", draw });
    const pick = picker(fig.root, { label: "Image <i>x</i>", items: images, pick: setImage });
    const p = plot(fig.root, { name: "Curves over z", x: [-4, 4], ticks: TICKS, below: 26 });
    const strip = TICKS.map((z) => [z, picture(p.node, meanImage(w, z), { class: "lf-picture model", width: 22, height: 22 }).node]);
    const prior = p.curve("prior"), upper = [p.area("exact"), p.curve("exact")], lower = [p.area("q"), p.curve("q")];
    const rule = add(p.node, "path", { class: "lf-rule q" });
    const names = { prior: p.text("prior"), upper: p.text("exact"), lower: p.text("q") };
    drag(p.node, mean.get, (dx, mu) => mean.set(mu + dx / p.x.per));                  // empty ground moves the mean too
    const side = () => (q()[0] > 2 ? -1 : 1);
    const handles = [handle(p.node, mean, () => p.x.per), handle(p.node, width, () => side() * p.x.per)];
    add(fig.root, "p", { class: "lf-under model" }, "what the decoder draws at each <i>z</i>");
    const numbers = readout(fig.root, [["exact", "log <i>p</i>(<i>x</i>)"], "=", ["q", "ELBO"], "+",
      ["exact", "gap, KL(<i>q</i>, <i>p</i>(<i>z</i>|<i>x</i>))", " nats"]]);
    const bar = splitBar(fig.root, { name: "log p(x), split into ELBO and gap", role: "q", total: "exact", ask: "Your guess of the ELBO" });
    const say = add(fig.root, "p", { class: "lf-say" });
    const knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [slider(knobs, mean), slider(knobs, width)];
    const row = add(fig.root, "div", { class: "lf-row" }), factor = () => (q()[1] > 1 ? 0.5 : 2);
    const guess = predict(bar, row, {
      question: () => `<i>σ</i> will ${factor() > 1 ? "double" : "halve"}, from ${fix(q()[1])} to ${fix(factor() * q()[1])}.
        Where will the ELBO go? Drag the mark, then commit.`,
      act: () => move.go(q(), [q()[0], factor() * q()[1]], 1400),
      verdict(you, elbo) {
        const miss = Math.abs(you - elbo), off = miss < 0.1 ? "well seen" : `${fix(miss)} nats too ${you > elbo ? "high" : "low"}`;
        const above = you > truth.log ? " No <i>q</i> can lift the ELBO above log <i>p</i>(<i>x</i>)." : "";
        return `You said ${fix(you)}, it is ${fix(elbo)}: ${off}.${above}`;
      },
      say(text) {
        said = text;
        say.innerHTML = text;
        say.classList.toggle("told", !!text);
        if (text) fig.speak(say.textContent); else fig.redraw();
      },
      lock: (on) => [pick.box, p.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Best <i>q</i>", hands(() => move.go(q(), bestQ(w, images[model.get("image")], range))));
    button(row, "Reset", hands(() => { setImage(home[0]); setQ(home.slice(1)); }));
    fig.fullScreen(row);

    function draw() {
      const name = model.get("image"), [mu, sigma] = q();
      if (truth?.name !== name) truth = { name, ...evidenceOf(w, images[name]) };
      const { elbo, kl } = bound(w, images[name], mu, sigma, truth.log), area = Math.exp(elbo), total = Math.exp(truth.log);
      p.fit(0, 1.7 * truth.peak);                             // e^ELBO q never rises above sqrt(e) times the joint's peak
      drawCurves((z) => area * Math.exp(logNormal(z, mu, sigma)), mu, sigma, total, area);
      pick.draw(name);
      sliders.forEach((s) => s.draw());
      numbers.draw(...[truth.log, elbo, kl].map((v) => fix(v, 3)));
      bar.draw(elbo, truth.log);
      guess.open.disabled = kl > 6;                           // q is off the bar: nothing to point at
      if (said) return;
      say.innerHTML = hint(area / total);
      fig.speak(`ELBO ${fix(elbo)}, gap ${fix(kl)}, log p of x ${fix(truth.log)} nats`);
    }
    function drawCurves(bell, mu, sigma, total, area) {
      const seen = (z) => Math.abs(z) <= 4, zs = truth.z.filter(seen), qz = grid(201, -5, 5).map((t) => mu + sigma * t).filter(seen);
      const priorAt = (z) => total * Math.exp(logNormal(z)), joint = truth.joint.filter((_, i) => seen(truth.z[i]));
      prior.draw(zs, zs.map(priorAt));
      upper.forEach((part) => part.draw(zs, joint));
      lower.forEach((part) => part.draw(qz, qz.map(bell)));
      strip.forEach(([z, node]) => put(node, { x: p.x(z) - 11, y: p.floor + 26 }));
      const mx = p.x(mu), sx = p.x(mu + side() * sigma), sy = Math.min(p.y(bell(mu + sigma)), p.floor - 36);
      put(rule, { d: `M${mx} ${p.floor}V${Math.min(p.y(bell(mu)), sy)}M${mx} ${sy}H${sx}` });
      [[mx, p.floor], [sx, sy]].forEach((place, i) => handles[i].at(...place));
      p.taken.push([sx - 9, sy - 9, sx + 9, sy + 9]);

      // each name stands by its curve, and above whatever else is drawn there
      const highest = zs.map((z, i) => Math.max(joint[i], bell(z), priorAt(z)));
      const over = (x0, x1) => p.y(Math.max(...highest.filter((_, i) => x0 <= p.x(zs[i]) && p.x(zs[i]) <= x1))) - 5;
      const right = zs.findIndex((z, i) => p.x(z) > Math.max(sx, mx) && p.y(joint[i]) >= sy);
      const rise = joint.findIndex((v) => v > 0.8 * truth.peak), end = p.x(zs[rise]) - 12, away = zs[rise] > 0 ? -1 : 1;
      names.lower.draw({ x: p.x(zs.at(right)) + 14, lines: [math("e^{ELBO} q(z|x)"), `area ${sig(area)}`],
        clear: (x0, x1) => Math.min(sy - (x0 < sx + 8 ? 12 : 6), over(x0, x1)) });
      names.upper.draw({ x: end, anchor: "end", lines: [math("p(x, z)"), math(`area p(x) = ${sig(total)}`)],
        clear: (x0, x1) => (x1 < end + 1 ? p.y(joint[rise]) : over(x0, x1)) });
      const drawPrior = (side) => names.prior.draw({ x: p.x(1.25 * side), bottom: p.y(priorAt(1.25)) - 4,
        anchor: side < 0 ? "end" : "start", lines: [math("prior p(z)"), math("scaled to p(x)")] });
      drawPrior(away) || drawPrior(-away);
    }

    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved q: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
