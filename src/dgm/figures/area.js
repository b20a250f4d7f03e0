/* Evidence is an area: prior times likelihood is the joint, its area p(x), and the joint over its area the posterior. The decoder is
   bars_by_hand with its three walls moved by theta, the prior N(0, width^2): either can miss the image. */

// ---------- the numbers: trapezoid sums over 1001 points, on a ruler that the prior carries along

function evidence(images, shift, width) {                     // log p(x) of each in nats; the decoder is asked once for all of them
  const t = grid(1001, -8, 8), n = images.map(columns), joint = n.map(() => t.map((v) => logNormal(v)));
  t.forEach((v, i) => byHand(width * v, (c, a) => {
    const off = 4 * softplus(a);
    n.forEach((on, k) => { joint[k][i] += on[c] * a - off; });
  }, 4, shift));
  return joint.map((f) => Math.log(trapezoid(f.map(Math.exp), t[1] - t[0])));
}
function curves(x, shift, width, z, area) {                   // heights over z; posterior = joint / area, where area is p(x)
  const n = columns(x), likelihood = z.map((v) => Math.exp(handLogLik(n, v, 4, shift)[0]));
  const prior = z.map((v) => Math.exp(logNormal(v, 0, width))), joint = prior.map((p, i) => p * likelihood[i]);
  return { prior, likelihood, joint, posterior: joint.map((v) => v / area) };
}
function best(x) {                                            // the highest likelihood of x at any z, wherever the walls stand
  const n = columns(x);
  return Math.exp(Math.max(...grid(2001, -4, 4).map((z) => handLogLik(n, z, 4, 0)[0])));
}

// ---------- the figure

const BARS = ["bar 1", "bar 2", "bar 3", "bar 4"], TICKS = [-4, -3, -2, -1, 0, 1, 2, 3, 4], RAIL = 12, STEP = 1.5, TALL = 0.85, END = 4.5;

export default {
  numbers: { evidence, curves, best, columns, byHand: (z, shift) => handImage(z, 4, shift) },
  render({ model, el }) {
    const images = {}, zs = grid(451, -END, END);
    for (const [name, bits] of Object.entries(model.get("images"))) images[name] = Array.from(bits, Number);
    const tops = Object.fromEntries(Object.entries(images).map(([name, x]) => [name, best(x)]));
    const hands = (act) => (v) => { move.stop(); guess.clear(); act(v); };
    const { get, set, reset, knob } = values(model, ["image", "shift", "width"], hands), move = mover(([v]) => set("shift", Math.round(v * 1e3) / 1e3));
    const walls = knob("shift", "Shift of the decoder's walls", "walls <i>θ</i>", "model", 0.05), prior = knob("width", "Width of the prior", "prior’s width", "prior open", 0.05);
    const logs = { at: "", all: [] }, step = () => (get("shift") > 0.5 ? -STEP : STEP);

    const fig = frame(el, { name: "The evidence p(x) is an area: move the decoder's walls", draw });
    const pick = picker(fig.root, { label: "Image <i>x</i>", items: images, pick: hands((name) => set("image", name)) });
    const p = plot(fig.root, { name: "Prior, likelihood and joint over z", x: [-END, END], ticks: TICKS, shape: [0.4, 240, 300], top: 44, below: 26 });
    const strip = TICKS.map((z) => [z, picture(p.node, handImage(z), { class: "lf-picture model", width: 22, height: 22 })]);
    const stakes = add(p.node, "path", { class: "lf-drop model" }), fill = p.area("exact"), lines = ["prior", "model", "exact"].map(p.curve);
    const names = ["exact", "model", "prior"].map(p.text), handles = [handle(p.node, walls, () => p.x.per), handle(p.node, prior, () => p.x.per)];
    drag(p.node, walls.get, (dx, v) => walls.set(v + dx / p.x.per));
    add(fig.root, "p", { class: "lf-under model" }, "what the decoder draws at each <i>z</i>");
    const b = plot(fig.root, { name: "Posterior over z", x: [-END, END], ticks: [], shape: [0, 100, 100], top: 6, below: -20 });
    const after = [b.area("exact"), b.curve("exact")], afterName = b.text("exact");
    const h = plot(fig.root, { name: "log p(x) of the images, in nats", x: [-20, 0], ticks: [-20, -15, -10, -5, 0], shape: [0, 192, 192] });
    const rows = Array.from({ length: 6 }, (_, i) => [add(h.node, "rect", { class: `lf-fill ${i === 5 ? "data" : "exact"}`, height: i ? 5 : 11 }),
      add(h.node, "text", { class: `lf-label ${i === 5 ? "data" : "exact"}`, "text-anchor": "end" })]);
    const mark = guessMark(h, { ask: "Your guess of log p(x)", role: "exact", step: 0.1, text: (v) => fix(v, 1), redraw: draw, from: () => logs.all[0] });
    const numbers = readout(fig.root, [["exact", "area <i>p</i>(<i>x</i>)"], ["exact", "log <i>p</i>(<i>x</i>)", " nats"], ["data", "mean over the four bars", " nats"]]);
    const say = voice(fig), knobs = add(fig.root, "div", { class: "lf-row" }), sliders = [walls, prior].map((k) => slider(knobs, k));
    const row = add(fig.root, "div", { class: "lf-row" });
    const guess = predict(mark, row, {
      question: () => `The walls will move ${STEP} to the ${step() > 0 ? "right" : "left"}, the prior stays. Where will log <i>p</i>(<i>x</i>) go? Drag the mark, then commit.`,
      act: () => move.go([get("shift")], [get("shift") + step()], 1400),
      verdict: (you, at) => `You said ${fix(you, 1)}, it is ${fix(at, 1)}. Look at the posterior: its area is 1 wherever the walls stand, so it cannot tell you.`,
      say: say.tell,
      lock: (on) => [pick.box, p.box, knobs].forEach((part) => { part.inert = on; }),
    });
    button(row, "Reset", reset);
    fig.fullScreen(row);

    function draw() {
      const [name, shift, width] = ["image", "shift", "width"].map(get), x = images[name], key = [name, shift, width].join();
      if (logs.at !== key) Object.assign(logs, { at: key, all: evidence([name, ...BARS].map((key) => images[key]), shift, width) });
      const [log, ...bars] = logs.all, share = Math.exp(log) / tops[name], mean = sum(bars) / 4;
      drawArea(x, tops[name], shift, width, Math.exp(log));
      drawRows(name, [log, ...bars, mean]);
      [[pick, name], [sliders[0]], [sliders[1]]].forEach(([part, v]) => part.draw(v));
      numbers.draw(sig(Math.exp(log)), fix(log), fix(mean));
      say.hint(lesson(share, width), `${name}: area ${sig(Math.exp(log))}, log p of x ${fix(log)} nats; mean over the bars ${fix(mean)}`);
    }
    function lesson(share, width) {
      if (share < 0.02) return `This <i>θ</i> misses the image: only ${percent(share)} of the prior explains it. The posterior does not show that; the area does.`;
      if (width > 2.2) return "The wider the prior, the more of it lies at the outer bars. Without a prior their likelihood has no area at all, and there is no posterior.";
      return "Green is prior times likelihood. Drag the walls, or the prior’s shoulder: which image loses its area first?";
    }
    function drawArea(x, top, shift, width, area) {
      const c = curves(x, shift, width, zs, area), joint = c.joint.map((v) => v / top), peak = zs[joint.indexOf(Math.max(...joint))], side = peak < 0 ? -1 : 1;
      p.fit(0, TALL);
      fill.draw(zs, joint);
      lines.forEach((line, i) => line.draw(zs, [c.prior, c.likelihood.map((v) => 0.95 * TALL * v / top), joint][i]));
      strip.forEach(([z, image]) => { image.draw(handImage(z, 4, shift)); put(image.node, { x: p.x(z) - 11, y: p.floor + 26 }); });
      put(stakes, { d: [-1, 0, 1].map((k) => p.x(shift + k * QUARTILE)).filter((px) => px >= p.left && px <= p.w - 11).map((px) => `M${px} ${RAIL}V${p.floor}`).join("") });
      const [sx, sy] = [p.x(width), p.y(Math.exp(logNormal(width, 0, width)))];
      [[p.x(shift), RAIL], [sx, sy]].forEach((place, i) => handles[i].at(...place));
      p.taken.push([sx - 9, sy - 9, sx + 9, sy + 9], [p.x(shift) - 9, 0, p.x(shift) + 9, 20]);
      const over = (x0, x1) => p.y(Math.max(...zs.map((z, i) => (x0 <= p.x(z) && p.x(z) <= x1 ? Math.max(c.prior[i], joint[i]) : 0)))) - 8;
      const towards = Math.abs(peak) > 1.8 ? -side : side, anchor = (to) => (to > 0 ? "start" : "end");
      names[0].draw({ x: p.x(peak) + 14 * towards, anchor: anchor(towards), lines: [math("joint p(x, z)"), math(`area p(x) = ${sig(area)}`)], clear: over });
      const high = Array.from(c.likelihood, (v) => v > 0.6 * top), [from, to] = [zs[high.indexOf(true)] ?? 0, zs[high.lastIndexOf(true)] ?? 0], flat = to - from > 1.2;
      names[1].draw({ x: flat ? p.x((from + to) / 2) : p.x(side > 0 ? from : to) - 12 * side, anchor: flat ? "middle" : anchor(-side), bottom: p.y(0.95 * TALL) + (flat ? -5 : 16), lines: [math("likelihood p(x|z)")] });
      names[2].draw({ x: p.x(-side * Math.min(1.1 * width, 2.6)), anchor: anchor(-side), lines: [math("prior p(z)")], clear: over });
      const peaked = Math.max(...c.posterior), most = zs[c.posterior.indexOf(peaked)];
      b.fit(0, [2, 4, 8, 16].find((v) => v >= 1.1 * peaked) ?? peaked);
      after.forEach((part) => part.draw(zs, c.posterior));
      afterName.draw({ x: b.x(most) - 50 * side, bottom: 30, anchor: anchor(-side), lines: [math("posterior p(z|x)"), "area 1"] });
    }
    function drawRows(name, values) {
      h.fit(0, 1);
      mark.at(values[0], 36);
      rows.forEach(([bar, text], i) => {
        const y = 38 + (h.floor - 38) / 6 * i, v = clamp(values[i], -20, 0);
        put(bar, { x: h.x(v), y: y + (i ? 3 : 0), width: h.x(0) - h.x(v) });
        write(put(text, { x: h.x(v) - 8, y: y + 10 }), `${[math("log p(x)"), ...BARS, "mean of the four"][i]} ${fix(values[i])}`);
      });
    }
    const changed = () => { if (!move.busy()) guess.clear(); fig.redraw(); };         // a link or Python moved it: the question is void
    model.on("change", changed);
    draw();
    return () => { model.off("change", changed); move.stop(); fig.close(); };
  },
};
