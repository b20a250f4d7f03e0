/* Hosts living figures in a static page; a classic script, so that it works from file:// too.
   Put <div id="f1" data-living="inflate" data-share="image mu sigma"> around a JSON script element that holds the state.
   The shared keys live in the address, #f1?mu=0.3&..., and <a href="#f1" data-set="mu=0.3&sigma=0.2"> in the text sets them.
   `range` in the state holds [lowest, highest] of a number or the choices of a word; what does not fit is left out. */
(function () {
  class Model {                                               // the part of anywidget's model that figures use
    constructor(state, id, share) { Object.assign(this, { state, id, share, heard: {} }); }
    get(key) { return this.state[key]; }
    set(key, value) {
      if (this.state[key] === value) return;
      this.state[key] = value;
      this.emit(`change:${key}`);
      this.emit("change");
    }
    on(event, f) { (this.heard[event] ??= new Set()).add(f); }
    off(event, f) { this.heard[event]?.delete(f); }
    emit(event) { this.heard[event]?.forEach((f) => f()); }
    send() {}
    save_changes() {
      clearTimeout(this.due);
      this.due = setTimeout(() => history.replaceState(history.state, "", this.address()), 300);
    }
    address() { return `#${this.id}?${new URLSearchParams(this.share.map((key) => [key, this.state[key]]))}`; }
    take(text) {
      for (const [key, word] of new URLSearchParams(text)) {
        const value = this.share.includes(key) ? fitting(word, this.state[key], this.state.range?.[key]) : undefined;
        if (value !== undefined) this.set(key, value);
      }
    }
  }
  function fitting(word, now, range) {                        // undefined where the word makes no sense
    if (typeof now !== "number") return !range || range.includes(word) ? word : undefined;
    const value = word.trim() === "" ? NaN : Number(word), [lo, hi] = range ?? [-Infinity, Infinity];
    return Number.isFinite(value) ? Math.min(hi, Math.max(lo, value)) : undefined;
  }
  function address() {
    const [id, text] = location.hash.slice(1).split("?");
    return text && { id, text };
  }
  const figureAt = (id) => document.getElementById(id)?.closest("[data-living]");

  async function boot(node) {
    if (node.model) return;
    const state = JSON.parse(node.querySelector("script").textContent), el = document.createElement("div");
    const model = node.model = new Model(state, node.id, (node.dataset.share ?? "").split(" ").filter(Boolean));
    node.replaceChildren(el);
    await window.LivingFigures[node.dataset.living].render({ model, el });
    const shared = address();
    if (shared?.id === node.id) {                             // after render: Reset goes back to what the page's author set
      model.take(shared.text);
      node.scrollIntoView({ block: "center" });
    }
    node.dataset.ready = "1";
  }
  function start(node) {
    boot(node).catch((error) => {
      node.textContent = `This figure could not start (${error.message}); reload the page, or open it in a newer browser.`;
      console.error(error);
    });
  }
  document.addEventListener("DOMContentLoaded", () => {
    const nodes = document.querySelectorAll("[data-living]");
    const near = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting).forEach((e) => {
      near.unobserve(e.target);
      start(e.target);
    }), { rootMargin: "600px" });
    nodes.forEach((node) => near.observe(node));
    addEventListener("beforeprint", () => nodes.forEach(start));
    if (address()) figureAt(address().id)?.scrollIntoView({ block: "center" });
  });
  addEventListener("hashchange", () => {
    const shared = address();
    if (shared) figureAt(shared.id)?.model?.take(shared.text);
  });
  document.addEventListener("click", (e) => {
    const link = e.target.closest?.("a[data-set]"), node = link && figureAt(link.hash.slice(1));
    if (!node?.model) return;
    e.preventDefault();
    node.model.take(link.dataset.set);
    node.model.save_changes();
    node.scrollIntoView({ block: "nearest" });
  });
})();
