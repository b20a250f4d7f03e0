/* The bar decoder: z -> a mean image of 16 pixels -> a noisy draw. As z moves, the mean image draws a curve through
   16-dimensional pixel space, seen here along the plane in which the four bars are the corners of a square. */

// ---------- the numbers

const CORNERS = [[-1, 1], [1, 1], [1, -1], [-1, -1]];         // bars 1 to 4, clockwise
const FLIP = 0.05, FAR = 2;                                   // the data's noise; "between bars": more than FAR pixels off, on average
const [SIDE, TALL] = [2.05, 1.75];                            // half the width and height of the plane; no image lies beyond 2

function project(x) {                                         // orthogonal: onto two directions of length 1 in pixel space
  const y = [0, 0];
  x.forEach((v, d) => CORNERS[d % 4].forEach((s, k) => { y[k] += v * s / 4; }));
  return y;
}
const barImage = (c) => Array.from({ length: PIXELS }, (_, d) => +(d % 4 === c));
function nearest(x) {                                         // bar, and the number of pixels off it: of a mean image the expected number
  const off = CORNERS.map((_, c) => barImage(c).reduce((s, v, d) => s + Math.abs(x[d] - v), 0)), least = Math.min(...off);
  return { bar: off.indexOf(least) + 1, off: least };
}
const sample = (mean, u) => mean.map((v, d) => +(u[d] < v));  // pixel d is on with probability mean[d]
function between(w, marks = 4001) {                           // the share of the prior from which a draw is far from every bar
  const z = grid(marks, -8, 8), mass = z.map((v) => (nearest(meanImage(w, v)).off > FAR ? Math.exp(logNormal(v)) : 0));
  return trapezoid(mass, 16 / (marks - 1));
}
function asFar(off) {                                         // the share of the data at least so many pixels off the nearest bar,
  const [bar, rest] = [1 - FLIP, FLIP].map((p) => [1, 4, 6, 4, 1].map((ways, n) => ways * p ** n * (1 - p) ** (4 - n)));
  let share = 0;                                              // by how many pixels are on in each of the four columns
  for (let k = 0; k < 625; k++) {
    const n = [125, 25, 5, 1].map((place) => Math.floor(k / place) % 5);
    if (sum(n) + 4 - 2 * Math.max(...n) >= off) share += bar[n[0]] * rest[n[1]] * rest[n[2]] * rest[n[3]];
  }
  return share;
}

// ---------- two images side by side, and the plane

function described(parent, mark) {                            // picture, caption with the point's mark in the plane, a number
  const box = add(parent, "div"), image = picture(box, barImage(0), { class: "lf-picture model" });
  const name = add(box, "p", { class: "lf-caption model" }), count = add(box, "p", { class: "lf-count" });
  return { draw(pixels, caption, number, meaning) {
    image.draw(pixels);
    write(name, `<span class="lf-mark ${mark}"></span> ${caption}`);
    write(count, `<b>${number}</b> ${meaning}`);
  } };
}
function plane(parent, w, zs, hollow, move) {
  const box = add(parent, "div", { class: "lf-plane" }), node = add(box, "svg", { "aria-hidden": "true" }), p = {};
  const square = add(node, "path", { class: "lf-rail" }), thin = add(node, "path", { class: "lf-line model" });
  const thick = add(node, "path", { class: "lf-line model thick" });
  const bars = CORNERS.map((at, c) => ({ at, dot: add(node, "circle", { class: "lf-dot data", r: 3.5 }),
    image: picture(node, barImage(c), { class: "lf-picture data", width: 20, height: 20 }).node,
    name: add(node, "text", { class: "lf-label lf-small data", "text-anchor": at[0] < 0 ? "end" : "start" }, `bar ${c + 1}`) }));
  const link = add(node, "path", { class: "lf-drop model" }), drawn = add(node, "rect", { class: "lf-open model", width: 10, height: 10 });
  const here = add(node, "g", { class: "lf-handle model" }, '<circle class="lf-hit" r="18"/><circle r="6.5"/>');
  const path = Array.from(zs, (z) => project(meanImage(w, z)));
  drag(here, () => p.here, (dx, [x, y], dy) => {              // the point follows the pointer along its curve
    const far = path.map((v) => Math.hypot(p.x(v[0]) - x - dx, p.y(v[1]) - y - dy));
    move(zs[far.indexOf(Math.min(...far))]);
  });
  return { draw(mean, x) {
    const size = box.clientWidth, at = ([a, b]) => `${p.x(a).toFixed(1)} ${p.y(b).toFixed(1)}`, [m, n] = [project(mean), project(x)];
    p.x = linear([-SIDE, SIDE], [0, size]);
    p.y = linear([TALL, -TALL], [0, size * TALL / SIDE]);
    p.here = [p.x(m[0]), p.y(m[1])];
    put(node, { width: size, height: p.y(-TALL), viewBox: `0 0 ${size} ${p.y(-TALL)}` });
    put(square, { d: `M${CORNERS.map(at).join("L")}Z` });
    put(thin, { d: `M${path.map(at).join("L")}` });
    put(thick, { d: path.map((v, i) => (hollow[i] ? "" : `${i && !hollow[i - 1] ? "L" : "M"}${at(v)}`)).join("") });
    bars.forEach(({ at: [a, b], dot, image, name }) => {
      const [px, py] = [p.x(a), p.y(b)];
      put(dot, { cx: px, cy: py });
      put(image, { x: px + (a > 0 ? 8 : -28), y: py + (b > 0 ? -28 : 8) });
      put(name, { x: px + (a > 0 ? 8 : -8), y: py + (b > 0 ? -34 : 42) });
    });
    put(link, { d: `M${at(m)}L${at(n)}` });
    put(drawn, { x: p.x(n[0]) - 5, y: p.y(n[1]) - 5 });
    put(here, { transform: `translate(${p.here})` });
  } };
}

// ---------- the figure

export default {
  numbers: { floats, meanImage, project, nearest, uniforms: (seed) => uniforms(seed), sample, between, asFar },
  render({ model, el }) {
    const w = floats(model.get("weights")), range = model.get("range"), home = [model.get("z"), model.get("seed")];
    const set = (key, v) => { model.set(key, v); model.save_changes(); };
    const latent = { name: "z", label: "latent <i>z</i>", role: "data", min: range.z[0], max: range.z[1], step: 0.05, text: fix,
      get: () => model.get("z"), set: (v) => set("z", Math.round(clamp(v, ...range.z) * 1e3) / 1e3) };
    const zs = grid(701, ...range.z), bell = zs.map((z) => Math.exp(logNormal(z))), share = between(w);
    const hollow = zs.map((z, i) => (nearest(meanImage(w, z)).off > FAR ? bell[i] : 0));

    const fig = frame(el, { name: "A decoder of bars: slide z, see the image, the noise and the curve", draw });
    const columns = add(fig.root, "div", { class: "lf-columns" }), images = add(columns, "div", { class: "lf-images" });
    const mean = described(images, ""), noisy = described(images, "open");
    const pixels = plane(columns, w, zs, hollow, latent.set);
    const p = plot(fig.root, { name: "The axis of z", x: range.z, ticks: [-3, -2, -1, 0, 1, 2, 3], shape: [0.2, 136, 160], below: 26 });
    const strip = Array.from(grid(15, ...range.z), (z) => [z, picture(p.node, meanImage(w, z), { class: "lf-picture model" }).node]);
    const gaps = p.area("prior"), prior = p.curve("prior"), name = p.text("prior");
    const rule = add(p.node, "path", { class: "lf-drop data" }), knob = handle(p.node, latent, () => p.x.per);
    drag(p.node, latent.get, (dx, z) => latent.set(z + dx / p.x.per));
    add(fig.root, "p", { class: "lf-under prior" },
      `shaded, between bars: ${percent(share)} of the prior; draws there are on average over ${FAR} pixels off every bar`);
    add(fig.root, "p", { class: "lf-hint" }, "Slide <i>z</i> from bar to bar. What does a draw look like half way?");
    const control = slider(add(fig.root, "div", { class: "lf-row" }), latent), row = add(fig.root, "div", { class: "lf-row" });
    button(row, "Resample the noise", () => set("seed", model.get("seed") % range.seed[1] + 1));
    button(row, "Reset", () => { set("z", home[0]); set("seed", home[1]); });
    fig.fullScreen(row);

    function draw() {
      const z = latent.get(), seed = model.get("seed"), m = meanImage(w, z), x = sample(m, uniforms(seed));
      const near = nearest(m), own = nearest(x);
      mean.draw(m, "mean of <i>p</i>(<i>x</i>|<i>z</i>)", fix(near.off, 1),
        `pixels off bar ${near.bar} on average (data:\u00a0${fix(PIXELS * FLIP, 1)})`);
      noisy.draw(x, `draw <i>x</i>, no. ${seed}`, own.off, own.off
        ? `pixels off bar ${own.bar}; ${percent(asFar(own.off))} of the data are at least as far off`
        : `pixels off: a clean bar ${own.bar}`);
      pixels.draw(m, x);
      p.fit(0, 0.44);
      gaps.draw(zs, hollow);
      prior.draw(zs, bell);
      const side = clamp(0.5 * p.x.per - 7, 14, 22);
      strip.forEach(([z, node]) => put(node, { x: p.x(z) - side / 2, y: p.floor + 26, width: side, height: side }));
      put(rule, { d: `M${p.x(z)} ${p.floor}V${p.y(Math.exp(logNormal(z)))}` });
      knob.at(p.x(z), p.floor);
      name.draw({ x: p.x(1.1), bottom: p.y(0.26), lines: [math("prior p(z)")] });
      control.draw();
      fig.speak(`z ${fix(z)}: on average ${fix(near.off, 1)} of 16 pixels off bar ${near.bar}; in this draw ${own.off} off bar ${own.bar}`);
    }
    model.on("change", fig.redraw);
    draw();
    return () => { model.off("change", fig.redraw); fig.close(); };
  },
};
