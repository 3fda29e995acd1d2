// Sentences about numbers: how far one can be trusted, and why one is absent.

const numbers = new Intl.NumberFormat("en");
const whole = (n) => numbers.format(Math.round(n));
const percent = (x) => (x > 0 && x < 0.001 ? "<0.1%" : (100 * x).toFixed(x < 0.1 ? 1 : 0) + "%");
const estimate = (rows) => rows * facts.peoplePerRow;

const SHORT = { few: "<k", long: "deep", none: "–", outside: "–", blank: "–", part: "part", many: "–" };

function shortWhy(why) {
  if (why === "few") return "<" + facts.reported.resolution;
  if (why === "long") return ">" + facts.reported.length;
  return SHORT[why];
}

function longWhy(why) {
  const { resolution, length, protection } = facts.reported || {};
  const few = {
    rounded: `fewer than ${resolution} people, so no number may be given.`,
    withheld: `fewer than ${resolution} people, or withheld so that a smaller number cannot be worked out.`,
    noisy: "the noisy count was too small to be told from nobody.",
  };
  return {
    few: few[protection],
    long: `longer than ${length}: counts of more than ${length} attributes together were not released.`,
    none: "not released: this release holds synthetic rows only.",
    outside: "not released: no counts were made of this attribute.",
    blank: "not released: blanks are not counted, or too few people have one.",
    part: "not released: at least one of the selected values together has no reported count.",
    many: "not worked out: too many values are selected.",
  }[why];
}

function reportedSentence({ count, why, parts = 1 }) {
  if (why) return `Reported: no number – ${longWhy(why)}`;
  const { resolution, protection, sigma } = facts.reported;
  if (protection === "rounded")
    return `Reported: ${whole(count)}. Counted from real people and rounded down: between ${whole(count)} and ${whole(count + parts * (resolution - 1))}.`;
  if (protection === "noisy")
    return `Reported: about ${whole(count)}. Counted from real people with noise added: usually within ±${whole(2 * sigma * Math.sqrt(parts))}.`;
  return `Reported: ${whole(count)}. Counted from real people, exact.`;
}

function trustSentence(rows, length, told) {
  if (told.count !== undefined) {
    const apart = Math.abs(estimate(rows) - told.count) / Math.max(told.count, 1);
    return `The estimate differs from it by ${percent(apart)}. Where both are given, trust the reported one.`;
  }
  if (told.why === "few" && facts.reported.protection === "rounded")
    return `Whatever the estimate says, the true number lies between 0 and ${facts.reported.resolution - 1}.`;
  const known = facts.accuracy.filter((a) => a.length === Math.min(length, facts.accuracy.length));
  const like = known.find((a) => estimate(rows) < a.below) || known[known.length - 1];
  if (!like) return "Nothing was reported that this estimate could be compared with.";
  const beyond = length > like.length ? ` of ${like.length} attributes; deeper ones are less certain` : "";
  return `Estimates of this size${beyond} are typically ${percent(like.typical)} off, and 9 in 10 are within ${percent(like.usual)}.`;
}
