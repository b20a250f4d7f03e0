/* Predict, commit, reveal: a bar that splits a total into a bound and a gap and can carry a guess, and slow movement. */

function fadeIn(svg) {                                        // a mask that shows nothing at the left edge, all after 72 px
  const id = newId();
  add(svg, "defs", {}, `<linearGradient id="${id}g" gradientUnits="userSpaceOnUse" x1="0" x2="72">
      <stop stop-color="#000"/><stop offset="1" stop-color="#fff"/></linearGradient>
    <mask id="${id}" maskUnits="userSpaceOnUse" x="0" y="0" width="5000" height="99">
      <rect width="5000" height="99" fill="url(#${id}g)"/></mask>`);
  return `url(#${id})`;
}

// ---------- the split bar: nats to the left of a fixed total; the gap to it is hatched

function splitBar(parent, { name, role, total, ask, span = 6, above = 0.6 }) {
  const box = add(parent, "div", { class: "lf-bar" }), node = add(box, "svg", { role: "group", "aria-label": name });
  const Y = 38, H = 13, bar = { node, guess: null, asking: false };
  const base = add(node, "g", { class: "lf-axis" }), parts = add(node, "g", { mask: fadeIn(node) });      // the bar goes on to the left
  const gap = add(parts, "rect", { y: Y, height: H, fill: hatch(node, total) });
  const bound = add(parts, "rect", { class: `lf-fill ${role}`, y: Y, height: H });
  const top = add(node, "path", { class: `lf-line ${total}` }), miss = add(node, "path", { class: "lf-miss" });
  const words = ["data", role].map((r) => add(node, "text", { class: `lf-label ${r}` }));
  const mark = handle(node, { name: ask, role: "data", min: -1e3, max: 0, step: 0.05, text: (v) => `${fix(v)} nats`,
    get: () => bar.guess, set(v) { bar.guess = clamp(v, ...bar.x.domain); bar.draw(); } }, () => bar.x.per, '<path d="M0 1l-8-14h16z"/>');

  function say(i, text, anchor, x, up) {                      // above the bar, kept inside
    if (!text && !words[i].textContent) return;
    put(words[i], { "text-anchor": anchor, y: Y - up }).textContent = text;
    const long = words[i].getComputedTextLength(), before = { start: 0, middle: long / 2, end: long }[anchor];
    put(words[i], { x: clamp(x, before, box.clientWidth - long + before) });
  }
  bar.draw = (value = bar.value, ceiling = bar.ceiling) => {
    const w = box.clientWidth, domain = [ceiling - span, ceiling + above], x = linear(domain, [0, w]);
    const s = x(clamp(value, ...domain)), c = x(ceiling), g = x(bar.guess ?? ceiling), told = bar.guess !== null && !bar.asking;
    Object.assign(bar, { value, ceiling, x });
    put(node, { width: w, height: Y + H + 24, viewBox: `0 0 ${w} ${Y + H + 24}` });
    axis(base, x, Y + H + 3, Array.from({ length: span + 1 }, (_, i) => Math.floor(domain[1]) - i).filter((t) => t >= domain[0]));
    put(bound, { x: 0, width: s });
    put(gap, { x: s, width: c - s });
    put(top, { d: `M${c} ${Y - 6}V${Y + H + 3}` });
    put(mark.node, { visibility: bar.guess === null ? "hidden" : "visible", tabindex: bar.asking ? 0 : -1, "aria-disabled": !bar.asking,
      "aria-valuemin": +domain[0].toFixed(2), "aria-valuemax": +domain[1].toFixed(2) });
    if (bar.guess !== null) mark.at(g, Y - 1);
    put(miss, { d: told ? `M${g} ${Y - 6}H${s}v6` : "" });    // from the guess to the truth
    say(0, bar.guess === null ? "" : `you ${fix(bar.guess)}`, "middle", g, 22);
    say(1, told ? `ELBO ${fix(value)}` : "", g < s ? "start" : "end", g < s ? s + 12 : s - 12, 8);
  };
  bar.ask = (v) => {
    Object.assign(bar, { guess: v, asking: v !== null });
    bar.draw();
    if (v !== null) mark.node.focus({ preventScroll: true });
  };
  bar.told = () => { bar.asking = false; bar.draw(); };
  return bar;
}

// ---------- the same mark on the axis of a plot: at(value, y, name of the true value) in every draw

function guessMark(p, { ask, role, step, text, redraw, from }) {       // from: where it first stands
  const mark = { node: p.node, guess: null, asking: false };
  const miss = add(p.node, "path", { class: "lf-miss" }), [you, truth] = [p.text("data"), p.text(role)];
  const knob = handle(p.node, { name: ask, role: "data", min: -1e6, max: 1e6, step, text, get: () => mark.guess,
    set(v) { mark.guess = clamp(v, ...p.x.domain); redraw(); } }, () => p.x.per, '<path d="M0 1l-8-14h16z"/>');
  mark.at = (value, y, name = "") => {
    const none = mark.guess === null, told = !none && !mark.asking, g = p.x(mark.guess ?? value), v = p.x(clamp(value, ...p.x.domain));
    mark.value = value;
    put(knob.node, { visibility: none ? "hidden" : "visible", tabindex: mark.asking ? 0 : -1, "aria-disabled": !mark.asking,
      "aria-valuemin": p.x.domain[0], "aria-valuemax": p.x.domain[1] });
    put(miss, { d: told ? `M${g} ${y - 6}H${v}v6` : "" });
    if (!none) knob.at(g, y);
    you.draw({ x: g, bottom: y - 18, anchor: "middle", lines: [none ? "" : `you ${text(mark.guess)}`], min: 0 });
    truth.draw({ x: v, bottom: y - 10, anchor: g < v ? "start" : "end", lines: [told && name ? `${name} ${text(value)}` : ""], min: 0 });
  };
  mark.ask = (v) => {
    Object.assign(mark, { guess: v === null ? null : from(), asking: v !== null });
    redraw();
    if (v !== null) knob.node.focus({ preventScroll: true });
  };
  mark.told = () => { mark.asking = false; redraw(); };
  return mark;
}

// ---------- the line that says what to do, then the question, then the verdict

function voice(fig) {
  const node = add(fig.root, "p", { class: "lf-say" });
  let told = "";
  return {
    tell(text) {                                              // "" gives the line back to the hint
      node.innerHTML = told = text;
      node.classList.toggle("told", !!text);
      if (text) fig.speak(node.textContent); else fig.redraw();
    },
    hint(text, spoken) {
      if (told) return;
      node.innerHTML = text;
      fig.speak(spoken);
    },
  };
}

// ---------- the three buttons; the rest is locked while the question stands

function predict(bar, parent, { question, act, verdict, say, lock }) {
  const show = (asking) => { open.hidden = asking; commit.hidden = cancel.hidden = !asking; lock(asking); };
  const clear = () => { if (bar.guess !== null) { show(false); bar.ask(null); say(""); } };
  const open = button(parent, "Predict", () => { show(true); say(question()); bar.ask(bar.value); });
  const commit = button(parent, "Commit", async () => {
    bar.told();
    show(false);
    open.focus({ preventScroll: true });
    say("\u2026");
    const arrived = await act();
    await new Promise(requestAnimationFrame);                 // until the last step is drawn: bar.value comes from there
    if (arrived && bar.guess !== null && !bar.asking) say(verdict(bar.guess, bar.value));
  });
  const cancel = button(parent, "Cancel", () => { clear(); open.focus(); });
  commit.className = "lf-main";
  bar.node.addEventListener("keydown", (e) => {
    const b = bar.asking && { Enter: commit, Escape: cancel }[e.key];
    if (b) { e.preventDefault(); b.click(); }                 // Enter held down must not press the button that gets the focus
  });
  show(false);
  return { clear, open };
}

// ---------- movement that answers a press and stops at the next touch

function mover(step) {                                        // go(from, to, ms) resolves to true unless stopped
  let raf = 0, done = null;
  const stop = () => { cancelAnimationFrame(raf); done?.(false); done = null; };
  const go = (from, to, ms = 900) => new Promise((ok) => {
    stop();
    done = ok;
    let t0;
    const tick = (t) => {
      const u = clamp((t - (t0 ??= t)) / ms, 0, 1), ease = u * u * (3 - 2 * u);
      step(from.map((v, i) => v + ease * (to[i] - v)));
      if (u < 1) raf = requestAnimationFrame(tick); else { done = null; ok(true); }
    };
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) raf = requestAnimationFrame(tick);
    else { step(to); done = null; ok(true); }
  });
  return { go, stop, busy: () => done !== null };
}
