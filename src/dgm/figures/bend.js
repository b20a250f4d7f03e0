/* A line of z bent by a network: m(z) from the best line (bend 0) to the network's curve (bend 1), noise sigma round it, and what that makes
   of the plane: p(x) = integral of N(x; m(z), sigma^2 I) N(z; 0, 1) dz, a mixture of as many bells as there are places z. */

// ---------- the numbers

const UNITS = 16;
function curveAt(line, w, bend, z) {                          // line: W (2), then b (2); w: 1 -> 16 tanh -> 2, layer by layer in one row
  const net = network(w, [1, UNITS, 2], [z]);
  return [0, 1].map((i) => (1 - bend) * (line[i] * z + line[2 + i]) + bend * net[i]);
}
function density(line, w, bend, sigma, marks = 401, end = 6) {         // x -> p(x), a sum over a ruler
  const z = grid(marks, -end, end), h = z[1] - z[0], at = Array.from(z, (v) => curveAt(line, w, bend, v));
  const share = z.map((v) => h * Math.exp(logNormal(v)) / (2 * Math.PI * sigma ** 2)), scale = -0.5 / sigma ** 2;
  return ([a, b]) => {
    let p = 0;
    for (let i = 0; i < marks; i++) p += share[i] * Math.exp(scale * ((a - at[i][0]) ** 2 + (b - at[i][1]) ** 2));
    return p;
  };
}
const meanLog = (points, p) => sum(points.map((x) => Math.log(p(x)))) / points.length;
function bestLine(points) {                                   // mean log p(x) of the best straight line with its own sigma, in closed form
  const n = points.length, mean = [0, 1].map((i) => sum(points.map((x) => x[i])) / n);
  const s = (i, j) => sum(points.map((x) => (x[i] - mean[i]) * (x[j] - mean[j]))) / n;
  return -Math.log(2 * Math.PI) - 0.5 * Math.log(s(0, 0) * s(1, 1) - s(0, 1) ** 2) - 1;
}
function levels(p, at, sigma, shares) {                       // heights above which these shares of p lie: from its own draws, on even places of z
  const e = normals(5, 600), z = normals(6, 300), heights = Array.from(z, (v, i) => {
    const m = at(v);
    return p([m[0] + sigma * e[2 * i], m[1] + sigma * e[2 * i + 1]]);
  }).sort((a, b) => b - a);
  return shares.map((share) => heights[Math.floor(share * heights.length)]);
}
function contour(f, n, level) {                               // marching squares on n x n heights: pieces of the line, in cells
  const cut = (a, b) => (level - a) / (b - a), pieces = [];
  for (let j = 0; j < n - 1; j++) for (let i = 0; i < n - 1; i++) {
    const [a, b, c, d] = [f[j * n + i], f[j * n + i + 1], f[(j + 1) * n + i + 1], f[(j + 1) * n + i]], ends = [];
    if ((a > level) !== (b > level)) ends.push([i + cut(a, b), j]);
    if ((b > level) !== (c > level)) ends.push([i + 1, j + cut(b, c)]);
    if ((c > level) !== (d > level)) ends.push([i + 1 - cut(c, d), j + 1]);
    if ((d > level) !== (a > level)) ends.push([i, j + 1 - cut(d, a)]);
    for (let k = 0; k + 1 < ends.length; k += 2) pieces.push([ends[k], ends[k + 1]]);
  }
  return pieces;
}

// ---------- the figure

const X = [-2.3, 2.3], Y = [-1.8, 2.8], N = 81, SHARES = [0.5, 0.9], ZS = grid(241, -3, 3), FLOOR = -4;

export default {
  numbers: { curveAt, density, meanLog, bestLine, levels, contour },
  render({ model, el }) {
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["bend", "sigma", "z"], hands), move = mover(([v]) => set("bend", Math.round(v * 1e3) / 1e3));
    const bend = knob("bend", "Bend", "bend", "model", 0.02), sigma = knob("sigma", "Noise sigma", "noise <i>σ</i>", "model open", 0.02), latent = knob("z", "z", "<i>z</i>", "data", 0.05);

    const fig = frame(el, { name: "A line of z bent in the plane: its density p(x), and how likely it makes the points", draw });
    const columns = add(fig.root, "div", { class: "lf-columns" }), side = add(columns, "div");
    const b = plot(side, { name: "The axis of z", x: [-3, 3], ticks: [-3, -2, -1, 0, 1, 2, 3], shape: [0, 130, 130], top: 22 });
    const prior = b.curve("prior"), priorName = b.text("prior"), rule = add(b.node, "path", { class: "lf-drop data" }), here = handle(b.node, latent, () => b.x.per);
    drag(b.node, latent.get, (dx, z) => latent.set(z + dx / b.x.per));
    add(side, "p", { class: "lf-hint", style: "margin: .8rem 0; font-size: .85em" }, "Each <i>z</i> has one bell, as wide as <i>σ</i> (the ring). All bells together, weighed by the prior, are <i>p</i>(<i>x</i>): half of it lies within the inner line, nine tenths within the outer.");
    const numbers = readout(side, [["model", "mean log <i>p</i>(<i>x</i>) of the points"], ["exact", "the best straight line’s", " nats"]]);
    const q = square(columns, { name: "Points in a plane, and the bent line", x: X, y: Y });
    const lines = SHARES.map(() => add(q.node, "path", { class: "lf-rule model" })), road = add(q.node, "path", { class: "lf-line thick model" });
    const dots = add(q.node, "g", { class: "lf-dots data" }), ring = add(q.node, "circle", { class: "lf-area data" }), rim = add(q.node, "circle", { class: "lf-line data" });
    const spot = handle(q.node, { ...latent, name: "z on the line", follow: (v, dx, dy) => along(v, dx, dy) }, () => 60);
    const p = plot(fig.root, { name: "Mean log p(x), in nats", x: [FLOOR, 0], ticks: [-4, -3, -2, -1, 0], shape: [0, 92, 92], top: 8 });
    const bar = add(p.node, "rect", { class: "lf-fill model", height: 9 }), reach = add(p.node, "path", { class: "lf-line exact" }), name = p.text("exact");
    const mark = guessMark(p, { ask: "Your guess of mean log p(x)", role: "model", step: 0.05, text: fix, redraw: () => draw(), from: () => now.log });
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [bend, sigma, latent].map((k) => slider(knobs, k)), row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => `The line will bend until it runs along the points; <i>σ</i> stays at ${fix(get("sigma"))}. Where will mean log <i>p</i>(<i>x</i>) go? Drag the mark, then commit.`,
      act: () => move.go([get("bend")], [1], 1800),
      verdict: (you, at) => `You said ${fix(you)}, it is ${fix(at)}. ${get("sigma") > 0.6 ? "With so wide a bell at every place, nobody sees where the line runs. Now make <i>σ</i> small." : "Now try the same with another <i>σ</i>."}`,
      say: say.tell,
      lock: (on) => [columns, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Reset", reset);
    fig.fullScreen(row);
    const now = { key: "", log: 0 };

    function along(v, dx, dy) {                               // the point follows the pointer along its line
      const at = (z) => curveAt(now.line, now.w, get("bend"), z), [a, c] = at(v), far = Array.from(ZS, at).map(([m, n]) => Math.hypot(q.x(m) - q.x(a) - dx, q.y(n) - q.y(c) - dy));
      return ZS[far.indexOf(Math.min(...far))];
    }
    function draw() {
      const [t, s, z] = ["bend", "sigma", "z"].map(get), [line, w, points] = ["line", "weights", "points"].map((key) => model.get(key));
      Object.assign(now, { line, w: Float64Array.from(w), log: meanLog(points, density(line, w, t, s)) });
      const top = bestLine(points);
      drawPlane(t, s, z, points);
      drawAxes(z, top);
      sliders.forEach((part) => part.draw());
      numbers.draw(fix(now.log), fix(top));
      say.hint(lesson(t, s, top), `z ${fix(z)} stands at ${curveAt(line, now.w, t, z).map((v) => fix(v)).join(", ")}; bend ${fix(t)}, sigma ${fix(s)}: mean log p of x ${fix(now.log)} nats; the best straight line has ${fix(top)}`);
    }
    function lesson(t, s, top) {
      if (now.log > top + 0.5) return "The curve says where along it a point lies, and <i>σ</i> only how far off. No straight line comes near.";
      if (t > 0.9 && s > 0.6) return "The curve runs through the points, and the bells are too wide to notice. Make <i>σ</i> small.";
      if (s < 0.25 && t < 0.5) return "A narrow straight line is sure of itself, and wrong about most points. Bend it.";
      return "Bend the line, change its noise, walk along it by <i>z</i>. Predict first: what does the bend alone bring?";
    }
    function drawPlane(t, s, z, points) {
      q.fit();
      const at = (v) => curveAt(now.line, now.w, t, v), dot = ([u, v]) => `${q.x(u).toFixed(1)} ${q.y(v).toFixed(1)}`, key = [t, s, q.w, now.w].join();
      if (now.key !== key) {
        const p = density(now.line, now.w, t, s, 81, 4), cell = grid(N, ...X), rise = grid(N, ...Y), f = new Float64Array(N * N).map((_, k) => p([cell[k % N], rise[Math.floor(k / N)]]));
        const px = ([i, j]) => dot([X[0] + i / (N - 1) * (X[1] - X[0]), Y[0] + j / (N - 1) * (Y[1] - Y[0])]);
        levels(p, at, s, SHARES).forEach((level, k) => put(lines[k], { d: contour(f, N, level).map(([a, b]) => `M${px(a)}L${px(b)}`).join("") }));
      }
      now.key = key;
      put(road, { d: `M${Array.from(ZS, at).map(dot).join("L")}` });
      write(dots, points.map((x) => `<circle cx="${q.x(x[0]).toFixed(1)}" cy="${q.y(x[1]).toFixed(1)}" r="2.5"/>`).join(""));
      const [cx, cy] = [q.x(at(z)[0]), q.y(at(z)[1])];
      [ring, rim].forEach((part) => put(part, { cx, cy, r: s * q.x.per }));
      spot.at(cx, cy);
    }
    function drawAxes(z, top) {
      b.fit(0, 0.44);
      prior.draw(ZS, ZS.map((v) => Math.exp(logNormal(v))));
      priorName.draw({ x: b.x(0), bottom: 18, anchor: "middle", lines: [math("prior p(z)")] });
      put(rule, { d: `M${b.x(z)} ${b.floor}V${b.y(Math.exp(logNormal(z)))}` });
      here.at(b.x(z), b.floor);
      p.fit(0, 1);
      const end = p.x(clamp(now.log, FLOOR, 0)), y = p.floor - 10;
      put(bar, { x: p.left, y, width: Math.max(end - p.left, 2) });
      put(reach, { d: `M${p.x(top)} ${y - 5}V${p.floor}` });
      mark.at(now.log, y, math("log p(x)"));
      name.draw({ x: p.x(top) + 8, bottom: y - 8, lines: ["best straight line"] });
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
