// What the page was built from: facts as JSON, rows and reported counts as packed integer arrays.

const facts = JSON.parse(document.getElementById("facts").textContent);

const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array };

async function unpacked() {
  const text = document.getElementById("arrays").textContent.trim();
  const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = await new Response(stream).arrayBuffer();
  return ([type, start, length]) => new ARRAYS[type](bytes, start, length);
}

async function loaded() {
  const array = await unpacked();
  const attributes = facts.attributes.map((attribute, index) => ({
    ...attribute,
    index,
    other: attribute.other ?? -1,
    bins: attribute.edges ? attribute.edges.length - 1 : 0, // the first labels, between the edges
    codes: array(attribute.codes),
    starts: attribute.starts ? array(attribute.starts) : null,
    valueCodes: attribute.valueCodes ? array(attribute.valueCodes) : null,
  }));
  return { rows: facts.rows, attributes, reported: facts.reported && reportedCounts(array) };
}

// The reported counts are a trie: a combination's key is (position of all but its last attribute
// in their own block) * (number of states of the last one) + state.
function reportedCounts(array) {
  const told = facts.reported;
  const blocks = new Map(
    told.blocks.map(([axes, keys, counts]) => [axes.join(), { keys: array(keys), counts: array(counts) }]),
  );
  const plain = new Map(); // attribute -> [axis, state of each label or -1]
  const single = new Map(); // "attribute.label" -> axis, for attributes of several values
  told.axes.forEach(({ attribute, label, states }, axis) =>
    states ? plain.set(attribute, [axis, states]) : single.set(attribute + "." + label, axis),
  );
  const several = new Set(told.axes.filter((a) => !a.states).map((a) => a.attribute));
  const locate = ([attribute, label]) => {
    if (several.has(attribute)) return [single.get(attribute + "." + label) ?? -1, 0];
    const known = plain.get(attribute);
    return known ? [known[0], known[1][label]] : null;
  };
  return { ...told, blocks, locate };
}

function position(sorted, key) {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] === key) return middle;
    if (sorted[middle] < key) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
