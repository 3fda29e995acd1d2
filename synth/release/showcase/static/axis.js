// Numbers and dates along an axis: how wide an interval is, how high a bar may be, where ticks go.

const DAY = 86400;
const STEPS = [60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, DAY, 2 * DAY, 7 * DAY, 14 * DAY];
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
const TICKS = 5;

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);
const width = ({ edges }, label) => edges[label + 1] - edges[label];
const span = ({ edges }) => edges[edges.length - 1] - edges[0];

function even({ edges, bins }) {
  const widths = Array.from({ length: bins }, (_, l) => edges[l + 1] - edges[l]);
  return Math.max(...widths) < 1.05 * Math.min(...widths);
}

// The density at the top of a chart. One value that many rows share is a spike of no width: where
// there are wider intervals it does not count, and is drawn cut off.
function highest(attribute, labels, rows) {
  const density = (l) => rows(l) / width(attribute, l);
  const broad = labels.filter((l) => width(attribute, l) >= span(attribute) / 100);
  const most = (some) => Math.max(...some.map(density), 0);
  const all = most(labels);
  const top = broad.length > 1 ? Math.min(all, 2.5 * most(broad)) : all;
  return top || all || 1;
}

function axis(attribute) {
  const { edges, kind } = attribute;
  const [low, high] = [edges[0], edges[edges.length - 1]];
  const ticks = kind === "date" ? moments(low, high) : plain(low, high);
  const marks = ticks.map(([at, text]) => {
    const share = (at - low) / (high - low);
    const mark = make("span", { text, class: share < 0.08 ? "first" : share > 0.92 ? "last" : "" });
    mark.style.left = `${100 * share}%`;
    return mark;
  });
  return make("div", { class: "axis", "aria-hidden": "true" }, ...marks);
}

function plain(low, high) {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) ticks.push([i * step, numbers.format(Number((i * step).toPrecision(12)))]);
  return ticks;
}

function moments(low, high) {
  const step = STEPS.find((n) => (high - low) / n <= TICKS);
  const text = (s) => new Date(1000 * s).toISOString();
  if (step) {
    const ticks = [];
    for (let at = Math.ceil(low / step) * step; at <= high; at += step)
      ticks.push([at, step < DAY ? (at % DAY ? text(at).slice(11, 16) : text(at).slice(5, 10)) : text(at).slice(0, 10)]);
    return ticks;
  }
  const months = MONTHS.find((n) => (high - low) / (n * 30.44 * DAY) <= TICKS) || 6000;
  const first = new Date(1000 * low);
  const ticks = [];
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
  for (; ; month += months) {
    const at = Date.UTC(2000, month - 24000) / 1000;
    if (at > high) return ticks;
    if (at >= low) ticks.push([at, text(at).slice(0, months % 12 ? 7 : 4)]);
  }
}
