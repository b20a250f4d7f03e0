/* The distribution of the gap: log p(x) - ELBO, image by image, split into what no bell can mend (Gaussian) and what the encoder
   leaves (amortization). Each dot is an image of the bars' world; its best bell and its two gaps are stored, and checked by a test. */

// ---------- the numbers

const FLIP = 0.05;
const pairs = (row) => Array.from({ length: row.length / 2 }, (_, i) => [row[2 * i], row[2 * i + 1]]);
const flips = (x) => [0, 1, 2, 3].map((c) => sum(x.map((v, d) => +(v !== +(d % 4 === c)))));   // pixels off each bar
const chance = (x) => sum(flips(x).map((n) => FLIP ** n * (1 - FLIP) ** (PIXELS - n))) / 4;     // of x in the world
const encode = (w, x) => network(w, [PIXELS, 32, 2], x);                                      // mu and log sigma
function split(upper, best, own) {                            // the gap of the best bell, and what the encoder's loses on it
  const [high, low] = [best, own].map((q) => elboOf(upper, ...q).elbo);
  return { gaussian: upper.log - high, amortization: high - low };
}
const nats = (v) => fix(v, v >= 10 ? 1 : v >= 0.1 ? 2 : 3);

// ---------- the figure

const ENDS = [-1.45, 1.5], TENTHS = [0.05, 0.1, 0.3, 1, 3, 10, 30], TICKS = [-3, -2, -1, 0, 1, 2, 3], SEEN = 3.6, NEAR = 30;
const between = (z) => Math.abs(z) <= SEEN;

export default {
  numbers: { floats, unhex, pairs, chance, encode, evidences, split },
  render({ model, el }) {
    const [w, enc, stored, bells] = ["weights", "encoder", "gaps", "bells"].map((key) => floats(model.get(key)));
    const images = model.get("images").map(unhex), parts = pairs(stored), best = pairs(bells), mean = sum(model.get("mean")), last = images.length;
    const dots = parts.map(([g, a], i) => ({ gap: Math.log10(g + a), share: a / (g + a), chance: chance(images[i]) }));
    const evidence = evidences(w);
    let drawn = "";
    const hands = (act) => (v) => { guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["rank", "dots"], hands), shown = () => get("dots") === "shown" && !mark.asking;
    const place = (i) => [p.x(dots[i].gap), p.y(dots[i].share)];
    const nearest = (x, y) => {
      const far = dots.map((_, i) => Math.hypot(place(i)[0] - x, place(i)[1] - y)), least = Math.min(...far);
      return { rank: far.indexOf(least) + 1, least };
    };
    const pick = Object.assign(knob("rank", "Image, by its gap", "image", "q", 1, 0), { text: (v) => `${v} of ${last}`,
      follow: (v, dx, dy) => nearest(place(v - 1)[0] + dx, place(v - 1)[1] + dy).rank });

    const fig = frame(el, { name: "The gap between log p(x) and the ELBO, image by image", draw });
    const p = plot(fig.root, { name: "Gaps of all images, on a log scale", x: ENDS, ticks: [], shape: [0.42, 270, 320], lift: 34, top: 30 });
    const cloud = add(p.node, "g", { class: "lf-dots data" }), rule = add(p.node, "path", { class: "lf-drop exact" });
    const circles = dots.map(() => add(cloud, "circle")), scale = add(p.node, "g", { class: "lf-axis" });
    const average = p.text("exact"), sides = [0, 1].map(() => p.text("lf-mute lf-small"));
    const mark = guessMark(p, { ask: "Your guess of the largest gap", role: "exact", step: 0.05, text: (v) => `${nats(10 ** v)}`, redraw: () => draw(), from: () => 0 });
    const ring = handle(p.node, pick, () => 1), name = p.text("q");
    p.node.addEventListener("click", (e) => {                 // a click takes the nearest dot
      const at = p.node.getBoundingClientRect(), near = nearest(e.clientX - at.left, e.clientY - at.top);
      if (shown() && near.least < NEAR) pick.set(near.rank);
    });
    add(fig.root, "p", { class: "lf-under prior" }, `nats lost, on a log scale; height: the encoder’s share of them; area: probability (rare images are
      drawn larger); ${last} images: all within two flips of a bar, and ${last - 548} rarer ones`);
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), control = slider(knobs, pick), row = add(fig.root, "div", { class: "lf-row" });
    const numbers = readout(fig.root, [["exact", "gap"], "=", ["exact", "Gaussian: no bell fits"], "+", ["q", "amortization: the encoder misses", " nats"]]);
    const below = add(fig.root, "div", { class: "lf-columns" }), cards = add(below, "div", { class: "lf-images" });
    const [own, back] = ["data", "model"].map((role) => card(cards, role));
    const b = plot(below, { name: "The exact posterior and two bells", x: [-SEEN, SEEN], ticks: TICKS, shape: [0.5, 240, 250], below: 24, top: 46 });
    const strip = TICKS.map((z) => [z, picture(b.node, meanImage(w, z), { class: "lf-picture model", width: 20, height: 20 }).node]);
    const exact = [b.area("exact"), b.curve("exact")], mine = [b.area("q"), b.curve("q")], ideal = b.curve("lf-dashed q"), names = ["q", "q", "exact"].map(b.text);
    const guess = predict(mark, row, {
      question: () => `On average the gap is ${nats(mean)} nats. How large is the <em>largest</em> of these ${last}? Drag the mark, then commit.`,
      act: async () => { set("dots", "shown"); set("rank", last); fig.redraw(); return true; },
      verdict(you, truth) {
        const [said, is] = [10 ** you, 10 ** truth], off = is / said;
        const miss = Math.abs(Math.log10(off)) < 0.1 ? "well seen" : `${fix(Math.max(off, 1 / off), off > 9.95 ? 0 : 1)} times too ${off > 1 ? "small" : "large"}`;
        return `You said ${nats(said)}, it is ${nats(is)}: ${miss}, and ${fix(is / mean, 0)} times the mean. The encoder lays one bell between two bars.`;
      },
      say: say.tell,
      lock: (on) => [knobs, below].forEach((part) => { part.inert = on; }),
    });
    button(row, "Show all dots", hands(() => set("dots", "shown")));
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const rank = get("rank"), i = rank - 1, x = images[i], q = encode(enc, x), upper = evidence(x), n = split(upper, best[i], q), gap = n.gaussian + n.amortization;
      const off = flips(x), least = Math.min(...off), m = meanImage(w, q[0]);
      const near = [1, 2, 3, 4].filter((c) => off[c - 1] === least);
      drawDots(i);
      drawBells(upper, best[i], q);
      own.draw(x, "image <i>x</i>", percent(dots[i].chance), `of the world’s images; ${least || "no"} pixel${least === 1 ? "" : "s"} off
        ${near.length > 1 ? "bars" : "bar"} ${near.join(" and ")}`);
      back.draw(m, "decoded at <i>q</i>’s mean", fix(sum(x.map((v, d) => Math.abs(v - m[d]))), 1), "pixels off <i>x</i>, on average");
      numbers.draw(...[gap, n.gaussian, n.amortization].map((v) => fix(v, 3)));
      control.draw();
      say.hint(get("dots") === "shown" ? "Click a dot, or step through them by the slider. Who is to blame at the left, and who at the right?"
        : `On average over all 65,536 images the gap is ${nats(mean)} nats. How is it spread? Predict, before you see the dots.`,
      `image ${rank} of ${last}: gap ${fix(gap, 3)} nats, ${fix(n.gaussian, 3)} Gaussian and ${fix(n.amortization, 3)} amortization`);
    }
    function drawDots(i) {
      p.fit(0, 1);
      const [x, y] = place(i), r = Math.max(0.05 * p.w, 26), hide = mark.asking;
      write(scale, TENTHS.map((v) => `<text x="${p.x(Math.log10(v))}" y="${p.floor + 5}" dy=".95em">${v}</text>`).join("") +
        `<path d="${TENTHS.map((v) => `M${p.x(Math.log10(v))} ${p.floor}v4`).join("")}"/>`);
      put(cloud, { visibility: shown() ? "visible" : "hidden" });
      if (drawn !== `${p.w} ${p.h}`) circles.forEach((node, k) => {                   // they stay, until the size changes
        const [cx, cy] = place(k);
        put(node, { cx: cx.toFixed(1), cy: cy.toFixed(1), r: Math.max(1.8, r * Math.sqrt(dots[k].chance)).toFixed(1) });
      });
      drawn = `${p.w} ${p.h}`;
      put(rule, { d: `M${p.x(Math.log10(mean))} ${p.floor}V22` });
      ring.at(x, y);
      put(ring.node, { visibility: hide ? "hidden" : "visible" });
      average.draw({ x: p.x(Math.log10(mean)), bottom: 18, anchor: "middle", lines: [`mean ${nats(mean)}`] });
      if (!hide) p.taken.push([x - 9, y - 9, x + 9, y + 9]);
      mark.at(dots[last - 1].gap, p.floor, "largest");
      name.draw({ x: x + (x > p.w / 2 ? -16 : 16), bottom: y + 6, anchor: x > p.w / 2 ? "end" : "start", lines: [hide ? "" : nats(10 ** dots[i].gap)] });
      ["all the encoder’s", "all the bell’s shape"].forEach((text, k) => sides[k].draw({ x: k ? 0 : p.w, bottom: k ? p.floor - 8 : 18,
        anchor: k ? "start" : "end", lines: [text], min: 0 }));
    }
    function drawBells(upper, best, q) {
      const zs = upper.z.filter(between), post = upper.joint.filter((_, k) => between(upper.z[k])).map((v) => v / Math.exp(upper.log));
      const bells = [q, best].map(([mu, logSigma]) => zs.map((z) => Math.exp(logNormal(z, mu, Math.exp(logSigma)))));
      const curves = [...bells, post], highest = zs.map((_, k) => Math.max(...curves.map((f) => f[k])));
      b.fit(0, 1.08 * Math.max(...highest));
      exact.forEach((part) => part.draw(zs, post));
      mine.forEach((part) => part.draw(zs, bells[0]));
      ideal.draw(zs, bells[1]);
      strip.forEach(([z, node]) => put(node, { x: b.x(z) - 10, y: b.floor + 26 }));
      nameCurves(b, names, zs, curves, [math("q(z|x)"), "best bell, dashed", math("p(z|x)")]);
    }
    model.on("change", fig.redraw);
    draw();
    return () => { model.off("change", fig.redraw); fig.close(); };
  },
};
