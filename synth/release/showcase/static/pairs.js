// Two attributes against each other: a table whose cells are shaded by their count.

const MOST = 24; // rows and columns shown

class Pairs {
  constructor(model, changed) {
    Object.assign(this, { model, changed });
    const options = (i) => model.attributes.map((a) => make("option", { value: a.index, text: a.name, selected: a.index === i }));
    const fit = model.attributes.filter((a) => a.labels.length > 1 && a.labels.length <= MOST);
    const [first, second] = [...fit.sort((a, b) => b.labels.length - a.labels.length), ...model.attributes];
    byId("down").append(...options(first.index));
    byId("across").append(...options((second || first).index));
    for (const id of ["down", "across", "measure"]) byId(id).addEventListener("change", () => this.draw());
    byId("swap").addEventListener("click", () => {
      [byId("down").value, byId("across").value] = [byId("across").value, byId("down").value];
      this.draw();
    });
    if (!model.reported) byId("measure").querySelectorAll("[data-reported]").forEach((o) => o.remove());
    rove(byId("grid"));
  }

  draw() {
    const down = this.model.attributes[byId("down").value];
    const across = this.model.attributes[byId("across").value];
    byId("pairs-note").textContent = down === across ? "Choose two different attributes." : "";
    if (down === across) return byId("grid").replaceChildren();
    const counts = this.model.pairs(down, across);
    const wide = across.labels.length;
    const sumDown = down.labels.map((_, y) => counts.subarray(y * wide, (y + 1) * wide).reduce((a, b) => a + b, 0));
    const sumAcross = across.labels.map((_, x) => down.labels.reduce((sum, _, y) => sum + counts[y * wide + x], 0));
    const rows = this.top(down, sumDown);
    const columns = this.top(across, sumAcross);
    const cells = rows.map((y) => columns.map((x) => this.cell(down, y, across, x, counts[y * wide + x], sumDown[y])));
    const most = Math.max(...cells.flat().map((c) => Math.abs(c.shade)), 1e-9);
    const head = make("tr", {}, make("td"), ...columns.map((x) => make("th", { scope: "col", text: across.labels[x] })));
    const body = rows.map((y, i) =>
      make("tr", {}, make("th", { scope: "row", text: down.labels[y] }), ...cells[i].map((c) => this.drawn(c, most))),
    );
    const caption = make("caption", { text: `${down.name} (down) by ${across.name} (across): ${byId("measure").selectedOptions[0].text.toLowerCase()}` });
    byId("grid").replaceChildren(make("table", {}, caption, make("thead", {}, head), make("tbody", {}, ...body)));
    byId("grid").querySelector("button")?.setAttribute("tabindex", "0");
    const left = down.labels.length - rows.length + across.labels.length - columns.length;
    if (left > 0) byId("pairs-note").textContent = `The ${MOST} most frequent values of each are shown; values that never occur here are left out.`;
  }

  top({ ordered, missing, other }, sums) {
    const every = sums.map((_, i) => i).filter((i) => sums[i] > 0 && !(facts.gaps && i === missing));
    const last = (i) => (i === other ? 1 : 0);
    const best = every.sort((a, b) => last(a) - last(b) || sums[b] - sums[a]).slice(0, MOST);
    return ordered ? best.sort((a, b) => a - b) : best;
  }

  cell(down, y, across, x, rows, base) {
    const lists = this.model.asked([[down.index, y], [across.index, x]]);
    const told = this.model.told(lists);
    const n = estimate(rows);
    const measures = {
      estimated: () => [n, whole(n)],
      share: () => [base ? rows / base : 0, percent(base ? rows / base : 0)],
      reported: () => (told.why ? [0, shortWhy(told.why)] : [told.count, whole(told.count)]),
      difference: () => (told.why ? [0, shortWhy(told.why)] : [n - told.count, (n >= told.count ? "+" : "−") + whole(Math.abs(n - told.count))]),
    };
    const [shade, text] = measures[byId("measure").value]();
    const absent = told.why !== undefined && ["reported", "difference"].includes(byId("measure").value);
    return { down, y, across, x, rows, told, shade, text, absent, length: lists.length };
  }

  drawn({ down, y, across, x, rows, told, shade, text, absent, length }, most) {
    const act = () => {
      this.model.choose(down.index, new Set([y]));
      this.model.choose(across.index, new Set([x]));
      this.changed();
    };
    const name = `${down.name}: ${down.labels[y]}, ${across.name}: ${across.labels[x]}`;
    const button = make("button", { text, tabindex: "-1", data: { label: `${y}.${x}` }, "aria-label": `${name}: ${text}`, on: { click: act } });
    tip.on(button, () => [name, `Estimated: ${whole(estimate(rows))}, from ${whole(rows)} synthetic rows.`, reportedSentence(told), trustSentence(rows, length, told)]);
    const weight = Math.sqrt(Math.abs(shade) / most);
    const cell = make("td", { class: `${absent ? "absent" : ""}${shade < 0 ? " below" : ""}` }, button);
    cell.style.setProperty("--weight", weight.toFixed(3));
    return cell;
  }
}
