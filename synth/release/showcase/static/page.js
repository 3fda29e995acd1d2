// Small tools: making elements, tips, moving with the arrow keys.

function make(tag, { text, on = {}, data = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  for (const [name, act] of Object.entries(on)) element.addEventListener(name, act);
  Object.assign(element.dataset, data);
  if (text !== undefined) element.textContent = text;
  element.append(...children.filter((c) => c !== null));
  return element;
}

const byId = (id) => document.getElementById(id);

// One tip for the whole page: shown on hover and on focus, gone with Escape.
const tip = {
  sentences: new WeakMap(),
  on(element, sentences) {
    this.sentences.set(element, sentences);
    element.dataset.tip = "";
  },
  show(element) {
    const [title, ...lines] = this.sentences.get(element)();
    const box = byId("tip");
    box.replaceChildren(make("strong", { text: title }), ...lines.map((text) => make("p", { text })));
    box.hidden = false;
    const at = element.getBoundingClientRect();
    const size = box.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left), innerWidth - size.width - 8);
    const below = at.bottom + 6;
    const top = below + size.height > innerHeight - 8 ? at.top - size.height - 6 : below;
    box.style.left = `${left}px`;
    box.style.top = `${Math.max(8, top)}px`;
  },
  hide() {
    byId("tip").hidden = true;
  },
  start() {
    const target = (event) => event.target.closest?.("[data-tip]");
    for (const name of ["mouseover", "focusin"])
      document.addEventListener(name, (event) => (target(event) ? this.show(target(event)) : this.hide()));
    document.addEventListener("focusout", () => this.hide());
    document.addEventListener("scroll", () => this.hide(), { passive: true, capture: true });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  },
};

// Within a group, the arrow keys move; Tab goes on to the next group.
function rove(group) {
  group.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const all = [...group.querySelectorAll("button[data-label]")];
    const here = all.indexOf(document.activeElement);
    if (here < 0 || (!step && event.key !== "Home" && event.key !== "End")) return;
    event.preventDefault();
    const to = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : here + step;
    const next = all[Math.min(Math.max(to, 0), all.length - 1)];
    all.forEach((button) => (button.tabIndex = button === next ? 0 : -1));
    next.focus();
  });
}

function save(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
