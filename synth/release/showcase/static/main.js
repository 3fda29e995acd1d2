// The page as a whole: views, chips, the address, light and dark.

class App {
  constructor(model) {
    this.model = model;
    const changed = () => this.draw();
    this.views = { explore: new Explore(model, changed), pairs: new Pairs(model, changed), rows: new Rows(model), about: null };
    this.view = "explore";
    this.read();
    this.listen();
    this.draw();
    this.views.explore.pack();
    document.body.dataset.ready = "";
  }

  listen() {
    for (const tab of document.querySelectorAll("[role=tab]")) tab.addEventListener("click", () => this.open(tab.dataset.view));
    byId("tabs").addEventListener("keydown", (event) => this.step(event));
    byId("search").addEventListener("input", (event) => { this.views.explore.search = event.target.value.trim(); this.views.explore.draw(); });
    byId("shares").addEventListener("change", (event) => { this.views.explore.shares = event.target.checked; this.draw(); });
    byId("theme").addEventListener("click", () => {
      const dark = matchMedia("(prefers-color-scheme: dark)").matches;
      const now = document.documentElement.dataset.theme || (dark ? "dark" : "light");
      document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
    });
    byId("print").addEventListener("click", () => print());
    byId("clear").addEventListener("click", () => this.clear());
    byId("meaning").addEventListener("click", () => this.open("about"));
    addEventListener("hashchange", () => { if (location.hash.slice(1) !== this.address()) { this.read(); this.draw(); } });
  }

  step(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(this.views);
    this.open(names[(names.indexOf(this.view) + step + names.length) % names.length]);
    document.querySelector("[role=tab][aria-selected=true]").focus();
  }

  open(view) {
    this.view = view;
    this.draw();
  }

  clear() {
    for (const attribute of [...this.model.chosen.keys()]) this.model.choose(attribute, new Set());
    this.draw();
  }

  draw() {
    for (const name of Object.keys(this.views)) {
      byId(name).hidden = name !== this.view;
      const tab = document.querySelector(`[data-view=${name}]`);
      tab.setAttribute("aria-selected", String(name === this.view));
      tab.tabIndex = name === this.view ? 0 : -1;
    }
    byId("bar").hidden = this.view === "about";
    tip.hide();
    this.drawChips();
    this.views[this.view]?.draw();
    if (location.protocol !== "about:") history.replaceState(null, "", "#" + this.address());
  }

  drawChips() {
    const chips = [...this.model.chosen].map(([index, labels]) => {
      const { name, labels: names } = this.model.attributes[index];
      const sorted = [...labels].sort((a, b) => a - b).map((l) => names[l]);
      const value = sorted.length > 3 ? `${sorted[0]} … ${sorted.at(-1)} (${sorted.length})` : sorted.join(" or ");
      const undo = () => { this.model.choose(index, new Set()); this.draw(); byId("bar").focus(); };
      return make("button", { class: "chip", "aria-label": `Remove filter ${name}: ${value}`, on: { click: undo } }, make("span", { text: name }), make("b", { text: value }), make("i", { text: "×", "aria-hidden": "true" }));
    });
    byId("chips").replaceChildren(...chips);
    byId("clear").hidden = chips.length === 0;
    const rows = this.model.matching.length;
    const told = this.model.told(this.model.asked());
    byId("count").textContent = whole(estimate(rows));
    byId("of").textContent = chips.length ? `estimated, of ${whole(estimate(this.model.rows))}` : facts.gaps ? "synthetic rows, many with gaps" : "estimated in all";
    byId("reported").textContent = told.why ? shortWhy(told.why) : whole(told.count);
    byId("reported-of").textContent = told.why ? `reported: ${longWhy(told.why)}` : "reported";
  }

  // Only numbers of attributes and labels go into the address, never a value.
  address() {
    const filters = [...this.model.chosen].map(([a, labels]) => [a, ...labels].join("."));
    return [`view=${this.view}`, ...(filters.length ? [`filter=${filters.join("_")}`] : [])].join("&");
  }

  read() {
    const told = new URLSearchParams(location.hash.slice(1) || facts.start);
    if (told.get("view") in this.views) this.view = told.get("view");
    for (const attribute of [...this.model.chosen.keys()]) this.model.choose(attribute, new Set());
    for (const filter of (told.get("filter") || "").split("_").filter(Boolean)) {
      const [attribute, ...labels] = filter.split(".").map(Number);
      const names = this.model.attributes[attribute]?.labels || [];
      this.model.choose(attribute, new Set(labels.filter((l) => l in names)));
    }
  }
}

tip.start();
loaded().then((data) => new App(new Model(data)));
