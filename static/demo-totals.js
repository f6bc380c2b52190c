/* Shows the families of a scrape: a tile for what is one number, a table for
 * what has labels, bars for a histogram, and again a table for a histogram that
 * has several labels. Everything is drawn once and then updated in place, so
 * that focus and open details stay. */

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
export const show = (value) => format.format(value);

export function showSeconds(value) {
  if (value < 1)
    return `${show(Number((value * 1000).toPrecision(3)))}\u00a0ms`;
  return `${show(Number(value.toPrecision(3)))}\u00a0s`;
}

const bound = (upTo) => (upTo === Infinity ? 'more' : String(upTo).replace(/^0\./, '.'));
const size = (series, type) => (type === 'histogram' ? series.count : series.value);
const labelText = (labels) =>
  Object.entries(labels).map(([name, value]) => `${name}="${value}"`).join(', ');

export function set(node, text) {
  if (node.textContent !== text)
    node.textContent = text;
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
  return { card, update(one, news) {
    const [series] = one.series.values();
    set(big, show(series.value));
    set(plus, one.type === 'counter' ? gained(news.since('')) : '');
    if (news.changed.size)
      flash(line);
  } };
}

const gained = (more) => (more > 0 ? `+${show(more)}` : '');

/* What stands in a row behind the labels: the text of each column. */
const FIGURES = {
  counter: { total: ({ value }) => show(value) },
  histogram: {
    p50: (series) => showSeconds(quantile(0.5, series)),
    p75: (series) => showSeconds(quantile(0.75, series)),
    p95: (series) => showSeconds(quantile(0.95, series)),
    count: ({ count }) => show(count),
  },
};

function createTable(family) {
  const card = element('article', 'card');
  const figures = FIGURES[family.type] || FIGURES.counter;
  const bars = family.type !== 'histogram';
  const names = [...new Set([...family.series.values()].flatMap(({ labels }) => Object.keys(labels)))];
  const scroll = element('div', 'scroll');
  const table = element('table');
  const head = table.createTHead().insertRow();
  const columns = [...names.map((name) => [name, '']), ...(bars ? [['', 'part']] : []),
    ...Object.keys(figures).map((name) => [name, 'number']), ['new', 'number']];
  for (const [text, className] of columns) {
    const th = element('th', className, text);
    th.scope = 'col';
    head.append(th);
  }
  const body = table.createTBody();
  const rows = new Map();
  scroll.append(table);
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
      set(row.plus, one.type === 'gauge' ? '' : gained(news.since(key)));
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

function createChart(series, seconds) {
  const chart = element('div', 'chart');
  const head = element('div', 'chart-head');
  const figures = element('span', 'figures');
  const name = labelText(series.labels);
  head.append(element('span', 'mono', name), figures);
  const bars = element('div', series.buckets.length > 12 ? 'bars narrow' : 'bars');
  bars.setAttribute('role', 'img');
  const buckets = series.buckets.map(({ upTo }) => {
    const bucket = element('div', 'bucket');
    const many = element('span', 'many');
    const column = element('span', 'column');
    bucket.append(many, column, element('span', 'upto', bound(upTo)));
    bars.append(bucket);
    return { bucket, many, column, last: null };
  });
  chart.append(head, bars);
  const showValue = seconds ? showSeconds : (value) => show(value);

  function figure(label, text) {
    const it = element('span', '', `${label} `);
    it.append(element('b', '', text));
    return it;
  }

  return { chart, update(now, more) {
    const most = Math.max(...now.buckets.map(({ count }) => count), 1);
    now.buckets.forEach(({ count }, i) => {
      const it = buckets[i];
      set(it.many, count ? show(count) : '');
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
  const seconds = /seconds|time/.test(family.name);
  return { card, update(one, news) {
    for (const [key, series] of one.series) {
      if (!charts.has(key)) {
        charts.set(key, createChart(series, seconds));
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

  /* What differs from the last scrape and from the first. */
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

  /* Returns what changed, as text for those who cannot see it. */
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
