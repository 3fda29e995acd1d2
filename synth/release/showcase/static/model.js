// Counting. Estimated: synthetic rows that match. Reported: protected counts of real people.

class Model {
  constructor({ rows, attributes, reported }) {
    Object.assign(this, { rows, attributes, reported });
    this.chosen = new Map(); // attribute index -> Set of labels, any of which a row may have
    this.fails = new Map(); // attribute index -> 1 for each row without any of them
    this.misses = new Uint8Array(rows);
    this.refresh();
  }

  choose(attribute, labels) {
    const before = this.fails.get(attribute);
    if (before) for (let r = 0; r < this.rows; r++) this.misses[r] -= before[r];
    this.fails.delete(attribute);
    this.chosen.delete(attribute);
    if (labels.size) {
      const fails = this.failing(this.attributes[attribute], labels);
      for (let r = 0; r < this.rows; r++) this.misses[r] += fails[r];
      this.fails.set(attribute, fails);
      this.chosen.set(attribute, labels);
    }
    this.refresh();
  }

  failing({ codes, starts, labels: names }, labels) {
    const wanted = new Uint8Array(names.length);
    labels.forEach((label) => (wanted[label] = 1));
    const fails = new Uint8Array(this.rows).fill(1);
    if (!starts) for (let r = 0; r < this.rows; r++) fails[r] = 1 - wanted[codes[r]];
    else
      for (let r = 0; r < this.rows; r++)
        for (let i = starts[r]; i < starts[r + 1]; i++) if (wanted[codes[i]]) fails[r] = 0;
    return fails;
  }

  refresh() {
    const matching = [];
    const near = []; // rows that fail exactly one attribute: they count among its alternatives
    for (let r = 0; r < this.rows; r++) {
      if (this.misses[r] === 0) matching.push(r);
      else if (this.misses[r] === 1) near.push(r);
    }
    this.matching = Uint32Array.from(matching);
    this.near = Uint32Array.from(near);
  }

  // Synthetic rows behind each label, the attribute's own selection left aside.
  counts({ index, codes, starts, labels }) {
    const counts = new Float64Array(labels.length);
    const add = starts
      ? (r) => { for (let i = starts[r]; i < starts[r + 1]; i++) counts[codes[i]]++; }
      : (r) => { counts[codes[r]]++; };
    this.matching.forEach(add);
    const fails = this.fails.get(index);
    if (fails) this.near.forEach((r) => { if (fails[r]) add(r); });
    return counts;
  }

  // Matching rows with each pair of labels of two attributes, row after row.
  pairs(down, across) {
    const counts = new Float64Array(down.labels.length * across.labels.length);
    const each = (a, r, act) => {
      if (!a.starts) act(a.codes[r]);
      else for (let i = a.starts[r]; i < a.starts[r + 1]; i++) act(a.codes[i]);
    };
    this.matching.forEach((r) =>
      each(down, r, (y) => each(across, r, (x) => { counts[y * across.labels.length + x]++; })),
    );
    return counts;
  }

  // The selection as [attribute, label] alternatives, one list per attribute, with `extra` added.
  asked(extra = []) {
    const own = new Set(extra.map(([attribute]) => attribute));
    const lists = [...this.chosen].filter(([a]) => !own.has(a));
    return [...lists.map(([a, labels]) => [...labels].map((l) => [a, l])), ...extra.map((e) => [e])];
  }

  // How many people share what is asked for: {count} or {why} there is no number.
  told(lists) {
    if (!this.reported) return { why: "none" };
    if (!lists.length) return this.reported.people ? { count: this.reported.people, parts: 1 } : { why: "none" };
    if (lists.length > this.reported.length) return { why: "long" };
    const product = lists.reduce((n, list) => n * list.length, 1);
    if (product > 500) return { why: "many" };
    let combinations = [[]];
    for (const list of lists) combinations = combinations.flatMap((c) => list.map((l) => [...c, l]));
    const parts = combinations.map((c) => this.support(c));
    const missing = parts.find((p) => p.why);
    if (!missing) return { count: parts.reduce((sum, p) => sum + p.count, 0), parts: parts.length };
    return parts.length > 1 ? { why: "part" } : missing;
  }

  support(items) {
    const places = items.map(this.reported.locate);
    if (places.includes(null)) return { why: "outside" };
    if (places.some(([axis, state]) => axis < 0 || state < 0)) {
      const blank = items.some(([a, label]) => this.attributes[a].missing === label);
      return { why: blank ? "blank" : "few" };
    }
    places.sort((a, b) => a[0] - b[0]);
    let at = 0;
    let block = null;
    for (let depth = 1; depth <= places.length; depth++) {
      const axes = places.slice(0, depth).map(([axis]) => axis);
      block = this.reported.blocks.get(axes.join());
      const [axis, state] = places[depth - 1];
      at = block ? position(block.keys, at * this.reported.sizes[axis] + state) : -1;
      if (at < 0) return { why: "few" };
    }
    return { count: block.counts[at] };
  }
}
