/* Probabilistic PCA with one direction on bars that are not equally common: turn the direction, see log p(x). The plane is that of the two
   widest directions of the weighted bars; in it the equal bars spread alike in every direction. All numbers are of infinitely many pictures. */

// ---------- the numbers: the bars' covariance is NOISE on every pixel, and 3.24 (diag pi - pi pi') between the columns

const [FLIP, SIZE, BEST] = [0.05, 16, 150], NOISE = FLIP * (1 - FLIP), STRETCH = 2 * (1 - 2 * FLIP), TURN = Math.PI / 180;
const WEIGHTS = { unequal: [0.4, 0.3, 0.2, 0.1], equal: [0.25, 0.25, 0.25, 0.25] };
const dot = (a, b) => sum(a.map((v, i) => v * b[i]));
const spread = (pi, u) => STRETCH ** 2 * (dot(pi, u.map((v) => v * v)) - dot(pi, u) ** 2);     // of the clean bars along u
function widest(pi, rest) {                                   // power iteration, at right angles to `rest`
  let u = [0.9, -0.4, 0.3, -0.2];
  for (let i = 0; i < 300; i++) {
    u = u.map((v, c) => pi[c] * (v - dot(pi, u)));
    u = u.map((v, c) => v - sum(rest.map((r) => r[c] * dot(r, u))));
    u = u.map((v) => v / Math.hypot(...u));
  }
  return u;
}
const first = widest(WEIGHTS.unequal, []), second = widest(WEIGHTS.unequal, [first]);
const up = first.map((v) => v * Math.sign(first[0])), over = second.map((v) => -v * Math.sign(second[2]));
const direction = (angle) => up.map((v, c) => v * Math.cos((angle - BEST) * TURN) + over[c] * Math.cos((angle - BEST + 90) * TURN));
const AXES = [direction(0), direction(90)];                   // of the plane, in units of normalized columns
function line(pi, angle) {                                    // the best probabilistic PCA whose W points there
  const u = direction(angle), variance = NOISE + spread(pi, u), total = SIZE * NOISE + STRETCH ** 2 * (1 - dot(pi, pi)), s2 = (total - variance) / (SIZE - 1);
  const log = -0.5 * (SIZE * Math.log(2 * Math.PI) + Math.log(variance) + (SIZE - 1) * Math.log(s2) + SIZE);
  return { u, variance, sigma: Math.sqrt(s2), w: Math.sqrt(variance - s2), log };
}
const places = (pi) => pi.map((_, c) => AXES.map((e) => STRETCH * (e[c] - dot(pi, e))));      // the clean bars, seen from the mean
function cloud(pi, seed, n = 100) {                           // n pictures with their flips, in the plane
  const u = uniforms(seed, SIZE * n), first = pi.map((_, c) => sum(pi.slice(0, c + 1)) - 1e-9);
  return Array.from({ length: n }, (_, i) => {
    const bar = first.findIndex((edge) => i / n < edge), columns = [0, 0, 0, 0];
    for (let d = 0; d < SIZE; d++) columns[d % 4] += (d % 4 === bar) !== (u[SIZE * i + d] < FLIP);
    return AXES.map((e) => dot(columns, e) / 2 - sum(e.map((v, c) => v * (2 * FLIP + STRETCH * pi[c]))));
  });
}
const drawn = (pi, { u, w }, z) => Float64Array.from({ length: SIZE }, (_, d) => clamp(FLIP + 0.9 * pi[d % 4] + w * z * u[d % 4] / 2, 0, 1));

// ---------- the figure

const END = 2.35, ARM = 2.05, MARKS = [-2, -1, 0, 1, 2], ANGLES = grid(181, 0, 180);
const turned = (v, dx, dy, p) => {                            // the handle in the plane follows the pointer round the mean
  const at = Math.atan2(ARM * Math.sin(v * TURN) - dy / p.x.per, ARM * Math.cos(v * TURN) + dx / p.x.per) / TURN;
  return at >= 0 ? at : at > -90 ? 0 : 180;
};

export default {
  numbers: { line, places, cloud, direction, drawn, WEIGHTS },
  render({ model, el }) {
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["weights", "angle", "curve"], hands), move = mover(([v]) => { set("curve", "shown"); set("angle", Math.round(v * 10) / 10); });
    const angle = knob("angle", "Angle of the line", "angle", "model", 1, 0), pi = () => WEIGHTS[get("weights")], shown = () => get("curve") === "shown";
    angle.text = (v) => `${fix(v, 0)}°`;

    const fig = frame(el, { name: "Probabilistic PCA: turn the line, see how likely it makes the pictures", draw });
    const pick = chips(fig.root, { label: "how common are the bars?&ensp;", items: { unequal: "0.4, 0.3, 0.2, 0.1", equal: "all alike" },
      pick: hands((name) => { set("weights", name); set("curve", "hidden"); }) });
    const columns = add(fig.root, "div", { class: "lf-columns" }), side = add(columns, "div");
    const p = plot(side, { name: "Mean log p(x) over the angle", x: [0, 180], ticks: [0, 45, 90, 135, 180], shape: [0, 210, 210], top: 34, lift: 16 });
    const curve = add(p.node, "path", { class: "lf-line model" }), name = p.text("model"), mark = guessMark(p, { ask: "Your guess of the best angle", role: "exact", step: 1,
      text: (v) => `${fix(v, 0)}°`, redraw: () => draw(), from: () => 90 });
    const here = handle(p.node, angle, () => p.x.per);
    drag(p.node, angle.get, (dx, v) => angle.set(v + dx / p.x.per));
    add(side, "p", { class: "lf-caption model" }, "what the line draws at <i>z</i> = −2, …, 2");
    const strip = add(side, "svg", { width: 270, height: 50 }), images = MARKS.map((_, i) => picture(strip, new Float64Array(SIZE), { class: "lf-picture model", x: 56 * i, width: 46, height: 46 }));
    add(side, "p", { class: "lf-hint", style: "font-size: .85em" }, "Dots: noisy pictures. A larger bar is commoner. Shaded: two standard deviations of the model. Green: where the posterior’s mean puts each bar on the line.");
    const plane = square(columns, { name: "Pictures in a plane, and the line", x: [-END, END], y: [-END, END] });
    const bell = add(plane.node, "ellipse", { class: "lf-area model" }), rim = add(plane.node, "ellipse", { class: "lf-line model" });
    const dots = add(plane.node, "g", { class: "lf-dots data" }), road = add(plane.node, "path", { class: "lf-line thick model" }), rest = add(plane.node, "path", { class: "lf-line model" });
    const steps = add(plane.node, "path", { class: "lf-cloud model" }), drops = add(plane.node, "path", { class: "lf-drop exact" });
    const bars = [0, 1, 2, 3].map((c) => picture(plane.node, Float64Array.from({ length: SIZE }, (_, d) => +(d % 4 === c)), { class: "lf-picture data" }).node);
    const arm = handle(plane.node, { ...angle, name: "The line", follow: (v, dx, dy) => turned(v, dx, dy, plane) }, () => plane.x.per);
    const numbers = readout(fig.root, [["model", "variance along the line"], ["model", "noise <i>σ</i> of each pixel"], ["model", "mean log <i>p</i>(<i>x</i>), a density", " nats"]]);
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), control = slider(knobs, angle), row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => "Which angle gives the pictures the highest log <i>p</i>(<i>x</i>)? Drag the mark along the axis of angles, then commit.",
      act: () => move.go([get("angle")], [get("weights") === "equal" ? Math.round(mark.guess) : BEST], 1400),
      verdict: (you) => (get("weights") === "equal" ? `You said ${fix(you, 0)}°, and so may anyone else: the curve is flat, every angle is as good. Why?`
        : `You said ${fix(you, 0)}°, it is ${BEST}°: the line along which the pictures differ most, between the two commonest bars.`),
      say: say.tell,
      lock: (on) => [pick.box, plane.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Show the curve", hands(() => set("curve", "shown")));
    button(row, "Reset", reset);
    fig.fullScreen(row);
    let at = "", pictures = [];

    function draw() {
      const n = line(pi(), get("angle"));
      drawPlane(n);
      drawCurve(n);
      MARKS.forEach((z, i) => images[i].draw(drawn(pi(), n, z)));
      pick.draw(get("weights"));
      control.draw();
      numbers.draw(fix(n.variance), fix(n.sigma, 3), fix(n.log));
      say.hint(lesson(), `angle ${fix(get("angle"), 0)} degrees: mean log p of x ${fix(n.log)} nats, variance along the line ${fix(n.variance)}, noise ${fix(n.sigma, 3)}`);
    }
    function lesson() {
      if (!shown()) return "Turn the line, by its end or by the slider. Where is log <i>p</i>(<i>x</i>) highest? Predict it, then see the whole curve.";
      if (get("weights") === "equal") return "Flat: no direction is better than another. Look at the plane. Why?";
      return "What does not lie along the line must pass as noise, the same for every pixel. The best line leaves the least of it.";
    }
    function drawCurve(n) {
      p.fit(-8.8, -7);
      put(curve, { d: shown() && !mark.asking ? `M${through(p, ANGLES, ANGLES.map((a) => line(pi(), a).log))}` : "" });
      const [x, y] = [p.x(get("angle")), p.y(n.log)];
      here.at(x, y);
      put(here.node, { visibility: mark.asking ? "hidden" : "visible" });
      p.taken.push([x - 9, y - 9, x + 9, y + 9]);
      mark.at(get("weights") === "equal" ? mark.guess ?? BEST : BEST, p.floor, get("weights") === "equal" ? "" : "best");
      name.draw({ x: p.left, bottom: 16, lines: ["mean log <tspan class=\"lf-it\">p</tspan>(<tspan class=\"lf-it\">x</tspan>) over the angle"], min: 0 });
    }
    function drawPlane(n) {
      plane.fit();
      if (at !== get("weights")) [at, pictures] = [get("weights"), cloud(pi(), 3)];
      const a = get("angle") * TURN, to = (r) => `${plane.x(r * Math.cos(a)).toFixed(1)} ${plane.y(r * Math.sin(a)).toFixed(1)}`, [cx, cy, per] = [plane.x(0), plane.y(0), plane.x.per];
      [bell, rim].forEach((part) => put(part, { cx, cy, rx: 2 * Math.sqrt(n.variance) * per, ry: 2 * n.sigma * per, transform: `rotate(${-get("angle")} ${cx} ${cy})` }));
      write(dots, pictures.map(([u, v]) => `<circle cx="${plane.x(u).toFixed(1)}" cy="${plane.y(v).toFixed(1)}" r="2.5"/>`).join(""));
      put(road, { d: `M${to(-2 * n.w)}L${to(2 * n.w)}` });
      put(rest, { d: `M${to(-ARM)}L${to(ARM)}` });
      put(steps, { d: MARKS.map((z) => `M${to(z * n.w)}h0`).join("") });
      const shrink = n.w ** 2 / n.variance;
      put(drops, { d: places(pi()).map(([u, v]) => `M${plane.x(u)} ${plane.y(v)}L${to(shrink * (u * Math.cos(a) + v * Math.sin(a)))}`).join("") });
      places(pi()).forEach(([u, v], c) => {
        const size = 50 * Math.sqrt(pi()[c]);
        put(bars[c], { x: plane.x(u) - size / 2, y: plane.y(v) - size / 2, width: size, height: size });
      });
      arm.at(plane.x(ARM * Math.cos(a)), plane.y(ARM * Math.sin(a)));
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
