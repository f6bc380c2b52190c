/* Reads the Prometheus text format 0.0.4, as GET /metrics answers it. */

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? +(\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

const unescape = (text) =>
  text.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));

const number = (text) =>
  ({ '+Inf': Infinity, '-Inf': -Infinity }[text] ?? Number(text));

function readLabels(text) {
  const labels = {};
  for (const [, name, value] of (text || '').matchAll(LABEL))
    labels[name] = unescape(value);
  return labels;
}

/* The family a sample belongs to: a histogram's samples carry a suffix. */
function familyOf(families, name) {
  const plain = families.get(name);
  if (plain)
    return [plain, ''];
  const suffix = /_(bucket|sum|count)$/.exec(name);
  const family = suffix && families.get(name.slice(0, suffix.index));
  return family ? [family, suffix[1]] : [null, ''];
}

/* text -> Map of name -> {name, type, help, series}, where series is a Map of
 * key -> {labels, value} or {labels, sum, count, buckets: [{upTo, count}]};
 * bucket counts are each bucket's own, not cumulative. */
export function parseExposition(text) {
  const families = new Map();
  const family = (name) => {
    if (!families.has(name))
      families.set(name, { name, type: 'untyped', help: '', series: new Map() });
    return families.get(name);
  };

  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) ?(.*)/.exec(line);
    if (comment) {
      const [, what, name, rest] = comment;
      if (what === 'HELP')
        family(name).help = unescape(rest);
      else
        family(name).type = rest;
      continue;
    }
    const sample = SAMPLE.exec(line);
    if (!sample)
      continue;
    const [one, suffix] = familyOf(families, sample[1]);
    if (one)
      addSample(one, suffix, readLabels(sample[2]), number(sample[3]));
  }
  families.forEach(ownCounts);
  return families;
}

function addSample(family, suffix, labels, value) {
  const { le, ...rest } = labels;
  const own = family.type === 'histogram' ? rest : labels;
  const key = JSON.stringify(Object.entries(own));
  if (!family.series.has(key))
    family.series.set(key, { labels: own, value: 0, sum: 0, count: 0, buckets: [] });
  const series = family.series.get(key);
  if (suffix === 'bucket')
    series.buckets.push({ upTo: number(le), count: value });
  else
    series[suffix || 'value'] = value;
}

function ownCounts(family) {
  for (const { buckets } of family.series.values())
    for (let i = buckets.length - 1; i > 0; i--)
      buckets[i].count -= buckets[i - 1].count;
}

/* Estimated from the buckets as Prometheus's histogram_quantile does. */
export function quantile(q, { count, buckets }) {
  let rank = q * count;
  let from = 0;
  for (const { upTo, count: own } of buckets) {
    if (rank <= own && own > 0)
      return upTo === Infinity ? from : from + (upTo - from) * (rank / own);
    rank -= own;
    from = upTo;
  }
  return from;
}
