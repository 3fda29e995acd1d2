// A query editor: a real <textarea>, so that keyboard, screen reader and undo work as everywhere,
// over a coloured copy of its text. Tables and columns beside it are put in where the cursor is.

const WORDS = new Set(
  ("all and any as asc avg between by case cast count cross current_date desc distinct else end " +
    "except exists extract false filter first from full group having in inner intersect interval " +
    "is join last lateral left like limit max min natural not null nulls offset on or order outer " +
    "over partition range right rows select sum then true union unbounded using values when where " +
    "window with").split(" "),
);
const TOKEN =
  /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*(?:'|$))|("(?:[^"]|"")*(?:"|$))|(\b\d+(?:\.\d+)?\b)|([\p{L}_][\p{L}\p{N}_]*)/gu;

function kindOf(found, known) {
  if (found[1]) return "comment";
  if (found[2]) return "text";
  if (found[4]) return "number";
  const name = (found[5] ?? found[3].replaceAll('"', "")).toLowerCase();
  if (found[5] && WORDS.has(name)) return "word";
  return known.has(name) ? "name" : "";
}

function coloured(text, known) {
  const out = document.createDocumentFragment();
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    out.append(text.slice(at, found.index));
    const part = document.createElement("span");
    part.className = kindOf(found, known);
    part.textContent = found[0];
    out.append(part);
    at = found.index + found[0].length;
  }
  out.append(text.slice(at), "\n "); // the last line has a height even while it is empty
  return out;
}

function quoted(name) {
  return /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function button(name, title, insert) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = name;
  made.title = title;
  made.setAttribute("aria-label", title);
  made.onclick = () => insert(quoted(name));
  return made;
}

function browser(tables, insert) {
  return Object.entries(tables).map(([table, columns]) => {
    const group = document.createElement("div");
    group.className = "table";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", `Table ${table}`);
    group.append(button(table, `Put in table ${table}`, insert));
    const list = document.createElement("ul");
    for (const [column, type] of Object.entries(columns)) {
      const line = document.createElement("li");
      const kind = document.createElement("span");
      kind.textContent = type.toLowerCase();
      line.append(button(column, `Put in ${column}, ${type.toLowerCase()}`, insert), kind);
      list.append(line);
    }
    group.append(list);
    return group;
  });
}

// What was sent and not yet heard back, oldest first, and what Python said last. Kept for as long as
// the page lives: where somebody leaves at once, the server may drop what it had not yet read.
const sent = [];
let heard = null;

// Whether Python says something that nobody typed here.
function isNew(text) {
  if (text === heard) return false;
  heard = text;
  const place = sent.lastIndexOf(text);
  sent.splice(0, place < 0 ? sent.length : place + 1);
  return place < 0;
}

export default function ({ data, parentElement, setStateValue }) {
  const [area, code, tables] = ["textarea", "code", ".tables"].map((s) =>
    parentElement.querySelector(s),
  );
  const known = new Set(
    Object.entries(data.tables).flatMap(([t, c]) => [t, ...Object.keys(c)]).map((n) => n.toLowerCase()),
  );
  const paint = () => code.replaceChildren(coloured(area.value, known));
  const commit = () => {
    if (area.value !== (sent.at(-1) ?? heard)) sent.push(area.value);
    setStateValue("text", area.value);
  };
  // What Python says wins only where it says something new: it must not undo what is being typed,
  // nor what it has not read yet.
  const fresh = area.readOnly; // before this script runs, nothing typed would stay
  if (isNew(data.text) || fresh) area.value = sent.at(-1) ?? data.text;
  area.readOnly = false;
  if (fresh && sent.length) setStateValue("text", area.value);
  area.setAttribute("aria-invalid", String(data.wrong));
  area.oninput = paint;
  area.onchange = commit;
  area.onkeydown = (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) commit();
  };
  const insert = (name) => {
    const before = area.value.slice(0, area.selectionStart);
    const gap = /[\w")]$/.test(before) ? " " : "";
    area.focus();
    // Through the browser's own editing, so that it can be undone; it fires `input`.
    document.execCommand("insertText", false, gap + name);
    commit();
  };
  const shown = JSON.stringify(data.tables);
  if (tables.shown !== shown) {
    tables.shown = shown;
    tables.replaceChildren(...browser(data.tables, insert));
  }
  paint();
}
