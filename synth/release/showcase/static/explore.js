// One card per attribute: a bar per value, estimated and reported; a click filters.

const FEW = 10; // bars shown before "show all"

class Explore {
  constructor(model, changed) {
    Object.assign(this, { model, changed, all: new Set(), search: "", shares: false });
    this.cards = model.attributes.map((attribute) => this.card(attribute));
    const wide = (card) => card.element.classList.contains("wide"); // last, or they leave holes above them
    this.cards.sort((a, b) => wide(a) - wide(b));
    byId("cards").append(...this.cards.map((card) => card.element));
    addEventListener("resize", () => this.pack());
  }

  card(attribute) {
    const upright = attribute.bins > 1 && (attribute.bins > 5 || !even(attribute));
    const id = `a${attribute.index}`;
    const bars = make("div", { class: upright ? "histogram" : "bars", role: "group", "aria-labelledby": id });
    rove(bars);
    const note = make("p", { class: "note" });
    const weak = { nothing: true, little: true, open: true, coarse: true }[attribute.standing];
    const stands = make("p", { class: `stands ${attribute.standing}`, hidden: !weak, text: weak ? capital(attribute.stands) + "." : "" });
    const head = make("div", { class: "head" }, make("h3", { id, text: attribute.name }), note, stands);
    const foot = make("div", { class: "foot" });
    const wide = upright && attribute.kind === "date";
    const element = make("section", { class: wide ? "card wide" : "card" }, head, bars, foot);
    return { attribute, upright, bars, note, foot, element };
  }

  draw() {
    const focused = document.activeElement?.dataset?.label;
    const inCard = this.cards.find((card) => card.bars.contains(document.activeElement));
    for (const card of this.cards) this.drawCard(card);
    if (inCard && focused !== undefined)
      inCard.bars.querySelector(`[data-label="${focused}"]`)?.focus({ preventScroll: true });
    const shown = this.cards.filter((card) => !card.element.hidden).length;
    byId("nothing").hidden = shown > 0;
    this.pack();
  }

  drawCard(card) {
    const { attribute, upright } = card;
    const counts = this.model.counts(attribute);
    const chosen = this.model.chosen.get(attribute.index) || new Set();
    const found = this.found(attribute);
    card.element.hidden = found === null;
    if (found === null) return;
    const order = this.order(attribute, counts, chosen, upright).filter((l) => !found || found.has(l));
    const open = upright || found || this.all.has(attribute.index);
    const shown = open ? order : order.slice(0, FEW);
    const told = new Map(shown.map((l) => [l, this.model.told(this.model.asked([[attribute.index, l]]))]));
    const binned = upright ? shown.filter((l) => l < attribute.bins) : [];
    const listed = upright ? shown.filter((l) => l >= attribute.bins) : shown;
    const most = Math.max(...listed.map((l) => Math.max(estimate(counts[l]), told.get(l).count || 0)), 1);
    const top = upright ? highest(attribute, binned, (l) => Math.max(estimate(counts[l]), told.get(l).count || 0)) : 1;
    const open_ = facts.gaps && attribute.missing >= 0 ? counts[attribute.missing] : 0;
    const base = attribute.starts ? this.model.matching.length : counts.reduce((a, b) => a + b, 0) - open_;
    const drawn = (label, act) => act.call(this, { attribute, label, rows: counts[label], told: told.get(label), most, top, base, chosen });
    const columns = binned.map((l) => drawn(l, this.column));
    const rest = listed.map((l) => drawn(l, this.bar));
    const bars = [...columns, ...rest];
    (bars.find((b) => b.getAttribute("aria-pressed") === "true") || bars[0])?.setAttribute("tabindex", "0");
    const taller = columns.some((c) => c.classList.contains("taller"));
    if (upright) {
      const parts = [make("div", { class: "columns" }, ...columns), axis(attribute), this.legend(attribute, taller)];
      card.bars.replaceChildren(...parts, make("div", { class: "bars" }, ...rest));
    } else card.bars.replaceChildren(...bars);
    card.note.textContent = [attribute.meaning + (attribute.unit ? ` (${attribute.unit})` : ""), open_ ? `Left open in ${whole(open_)} rows.` : ""].filter(Boolean).join(" ");
    this.drawFoot(card, order, open, found);
  }

  drawFoot(card, order, open, found) {
    const { attribute, upright, foot } = card;
    const index = attribute.index;
    if (upright) foot.replaceChildren();
    else if (order.length > FEW && !found) {
      const turn = () => { if (!this.all.delete(index)) this.all.add(index); this.draw(); };
      const text = open ? "Show fewer" : `Show all ${order.length}`;
      foot.replaceChildren(make("button", { class: "quiet", text, "aria-expanded": String(open), "aria-label": `${text}: ${attribute.name}`, on: { click: turn } }));
    } else foot.replaceChildren();
  }

  // Labels that the search finds; undefined: no search; null: nothing in this card.
  found({ name, labels }) {
    if (!this.search) return undefined;
    const wanted = this.search.toLowerCase();
    if (name.toLowerCase().includes(wanted)) return undefined;
    const hits = labels.flatMap((label, i) => (label.toLowerCase().includes(wanted) ? [i] : []));
    return hits.length ? new Set(hits) : null;
  }

  order({ labels, ordered, missing, bins, other }, counts, chosen, upright) {
    const every = labels.map((_, l) => l).filter((l) => !facts.gaps || l !== missing);
    const present = every.filter((l) => counts[l] > 0 || chosen.has(l) || (upright && l < bins));
    const last = (l) => (l === other ? 1 : 0); // what is gathered is no value among the others
    return ordered ? present : present.sort((a, b) => last(a) - last(b) || counts[b] - counts[a]);
  }

  number(rows, base) {
    return this.shares ? percent(base ? rows / base : 0) : whole(estimate(rows));
  }

  // What both kinds of bar have in common: a button that filters, and says everything aloud.
  button(bar, look, ...children) {
    const { attribute, label, rows, told, base, chosen } = bar;
    const name = attribute.labels[label];
    const says = told.why ? `reported: no number, ${shortWhy(told.why)}` : `reported ${whole(told.count)}`;
    const pressed = chosen.has(label);
    const button = make(
      "button",
      {
        class: `${look}${label === attribute.other ? " rest" : ""}${chosen.size && !pressed ? " other" : ""}${pressed ? " chosen" : ""}`,
        "aria-pressed": String(pressed),
        "aria-label": `${name}: estimated ${whole(estimate(rows))}, ${says}`,
        tabindex: "-1",
        data: { label },
        on: { click: (event) => this.click(attribute, label, event) },
      },
      ...children,
    );
    const length = this.model.asked([[attribute.index, label]]).length;
    tip.on(button, () => [
      `${attribute.name}: ${name}`,
      `Estimated: ${whole(estimate(rows))} (${percent(base ? rows / base : 0)} of what matches${facts.gaps ? " and is not left open" : ""}), from ${whole(rows)} synthetic rows.`,
      reportedSentence(told),
      trustSentence(rows, length, told),
    ]);
    return button;
  }

  bar(bar) {
    const { attribute, label, rows, told, most, base } = bar;
    const est = make("span", { class: "est" });
    est.style.width = `${(100 * estimate(rows)) / most}%`;
    const rep = make("span", { class: "rep", hidden: told.why !== undefined });
    rep.style.width = `${(100 * (told.count || 0)) / most}%`;
    const value = told.why ? shortWhy(told.why) : this.shares ? percent(told.count / Math.max(estimate(base), 1)) : whole(told.count);
    return this.button(
      bar,
      "bar",
      make("span", { class: "label", text: attribute.labels[label] }),
      make("span", { class: "number", text: this.number(rows, base) }),
      make("span", { class: told.why ? "number absent" : "number reported", text: value }),
      make("span", { class: "track" }, est, rep),
    );
  }

  // As wide as its interval, and as high as its rows are dense: the area is the number of rows.
  column(bar) {
    const { attribute, label, rows, told, top } = bar;
    const high = (n) => Math.min(100, (100 * n) / width(attribute, label) / top);
    const est = make("span", { class: "est" });
    est.style.height = `${high(estimate(rows))}%`;
    const rep = make("span", { class: "rep", hidden: told.why !== undefined });
    rep.style.height = `${high(told.count || 0)}%`;
    const taller = estimate(rows) / width(attribute, label) > top * 1.001;
    const button = this.button(bar, `column${taller ? " taller" : ""}`, est, rep);
    const range = span(attribute);
    button.style.left = `${(100 * (attribute.edges[label] - attribute.edges[0])) / range}%`;
    button.style.width = `${(100 * width(attribute, label)) / range}%`;
    return button;
  }

  legend(attribute, taller) {
    const said = [
      even(attribute) ? "" : "Bars are as wide as their intervals; the area is the number of rows.",
      taller ? "A bar that ends ragged is taller: many rows share one value." : "",
    ].filter(Boolean);
    return make("p", { class: "note", text: said.join(" ") });
  }

  click(attribute, label, event) {
    const before = this.model.chosen.get(attribute.index) || new Set();
    const next = new Set(before);
    if (event.shiftKey && attribute.ordered && before.size) {
      const from = Math.min(label, ...before);
      const to = Math.max(label, ...before);
      for (let l = from; l <= to; l++) next.add(l);
    } else if (event.shiftKey || event.ctrlKey || event.metaKey) {
      if (!next.delete(label)) next.add(label);
    } else {
      next.clear();
      if (!(before.size === 1 && before.has(label))) next.add(label);
    }
    this.model.choose(attribute.index, next);
    this.changed();
  }

  // Cards of different heights, packed without gaps.
  pack() {
    for (const { element } of this.cards) element.style.gridRowEnd = "auto";
    const heights = this.cards.map(({ element }) => element.scrollHeight);
    this.cards.forEach(({ element }, i) => { element.style.gridRowEnd = `span ${Math.ceil((heights[i] + 18) / 4)}`; });
  }
}
