/* The latent plane of 8x8 digits: z in the plane -> 48 tanh -> a mean image of 64 pixels, and an encoder back.
   Drag z; pick an unseen image and see q(z|x); walk from one image to another along a straight line in z. */

// ---------- the numbers

const [SIZE, UNITS, MARGIN] = [64, 48, 0.12];
const decode = (w, z) => network(w, [2, UNITS, SIZE], z).map(sigmoid);
function encode(w, x) {                                       // q(z|x), a bell with its axes along z1 and z2
  const [m1, m2, s1, s2] = network(w, [SIZE, UNITS, 4], x);
  return { mu: [m1, m2], sigma: [Math.exp(s1), Math.exp(s2)] };
}
const mix = (a, b, t) => Array.from(a, (v, i) => (1 - t) * v + t * b[i]);
function along(a, b, z) {                                     // where on the way from a to b the point nearest to z lies, 0 to 1
  const way = a.map((v, i) => b[i] - v), long = sum(way.map((v) => v * v));
  return long ? clamp(sum(way.map((v, i) => v * (z[i] - a[i]))) / long, 0, 1) : 0;
}
const unsure = (m) => sum(m.map((v) => Math.min(v, 1 - v)));  // pixels in which a draw differs from the rounded image, on average
const wrong = (m, x) => sum(x.map((v, d) => +((m[d] > 0.5) !== (v > 0.5))));
function nearest(codes, z, count = 3) {                       // indices of the codes nearest to z
  const far = codes.map((c) => Math.hypot(c[0] - z[0], c[1] - z[1]));
  return codes.map((_, i) => i).sort((i, j) => far[i] - far[j]).slice(0, count);
}

// ---------- the plane

function point(svg, per, get, set, range) {                   // a knob with two ways to go, by pointer and by arrow keys
  const node = add(svg, "g", { class: "lf-handle lf-both model", role: "slider", "aria-roledescription": "two-way slider", tabindex: 0,
    "aria-label": "z in the plane", "aria-valuemin": range[0], "aria-valuemax": range[1] }, '<circle class="lf-hit" r="18"/><circle r="6.5"/>');
  const move = (dx, [a, b], dy) => set([a + dx / per(), b - dy / per()]);
  [node, svg].forEach((ground) => drag(ground, get, move));
  node.addEventListener("keydown", (e) => {
    const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 10], PageDown: [0, -10] }[e.key];
    const end = { Home: range[0], End: range[1] }[e.key];
    if (!by && end === undefined) return;
    e.preventDefault();
    set(by ? get().map((v, i) => v + by[i] * (e.shiftKey ? 0.5 : 0.05)) : [end, get()[1]]);
  });
  return { at(x, y) {
    const z = get();
    put(node, { transform: `translate(${x} ${y})`, "aria-valuenow": z[0], "aria-valuetext": `z1 ${fix(z[0])}, z2 ${fix(z[1])}` });
  } };
}
function plane(parent, { codes, labels, range, get, set }) {
  const box = add(parent, "div", { class: "lf-plane" }), node = add(box, "svg", { role: "group", "aria-label": "The latent plane", class: "lf-ground" });
  const p = { node, left: 0 }, edge = add(node, "g", { class: "lf-axis" });
  const rings = [1, 2].map((r) => [r, add(node, "circle", { class: "lf-line prior" })]);
  const numerals = codes.map((_, i) => add(node, "text", { class: "lf-code data" }, labels[i]));
  const way = add(node, "path", { class: "lf-drop model" });
  const bells = [0, 1].map(() => ({ area: add(node, "ellipse", { class: "lf-area q" }), rim: add(node, "ellipse", { class: "lf-line q" }), name: label(p, "q") }));
  const prior = label(p, "prior lf-small"), tags = ["z1", "z2"].map(() => label(p, "lf-mute lf-small"));
  const here = point(node, () => p.x.per, get, set, range);
  return { draw(picked, titles) {
    const size = box.clientWidth, end = range[1] + MARGIN;
    Object.assign(p, { w: size, h: size, taken: [], x: linear([-end, end], [0, size]), y: linear([-end, end], [size, 0]) });
    put(node, { width: size, height: size, viewBox: `0 0 ${size} ${size}` });
    write(edge, `<path d="M${p.x(0)} 0V${size}M0 ${p.y(0)}H${size}"/>`);
    rings.forEach(([r, ring]) => put(ring, { cx: p.x(0), cy: p.y(0), r: r * p.x.per }));
    numerals.forEach((text, i) => put(text, { x: p.x(codes[i][0]), y: p.y(codes[i][1]) }));
    const ends = picked.map(({ mu }) => [p.x(mu[0]), p.y(mu[1])]), [hx, hy] = [p.x(get()[0]), p.y(get()[1])];
    put(way, { d: `M${ends.join("L")}` });
    p.taken.push([hx - 9, hy - 9, hx + 9, hy + 9]);
    bells.forEach(({ area, rim, name }, k) => {               // two standard deviations
      const [[cx, cy], [rx, ry]] = [ends[k], picked[k].sigma.map((s) => 2 * s * p.x.per)];
      [area, rim].forEach((part) => put(part, { cx, cy, rx, ry }));
      const below = ends[k][1] > ends[1 - k][1];              // the name stands where the line does not leave
      name.draw({ x: cx, anchor: "middle", bottom: below ? cy + ry + 21 : cy - ry - 4, lines: [math(titles[k])] });
    });
    tags[0].draw({ x: size, bottom: p.y(0) - 3, anchor: "end", lines: ['<tspan class="lf-it">z</tspan><tspan class="lf-sup" dy="3">1</tspan>'] });
    tags[1].draw({ x: p.x(0) + 5, bottom: 17, lines: ['<tspan class="lf-it">z</tspan><tspan class="lf-sup" dy="3">2</tspan>'] });
    prior.draw({ x: p.x(2 * Math.SQRT1_2) + 4, bottom: p.y(-2 * Math.SQRT1_2) + 18, lines: [math("prior, 2σ")] });
    here.at(hx, hy);
  } };
}

// ---------- the figure

export default {
  numbers: { floats, network, unhex, decode, encode, mix, along, unsure, wrong, nearest },
  render({ model, el }) {
    const [dec, enc] = ["decoder", "encoder"].map((key) => floats(model.get(key))), range = model.get("range"), labels = model.get("labels");
    const images = model.get("codes").map(unhex), bells = images.map((x) => encode(enc, x)), codes = bells.map((q) => q.mu);
    const keys = ["z1", "z2", "image", "other"], home = keys.map((key) => model.get(key));
    const z = () => [model.get("z1"), model.get("z2")], picked = () => ["image", "other"].map((key) => +model.get(key));
    const setZ = (to) => {
      to.forEach((v, i) => model.set(keys[i], Math.round(clamp(v, ...range[keys[i]]) * 1e3) / 1e3));
      model.save_changes();
    };
    const walk = mover(setZ), hands = (act) => (v) => { walk.stop(); act(v); };        // whatever the reader does ends the walk
    const place = (t) => mix(...picked().map((i) => codes[i]), t), share = () => along(...picked().map((i) => codes[i]), z());
    const pick = (key) => hands((name) => {                   // z stays at its share of the new way
      const t = share();
      model.set(key, name);
      setZ(place(t));
    });
    const knob = (name, html, role, [min, max], get, set) => ({ name, label: html, role, min, max, step: 0.01, text: fix, get, set: hands(set) });
    const knobs = [knob("z1", "<i>z</i><sub>1</sub>", "model", range.z1, () => z()[0], (v) => setZ([v, z()[1]])),
      knob("z2", "<i>z</i><sub>2</sub>", "model", range.z2, () => z()[1], (v) => setZ([z()[0], v])),
      knob("t, from x to x′", "way <i>t</i>", "model open", [0, 1], share, (t) => setZ(place(t)))];

    const fig = frame(el, { name: "The latent plane of handwritten digits: drag z, see the decoded digit", draw });
    const items = Object.fromEntries(range.image.map((name) => [name, images[+name]]));
    const pickers = [["image", "from <i>x</i>"], ["other", "to <i>x</i>′"]].map(([key, text]) => picker(fig.root, { label: text, items, pick: pick(key) }));
    const columns = add(fig.root, "div", { class: "lf-columns" }), cards = add(columns, "div", { class: "lf-images" });
    const [decoded, average, own, back] = ["model", "data", "data", "model"].map((role) => card(cards, role, SIZE));
    const map = plane(columns, { codes, labels, range: range.z1, get: z, set: hands(setZ) });
    add(fig.root, "p", { class: "lf-hint" }, `Numerals: where the encoder puts ${codes.length} unseen digits. Unsure: how many pixels of a draw differ from the rounded
      image, on average. Drag <i>z</i>: what is drawn where no numeral stands? Slide <i>t</i>: what lies half way?`);
    const sliders = ["z", "t"].flatMap((_, i) => {            // z1 and z2 in one row, t in its own
      const row = add(fig.root, "div", { class: "lf-row" });
      return (i ? knobs.slice(2) : knobs.slice(0, 2)).map((k) => slider(row, k));
    });
    const row = add(fig.root, "div", { class: "lf-row" });
    button(row, "Walk from <i>x</i> to <i>x</i>′", () => walk.go(place(0), place(1), 3000));
    button(row, "Reset", hands(() => { keys.slice(2).forEach((key, i) => model.set(key, home[i + 2])); setZ(home.slice(0, 2)); }));
    fig.fullScreen(row);

    function draw() {
      const [i, j] = picked(), t = share(), m = decode(dec, z()), flat = mix(images[i], images[j], t), mean = decode(dec, codes[i]);
      const near = nearest(codes, z()).map((k) => labels[k]).join(", ");
      decoded.draw(m, '<span class="lf-mark"></span> decoded at <i>z</i>', fix(unsure(m), 1), `of ${SIZE} pixels unsure; nearest codes: ${near}`);
      average.draw(flat, `pixels mixed, <i>t</i>\u00a0=\u00a0${fix(t)}`, fix(unsure(flat), 1), "pixels unsure");
      own.draw(images[i], "unseen image <i>x</i>", "\u00a0", "");
      back.draw(mean, "decoded at <i>q</i>’s mean", wrong(mean, images[i]), "pixels wrong when rounded");
      map.draw([bells[i], bells[j]], ["q(z|x)", "q(z|x′)"]);
      pickers.forEach((part, k) => part.draw(String([i, j][k])));
      sliders.forEach((part) => part.draw());
      fig.speak(`z ${fix(z()[0])}, ${fix(z()[1])}: nearest codes ${near}; decoded ${fix(unsure(m), 1)} pixels unsure, pixel mix ${fix(unsure(flat), 1)};
        t ${fix(t)} from a ${labels[i]} to a ${labels[j]}`);
    }
    model.on("change", fig.redraw);
    draw();
    return () => { model.off("change", fig.redraw); walk.stop(); fig.close(); };
  },
};
