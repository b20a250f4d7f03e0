/* Four autoencoders of 8x8 digits, alike but for the rule they were trained by: 64 -> 32 tanh -> a code of two numbers -> back, with the
   same weights. Pick a rule and see where 150 unseen digits lie; move through the square and decode; decode codes drawn at random. */

// ---------- the numbers

const [SIZE, UNITS, CODE, DRAWS] = [64, 32, 2, 100];
function coder(w) {                                           // W (32 x 64), b, V (2 x 32), c, and two biases for the way back
  const cut = [UNITS * SIZE, UNITS, CODE * UNITS, CODE, SIZE, UNITS].map((n, i, all) => w.slice(sum(all.slice(0, i)), sum(all.slice(0, i + 1))));
  const turn = (m, rows, cols) => Float64Array.from({ length: m.length }, (_, i) => m[(i % rows) * cols + Math.floor(i / rows)]);
  const [W, b, V, c, last, inner] = cut, forth = Float64Array.of(...W, ...b, ...V, ...c);
  const back = Float64Array.of(...turn(V, CODE, UNITS), ...inner, ...turn(W, UNITS, SIZE), ...last);
  return { encode: (x) => network(forth, [SIZE, UNITS, CODE], x).map(Math.tanh), decode: (z) => network(back, [CODE, UNITS, SIZE], z).map(sigmoid) };
}
const differ = (m, x) => sum(x.map((v, d) => +((m[d] > 0.5) !== (v > 0.5))));   // pixels
const away = (m, images) => Math.min(...images.map((x) => differ(m, x)));       // pixels to the nearest of them
function atRandom(seed) {                                     // codes, anywhere in the square
  const u = uniforms(seed, CODE * DRAWS);
  return Array.from({ length: DRAWS }, (_, i) => [2 * u[2 * i] - 1, 2 * u[2 * i + 1] - 1]);
}
const written = (c, codes, images) => sum(codes.map((z) => away(c.decode(z), images))) / codes.length;

// ---------- the square of codes

const TAGS = [1, 2].map((i) => `<tspan class="lf-it">z</tspan><tspan class="lf-sup" dy="3">${i}</tspan>`);
function map(parent, { kinds, get, set, range }) {
  const p = square(parent, { name: "The square of codes", x: [-1.1, 1.1], y: [-1.1, 1.1] });
  const edge = add(p.node, "g", { class: "lf-axis" }), dots = add(p.node, "path", { class: "lf-line model" }), ring = add(p.node, "circle", { class: "lf-line q", r: 11 });
  const numerals = Array.from(kinds, (kind) => add(p.node, "text", { class: "lf-code data" }, kind)), tags = [1, 2].map(() => p.text("lf-mute lf-small"));
  const here = compass(p, { name: "z in the square", role: "model", step: 0.02, range, get, set, text: ([a, b]) => `z1 ${fix(a)}, z2 ${fix(b)}` });
  return { box: p.box, draw(codes, own, random) {
    p.fit();
    const [a, b] = [-1, 1].map(p.x), [hx, hy] = [p.x(get()[0]), p.y(get()[1])];
    write(edge, `<path d="M${a} ${a}H${b}V${b}H${a}ZM${p.x(0)} ${a}V${b}M${a} ${p.y(0)}H${b}"/>`);
    numerals.forEach((node, i) => put(node, { x: p.x(codes[i][0]), y: p.y(codes[i][1]) }));
    put(dots, { d: random.map(([u, v]) => `M${p.x(u) - 3} ${p.y(v)}h6m-3 -3v6`).join("") });
    put(ring, { cx: p.x(own[0]), cy: p.y(own[1]) });
    tags.forEach((tag, i) => tag.draw(i ? { x: p.x(0) + 5, bottom: 16, lines: [TAGS[1]] } : { x: p.w - 2, anchor: "end", bottom: p.y(0) - 3, lines: [TAGS[0]] }));
    here.at(hx, hy);
  } };
}

// ---------- the figure

const RULES = { free: "none", sparse: "sparse", denoising: "denoising", contractive: "contractive" };
const LESSON = {
  free: "No rule: the codes fill the square as they please. What lies between a 7 and a 4?",
  sparse: "Sparse: one number is off for every digit. The code has only the other left. Move <i>z</i><sub>2</sub>: the decoder hardly hears it.",
  denoising: "Denoising: codes of one kind draw together, many at the walls, so that spoiled pixels move them less far.",
  contractive: "Contractive: one number sits at its wall, where tanh is flat and a pixel hardly moves it. Given up like the sparse one, at another place.",
};

export default {
  numbers: { floats, unhex, coder, differ, away, atRandom, written },
  render({ model, el }) {
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); }, range = model.get("range"), KEYS = ["rule", "image", "z1", "z2", "seed", "dots"];
    const { get, set, reset, knob } = values(model, KEYS, hands), z = () => [get("z1"), get("z2")];
    const setZ = (to) => to.forEach((v, i) => set(`z${i + 1}`, Math.round(clamp(v, ...range.z1) * 1e3) / 1e3)), move = mover(setZ);
    const images = model.get("shown").map(unhex), kinds = model.get("kinds"), coders = Object.fromEntries(Object.entries(model.get("coders")).map(([rule, w]) => [rule, coder(floats(w))]));
    const codes = Object.fromEntries(Object.entries(coders).map(([rule, c]) => [rule, images.map((x) => c.encode(x))]));
    const copied = Object.fromEntries(Object.entries(coders).map(([rule, c]) => [rule, written(c, codes[rule], images)]));
    const knobs = [1, 2].map((i) => knob(`z${i}`, `z${i}`, `<i>z</i><sub>${i}</sub>`, "model", 0.02));
    const random = { at: "", codes: [], mean: 0 }, shown = () => get("dots") === "shown";

    const fig = frame(el, { name: "Four autoencoders: move through the square of codes and decode", draw });
    const rule = chips(fig.root, { label: "trained with the rule\u00a0", items: RULES, pick: hands((v) => { set("dots", "hidden"); set("rule", v); }) });
    const pick = picker(fig.root, { label: "digit <i>x</i>", items: Object.fromEntries(range.image.map((name) => [name, images[+name]])), pick: hands((name) => set("image", name)) });
    const columns = add(fig.root, "div", { class: "lf-columns" }), left = add(columns, "div"), cards = add(left, "div", { class: "lf-images" });
    const [decoded, copy] = ["model", "q"].map((role) => card(cards, role, SIZE)), ground = map(columns, { kinds, get: z, set: hands(setZ), range: range.z1 });
    const h = plot(left, { name: "Pixels to the nearest digit", x: [0, 16], ticks: [0, 4, 8, 12, 16], shape: [0, 96, 96] });
    const mark = guessMark(h, { ask: "Your guess of the pixels", role: "model", step: 0.1, text: (v) => fix(v, 1), redraw: draw, from: () => copied[get("rule")] });
    const yardstick = add(h.node, "path", { class: "lf-drop q" }), [own, far] = ["q", "model"].map(h.text);
    const say = voice(fig), rows = add(fig.root, "div", { class: "lf-row" }), sliders = knobs.map((k) => slider(rows, k)), row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => (set("dots", "hidden"), `A hundred codes will be drawn anywhere in the square. How far, in pixels, will what they decode to lie from the nearest of the ${images.length} digits, on average? Copies of the digits: ${fix(copied[get("rule")], 1)}. Drag the mark, then commit.`),
      act: async () => { set("dots", "shown"); return true; },
      verdict: (you, at) => `You said ${fix(you, 1)}, it is ${fix(at, 1)}; copies ${fix(copied[get("rule")], 1)}. ${at > copied[get("rule")] + 1
        ? "Most of this square holds no code, and nothing says where the codes are." : "Two numbers are kind. The page tries longer codes."}`,
      say: say.tell,
      lock: (on) => [rule.box, pick.box, ground.box, rows].forEach((part) => { part.inert = on; }),
    });
    button(row, "Random code", hands(() => { set("seed", get("seed") % range.seed[1] + 1); move.go(z(), atRandom(get("seed"))[0]); }));
    button(row, "To <i>x</i>", hands(() => move.go(z(), Array.from(codes[get("rule")][+get("image")]))));
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const name = get("rule"), c = coders[name], i = +get("image"), m = c.decode(z()), mine = codes[name][i], key = [name, get("seed")].join();
      if (random.at !== key && (shown() || mark.guess !== null)) Object.assign(random, { at: key, codes: atRandom(get("seed")) }, { mean: written(c, atRandom(get("seed")), images) });
      ground.draw(codes[name], mine, shown() ? random.codes : []);
      decoded.draw(m, '<span class="lf-mark"></span> decoded at <i>z</i>', away(m, images), "pixels off the nearest digit");
      copy.draw(c.decode(mine), "copy of <i>x</i>", differ(c.decode(mine), images[i]), `of ${SIZE} pixels wrong`);
      h.fit(0, 1);
      put(yardstick, { d: `M${h.x(copied[name])} 20V${h.floor}` });
      own.draw({ x: h.x(copied[name]) + 6, bottom: 18, lines: [mark.guess === null ? `copies: ${fix(copied[name], 1)} pixels off` : ""] });
      far.draw({ x: h.x(clamp(random.mean, 0, 16)) + 6, bottom: 62, lines: [shown() && mark.guess === null ? `random codes: ${fix(random.mean, 1)} pixels off` : ""] });
      mark.at(random.at === key ? random.mean : copied[name], 66, shown() ? "random codes" : "");
      [[rule, name], [pick, String(i)], [sliders[0]], [sliders[1]]].forEach(([part, v]) => part.draw(v));
      say.hint(LESSON[name], `${RULES[name]}: z ${fix(z()[0])}, ${fix(z()[1])}, ${away(m, images)} pixels from the nearest digit; copy of ${kinds[i]}, ${differ(c.decode(mine), images[i])} pixels wrong`);
    }
    const changed = () => { if (!move.busy() && mark.asking) guess.clear(); fig.redraw(); };       // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
