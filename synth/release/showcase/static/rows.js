// The synthetic rows themselves, and their download.

const PAGE = 50;

class Rows {
  constructor(model) {
    Object.assign(this, { model, page: 0 });
    byId("earlier").addEventListener("click", () => this.turn(-1));
    byId("later").addEventListener("click", () => this.turn(1));
    byId("download").addEventListener("click", () => save(facts.file, this.csv()));
  }

  turn(step) {
    this.page += step;
    this.draw();
  }

  text({ codes, starts, labels, missing, values, valueCodes, other, gathered }, row, raw = false) {
    if (starts) return Array.from(codes.subarray(starts[row], starts[row + 1]), (c) => labels[c]).join("; ");
    if (valueCodes) return values[valueCodes[row]];
    if (raw && codes[row] === other) return gathered;
    return codes[row] === missing ? "" : labels[codes[row]];
  }

  draw() {
    const { matching, attributes } = this.model;
    const pages = Math.max(1, Math.ceil(matching.length / PAGE));
    this.page = Math.min(Math.max(this.page, 0), pages - 1);
    const shown = [...matching.subarray(this.page * PAGE, (this.page + 1) * PAGE)];
    const head = make("tr", {}, ...attributes.map((a) => make("th", { scope: "col", text: a.name })));
    const body = shown.map((row) => make("tr", {}, ...attributes.map((a) => make("td", { text: this.text(a, row) }))));
    const caption = make("caption", { text: "Synthetic rows" });
    byId("table").replaceChildren(make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...body)));
    byId("page").textContent = `Page ${whole(this.page + 1)} of ${whole(pages)}`;
    byId("earlier").disabled = this.page === 0;
    byId("later").disabled = this.page === pages - 1;
    byId("download").textContent = `Download ${whole(matching.length)} rows (CSV)`;
  }

  // A text that a spreadsheet would run as a formula gets an apostrophe in front.
  csv() {
    const run = /^ *(?:[=\uff1d\t\r\n]|[+\-@\uff0b\uff0d\uff20].*[(|!=\uff08\uff5c\uff01\uff1d])/s;
    const safe = (text) => (run.test(text) ? `'${text}` : text);
    const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const { matching, attributes } = this.model;
    const lines = [attributes.map((a) => quoted(safe(a.name))).join(",")];
    for (const row of matching) lines.push(attributes.map((a) => quoted(safe(this.text(a, row, true)))).join(","));
    return lines.join("\r\n") + "\r\n";
  }
}
