/* Shows the families of a scrape: a tile for a single number, a table for series
 * with labels, bars for a histogram, and a table for a histogram with several
 * labels. Later scrapes update them in place, which keeps focus and open details. */

import { quantile } from './demo-exposition.js';

export function element(tag, className, text) {
  const it = document.createElement(tag);
  if (className)
    it.className = className;
  if (text !== undefined)
    it.textContent = text;
  return it;
}

const format = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });
const huge = new Intl.NumberFormat('en', { notation: 'scientific', maximumSignificantDigits: 4 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
const isHuge = (value) => Math.abs(value) > Number.MAX_SAFE_INTEGER && Number.isFinite(value);
export const show = (value) => (isHuge(value) ? huge : format).format(value);
/* At most five characters, for bars. */
const showShort = (value) => (isHuge(value) ? huge.format(Number(value.toPrecision(1))) : short.format(value));

function showBytes(value) {
  const power = Math.min(5, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  const part = value / 1024 ** power;
  return `${show(power ? Number(part.toPrecision(3)) : part)}\u00a0${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][power]}`;
}

export function showSeconds(value) {
  if (value < 1)
    return `${show(Number((value * 1000).toPrecision(3)))}\u00a0ms`;
  return `${show(Number(value.toPrecision(3)))}\u00a0s`;
}

function bound(upTo, showValue) {
  if (upTo === Infinity)
    return 'more';
  if (showValue === showBytes)
    return showBytes(upTo);
  return Math.abs(upTo) < 1e4 ? String(upTo).replace(/^(-?)0\./, '$1.') : showShort(upTo);
}
const size = (series, type) => (type === 'histogram' ? series.count : series.value);
const labelText = (labels) =>
  Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(', ');

const showTime = (value) => (value > 1e9 && value < 1e11
  ? `${new Date(value * 1000).toISOString().slice(0, 19).replace('T', ' ')}\u00a0UTC` : show(value));

/* By the name of the family. */
function formatOf({ name }) {
  if (/_bytes(_total)?$/.test(name))
    return showBytes;
  if (/(timestamp|(push|failure|start)_time)_seconds$/.test(name))
    return showTime;
  return /seconds|time/.test(name) ? showSeconds : show;
}

export function set(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
}

/* A number that the style shrinks to the width of its card. */
export function setNumber(node, text) {
  set(node, text);
  node.style.setProperty('--chars', text.length);
}

/* Makes a box focusable for the keyboard while its content is wider than it. */
export function scrollable(box, label) {
  const attributes = { tabindex: '0', role: 'region', 'aria-label': label };
  const update = () => {
    const wide = box.scrollWidth > box.clientWidth;
    for (const [name, value] of Object.entries(attributes))
      if (wide)
        box.setAttribute(name, value);
      else
        box.removeAttribute(name);
  };
  const observer = new ResizeObserver(update);
  observer.observe(box);
  for (const child of box.children)
    observer.observe(child);
  /* Longer text does not resize its box. */
  new MutationObserver(update).observe(box, { childList: true, characterData: true, subtree: true });
}

function flash(node) {
  node.classList.remove('changed');
  void node.offsetWidth;  /* restarts the animation */
  node.classList.add('changed');
}

function heading(family) {
  const head = element('div', 'family-head');
  const name = element('h3');
  /* A long name may break after each of its words. */
  for (const word of family.name.match(/[^_]*_|[^_]+/g))
    name.append(word, element('wbr'));
  head.append(name, element('span', 'type', family.type));
  return head;
}

function createTile(family) {
  const card = element('article', 'card tile');
  const big = element('span', 'big');
  const plus = element('span', 'plus');
  const line = element('div');
  line.append(big, ' ', plus);
  card.append(heading(family), line, element('p', '', family.help));
  const showValue = formatOf(family);
  return { card, update(one, news) {
    const [series] = one.series.values();
    setNumber(big, showValue(series.value));
    set(plus, one.type === 'counter' ? gained(news.since(''), showValue) : '');
    if (news.changed.size)
      flash(line);
  } };
}

const gained = (more, showValue = show) => (more > 0 ? `+${showValue(more)}` : '');

/* The columns after the labels: name and text of each. */
const FIGURES = {
  counter: (showValue) => ({ total: ({ value }) => showValue(value) }),
  histogram: (showValue) => ({
    p50: (series) => showValue(quantile(0.5, series)),
    p75: (series) => showValue(quantile(0.75, series)),
    p95: (series) => showValue(quantile(0.95, series)),
    count: ({ count }) => show(count),
  }),
};

function createTable(family) {
  const card = element('article', 'card');
  const showValue = formatOf(family);
  const figures = (FIGURES[family.type] || FIGURES.counter)(showValue);
  const bars = family.type !== 'histogram';
  const names = [...new Set([...family.series.values()].flatMap(({ labels }) => Object.keys(labels)))];
  const scroll = element('div', 'scroll');
  const table = element('table');
  const head = table.createTHead().insertRow();
  const columns = [...names.map((name) => [name, '']), ...(bars ? [['of highest', 'part']] : []),
    ...Object.keys(figures).map((name) => [name, 'number']), ['new', 'number']];
  for (const [text, className] of columns) {
    const th = element('th', className, text);
    th.scope = 'col';
    head.append(th);
  }
  const body = table.createTBody();
  const rows = new Map();
  scroll.append(table);
  scrollable(scroll, `Table of ${family.name}`);
  const zeros = element('details', 'zeros');
  const summary = element('summary');
  const list = element('ul');
  zeros.append(summary, list);
  card.append(heading(family), element('p', '', family.help), scroll, zeros);

  function rowOf(key, labels) {
    if (!rows.has(key)) {
      const tr = element('tr');
      tr.append(...names.map((name) => element('td', '', labels[name] ?? '')));
      const part = element('td', 'part');
      const bar = element('div', 'part-bar');
      part.append(bar);
      const numbers = Object.keys(figures).map(() => element('td', 'number'));
      const plus = element('td', 'plus');
      tr.append(...(bars ? [part] : []), ...numbers, plus);
      rows.set(key, { tr, bar, numbers, plus });
    }
    return rows.get(key);
  }

  return { card, update(one, news) {
    const all = [...one.series];
    const sizeOf = (series) => size(series, one.type);
    const some = all.filter(([, series]) => sizeOf(series) !== 0);
    const none = all.filter(([, series]) => sizeOf(series) === 0);
    const most = Math.max(...some.map(([, series]) => Math.abs(sizeOf(series))));
    const shown = some.map(([key, series]) => {
      const row = rowOf(key, series.labels);
      Object.values(figures).forEach((text, i) => set(row.numbers[i], text(series)));
      set(row.plus, one.type === 'gauge' ? '' : gained(news.since(key), bars ? showValue : show));
      row.bar.style.width = `${(100 * Math.abs(sizeOf(series))) / most}%`;
      if (news.changed.has(key))
        flash(row.tr);
      return row.tr;
    });
    if (shown.length !== body.rows.length || shown.some((tr, i) => tr !== body.rows[i]))
      body.replaceChildren(...shown);
    scroll.hidden = !shown.length;
    zeros.hidden = !none.length;
    const text = `${none.length} permitted combination${none.length === 1 ? '' : 's'} at 0`;
    if (summary.textContent !== text) {
      summary.textContent = text;
      list.replaceChildren(...none.map(([, { labels }]) => element('li', 'mono', labelText(labels))));
    }
  } };
}

function createChart(family, series) {
  const chart = element('div', 'chart');
  const head = element('div', 'chart-head');
  const figures = element('span', 'figures');
  const name = labelText(series.labels);
  head.append(element('span', 'mono', name), figures);
  const scroll = element('div', 'scroll');
  const bars = element('div', 'bars');
  bars.setAttribute('role', 'img');
  const showValue = formatOf(family);
  const buckets = series.buckets.map(({ upTo }) => {
    const bucket = element('div', 'bucket');
    const many = element('span', 'many');
    const column = element('span', 'column');
    bucket.append(many, column, element('span', 'upto', bound(upTo, showValue)));
    bars.append(bucket);
    return { bucket, many, column, last: null };
  });
  scroll.append(bars);
  scrollable(scroll, `Buckets of ${family.name} ${name}`.trim());
  chart.append(head, scroll);

  function figure(label, text) {
    const it = element('span', '', `${label} `);
    it.append(element('b', '', text));
    return it;
  }

  return { chart, update(now, more) {
    const most = Math.max(...now.buckets.map(({ count }) => count), 1);
    now.buckets.forEach(({ count }, i) => {
      const it = buckets[i];
      set(it.many, count ? showShort(count) : '');
      it.column.style.height = `${(100 * count) / most}%`;
      it.bucket.classList.toggle('some', count > 0);
      it.bucket.classList.toggle('changed', it.last !== null && it.last !== count);
      it.last = count;
    });
    const parts = [figure('count', show(now.count))];
    if (now.count)
      parts.push(figure('mean', showValue(now.sum / now.count)),
        figure('p50', showValue(quantile(0.5, now))),
        figure('p95', showValue(quantile(0.95, now))));
    const plus = gained(more);
    if (plus)
      parts.push(element('span', 'plus', plus));
    figures.replaceChildren(...parts);
    bars.setAttribute('aria-label', now.buckets.filter(({ count }) => count)
      .map(({ upTo, count }) => `${count} ${upTo === Infinity ? 'above' : `up to ${upTo}`}`)
      .join(', ') || 'no observations yet');
  } };
}

function createHistogram(family) {
  const card = element('article', 'card');
  card.append(heading(family), element('p', '', family.help));
  const charts = new Map();
  return { card, update(one, news) {
    for (const [key, series] of one.series) {
      if (!charts.has(key)) {
        charts.set(key, createChart(one, series));
        card.append(charts.get(key).chart);
      }
      if (news.first || news.changed.has(key))
        charts.get(key).update(series, news.since(key));
    }
  } };
}

const TILE = { create: createTile, place: 'tiles' };
const TABLE = { create: createTable, place: 'tables' };
const CHART = { create: createHistogram, place: 'charts' };
const FIGURES_TABLE = { create: createTable, place: 'charts' };

function kindOf(family) {
  const labels = Object.keys(family.series.values().next().value.labels).length;
  if (family.type === 'histogram')
    return labels > 1 ? FIGURES_TABLE : CHART;
  return labels ? TABLE : TILE;
}

/* places: the elements for {tiles, tables, charts}; first: names of families
 * that come before the others. */
export function totalsView(places, first) {
  const views = new Map();
  const order = ({ name }) => (first.indexOf(name) + 1 || first.length + 1);

  function viewOf(family) {
    const kind = kindOf(family);
    let view = views.get(family.name);
    if (view && view.kind === kind)
      return view;
    if (view)
      view.card.remove();
    view = { ...kind.create(family), kind, before: new Map(), start: new Map(), fresh: true };
    view.card.dataset.family = family.name;
    views.set(family.name, view);
    return view;
  }

  /* Compares with the last scrape and with the first one. */
  function compare(view, family) {
    const changed = new Set();
    const first = view.fresh;
    for (const [key, series] of family.series) {
      const value = size(series, family.type);
      if (!first && view.before.get(key) !== value)
        changed.add(key);
      if (!view.start.has(key) || value < view.start.get(key))
        view.start.set(key, first ? value : 0);
      view.before.set(key, value);
    }
    view.fresh = false;
    const since = (key) => {
      const one = family.series.get(key || '[]');
      return one ? size(one, family.type) - view.start.get(key || '[]') : 0;
    };
    return { changed, first, since };
  }

  /* Returns the changes as text, for screen readers. */
  return function update(families) {
    const said = [];
    const sorted = families.filter(({ series }) => series.size)
      .sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
    const cards = { tiles: [], tables: [], charts: [] };
    for (const family of sorted) {
      const view = viewOf(family);
      const news = compare(view, family);
      view.update(family, news);
      cards[view.kind.place].push(view.card);
      for (const key of news.changed) {
        const series = family.series.get(key);
        said.push(`${family.name} ${labelText(series.labels)} ${show(size(series, family.type))}`);
      }
    }
    for (const [name, parent] of Object.entries(places))
      place(parent, cards[name]);
    return said;
  };
}

function place(parent, cards) {
  if (cards.length !== parent.children.length || cards.some((card, i) => card !== parent.children[i]))
    parent.replaceChildren(...cards);
}
