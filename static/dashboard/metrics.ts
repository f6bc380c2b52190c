/* Every family of the allowlist: a plot by one label, and its table. */

import type { Family, Labels } from './api';
import { bucketsOf, groupBy, sumBefore, sumOf, type Context, type Line, type Sum } from './context';
import type { Cell } from './csv';
import { breakable, h } from './dom';
import { NONE, showChange, showCount, showNumber, showOf, showPercent, showShort, type Show } from './format';
import { quantile } from './histogram';
import { quantileLine, sumBy, wholeOf } from './numbers';
import { Plot, type PlotSeries } from './plot';
import { fileName, partOf, section, type Section } from './section';
import { Table, type Column } from './table';
import { byNow } from './traffic';

/* More lines could not be distinguished. */
const MOST_LINES = 7;
const color = (i: number): string => `--line-${i + 1}`;

/* The plot and the table of a family. */
interface View {
  series: PlotSeries[];
  show: Show;
  rows: Row[];
  columns: Column<Row>[];
}

interface Row { name: string; cells: Cell[] }

type Kind = (context: Context, name: string, label: string) => Promise<View>;

const nameOf = (labels: Labels, label: string): string =>
  (label ? labels[label] || '(empty)' : 'All');

const rowsOf = (sums: readonly Sum[], label: string, cells: (sum: Sum) => Cell[]): Row[] =>
  sums.map((sum) => ({ name: nameOf(sum.labels, label), cells: cells(sum) }));

/* Columns of rows that are lists of cells; a change is a text. */
function columnsOf(label: string, rows: readonly Row[], shows: readonly (readonly [string, Show, string?])[]): Column<Row>[] {
  return [
    { name: label || 'Series', isText: true, value: ({ name }) => name, part: partOf(rows, ({ cells }) => Number(cells[0]) || 0) },
    ...shows.map(([name, show, none = NONE], i): Column<Row> => ({
      name, value: ({ cells }) => cells[i] ?? null, show: ({ cells }) => (cells[i] === null ? none : show(Number(cells[i]))),
    })),
  ];
}

const showGrowth: Show = (change) => showChange(1 + change, 1);

/* The one with the same value of the label. */
const same = <T extends { labels: Labels }>(all: readonly T[], { labels: wanted }: { labels: Labels }, label: string): T | undefined =>
  all.find(({ labels }) => (labels[label] ?? '') === (wanted[label] ?? ''));

/* The lines with the highest sums, highest first. */
const highest = (lines: readonly Line[], sums: readonly Sum[], label: string, show: Show): PlotSeries[] =>
  sums.slice(0, MOST_LINES).map((sum, i) => ({
    name: nameOf(sum.labels, label), values: same(lines, sum, label)?.now ?? [], color: color(i), look: 'line', whole: show(sum.now) }));

const counter: Kind = async (context, name, label) => {
  const by = label ? [label] : [];
  const [lines, sums] = await Promise.all([
    context.lines(sumBy(name, {}, by), { compares: context.compares && !label }), context.sums(sumBy(name, {}, by)),
  ]);
  const unit = showOf(name);
  const show = unit === showNumber ? showCount : unit;
  const sorted = byNow(sums);
  const all = sumOf(sums);
  const rows = rowsOf(sorted, label, ({ now, before }) =>
    [now, now / all, ...(context.compares ? [before, before === 0 ? null : now / before - 1] : [])]);
  return {
    show, rows,
    columns: columnsOf(label, rows, [['Growth', show], ['Share', showPercent],
      ...(context.compares ? [['Before', show], ['Change', showGrowth, 'new']] as const : [])]),
    series: label ? highest(lines, sorted, label, show) : [
      { name: 'Growth', values: lines[0]?.now ?? [], color: '--accent', look: 'bars', whole: show(all) },
      ...(context.compares ? [{ name: 'Before', values: lines[0]?.before ?? [], color: '--before', look: 'before' as const, whole: show(sumBefore(sums)) }] : []),
    ],
  };
};

/* Gauges that count things, such as orders by state, are added up; ratios are
 * not. */
const NO_SUM = /_(ratio|percent|per|average|avg|mean|rate|age|celsius|seconds|time|timestamp)(_|$)/;

const gauge: Kind = async (context, name, label) => {
  const show = showOf(name);
  const whole = context.families.get(name)?.queried && !NO_SUM.test(name) ? 'sum' : 'avg';
  const expression = () => `${whole}${label ? ` by (${label}) ` : ''}(${name})`;
  const [lines, values] = await Promise.all([
    context.lines(expression, { isGrowth: false, compares: context.compares && !label }), context.values(expression),
  ]);
  const sorted = values.filter(({ now }) => Number.isFinite(now)).sort((a, b) => b.now - a.now);
  const rows = rowsOf(sorted, label, ({ now, before }) => [now, ...(context.compares ? [before] : [])]);
  return {
    show, rows,
    columns: columnsOf(label, rows, [['Value', show], ...(context.compares ? [['Before', show] as const] : [])]),
    series: label ? highest(lines, sorted, label, show) : [
      { name: 'Value', values: lines[0]?.now ?? [], color: '--accent', look: 'line', whole: show(sorted[0]?.now ?? NaN) },
      ...(context.compares ? [{ name: 'Before', values: lines[0]?.before ?? [], color: '--before', look: 'before' as const, whole: show(sorted[0]?.before ?? NaN) }] : []),
    ],
  };
};

const histogram: Kind = async (context, name, label) => {
  const show = showOf(name);
  const by = label ? [label] : [];
  const bucket = `${name}_bucket`;
  const [buckets, sums] = await Promise.all([context.sums(sumBy(bucket, {}, [...by, 'le'])), context.sums(sumBy(`${name}_sum`, {}, by))]);
  const groups = groupBy(buckets, by).map(({ labels, all }) => {
    const now = bucketsOf(all, (one) => one.now);
    const before = bucketsOf(all, (one) => one.before);
    const sum = same(sums, { labels }, label);
    const count = now.at(-1)?.count ?? 0;
    return { labels, now, count, before: context.compares ? before.at(-1)?.count ?? NaN : NaN, mean: (sum?.now ?? NaN) / count };
  }).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count);
  const rows = groups.map(({ labels, now, count, before, mean }): Row => ({
    name: nameOf(labels, label),
    cells: [count, mean, quantile(0.5, now), quantile(0.75, now), quantile(0.95, now), ...(context.compares ? [before === 0 ? null : count / before - 1] : [])],
  }));
  const columns = columnsOf(label, rows, [['Count', showCount], ['Mean', show], ['p50', show], ['p75', show], ['p95', show],
    ...(context.compares ? [['Change of count', showGrowth, 'new'] as const] : [])]);
  const q95 = (lines: readonly Line[], q = 0.95) => ({ values: quantileLine(lines, q, 'now', context.steps.length), whole: show(quantile(q, wholeOf(lines, 'now'))) });
  if (!label) {
    const lines = await context.lines(sumBy(bucket, {}, ['le']), { compares: false });
    return { show, rows, columns, series: [
      { name: 'p50', ...q95(lines, 0.5), color: '--line-1', look: 'line' },
      { name: 'p75', ...q95(lines, 0.75), color: '--line-2', look: 'line' },
      { name: 'p95', ...q95(lines), color: '--line-3', look: 'line' },
    ] };
  }
  const series = await Promise.all(groups.slice(0, MOST_LINES).map(async ({ labels }, i): Promise<PlotSeries> => ({
    name: `${nameOf(labels, label)} p95`, color: color(i), look: 'line',
    ...q95(await context.lines(sumBy(bucket, labels, ['le']), { compares: false })),
  })));
  return { show, rows, columns, series };
};

/* The mean: quantiles of several summaries cannot be added. */
const summary: Kind = async (context, name, label) => {
  const show = showOf(name);
  const by = label ? [label] : [];
  const of = (part: string) => sumBy(`${name}_${part}`, {}, by);
  const [sums, counts, sumLines, countLines] = await Promise.all([
    context.sums(of('sum')), context.sums(of('count')),
    context.lines(of('sum'), { compares: false }), context.lines(of('count'), { compares: false }),
  ]);
  const sorted = byNow(counts);
  const rows = rowsOf(sorted, label, (one) => [one.now, (same(sums, one, label)?.now ?? NaN) / one.now]);
  return {
    show, rows, columns: columnsOf(label, rows, [['Count', showCount], ['Mean', show]]),
    series: sorted.slice(0, MOST_LINES).map((one, i) => {
      const [sum, count] = [same(sumLines, one, label), same(countLines, one, label)];
      return {
        name: label ? nameOf(one.labels, label) : 'Mean', color: color(i), look: 'line',
        values: context.steps.map((_, n) => (count?.now[n] ? (sum?.now[n] ?? 0) / count.now[n] : null)),
        whole: show((same(sums, one, label)?.now ?? NaN) / one.now),
      };
    }),
  };
};

const KINDS: Record<string, Kind | undefined> = { counter, histogram, summary };
const METRIC: Record<string, string | undefined> = { histogram: '_count', summary: '_count' };

/* Opens or closes a family, or breaks it down by a label. */
export type Open = (family: string, label: string | null) => void;

class FamilyCard {
  readonly element: HTMLDetailsElement;
  private context: Context | null = null;
  private readonly plot: Plot;
  private readonly table: Table<Row>;
  private readonly by: HTMLSelectElement;
  private readonly body = h('div', { class: 'family-body' });

  constructor(readonly name: string, { type, help, unit }: Family, open: Open) {
    this.plot = new Plot(name, () => fileName(name, this.context));
    this.table = new Table<Row>({ caption: `${name} in this period`, file: () => fileName(`${name}-sums`, this.context), most: 15, key: (row) => row.name });
    this.by = h('select', { change: () => { open(name, this.by.value); } });
    this.body.append(
      h('div', { class: 'card-head' }, h('label', { class: 'by' }, 'Break down by ', this.by),
        h('div', { class: 'actions' }, this.plot.toggle, this.plot.table.save)),
      this.plot.element,
      h('div', { class: 'card-head' }, h('h4', {}, 'In this period'), h('div', { class: 'actions' }, this.table.save)),
      this.table.element);
    this.element = h('details', { class: 'card family' }, h('summary', { click: (event) => {
      event.preventDefault();
      open(name, this.element.open ? null : '');
    } }, h('h3', {}, h('code', {}, ...breakable(name))), h('span', { class: 'type' }, unit && showOf(name) === showNumber ? `${type}, ${unit}` : type), h('span', { class: 'help' }, help)), this.body);
  }

  close(): void {
    this.element.open = false;
  }

  async load(context: Context, type: string, label: string): Promise<() => void> {
    const { name } = this;
    const labels = await context.api.labels(`${name}${METRIC[type] ?? ''}`, context.range.from, Math.min(context.range.until, context.now));
    const wanted = labels.includes(label) ? label : '';
    const view = await (KINDS[type] ?? gauge)(context, name, wanted);
    return () => {
      this.context = context;
      this.by.replaceChildren(...['', ...labels].map((one) => h('option', { value: one, selected: one === wanted }, one || 'nothing')));
      this.by.disabled = !labels.length;
      this.plot.update({ steps: context.steps, step: context.range.step, series: view.series, show: view.show, showTick: view.show === showCount ? showShort : view.show });
      this.table.update(view.rows, view.columns);
      this.element.open = true;
    };
  }
}

export class Metrics implements Section {
  readonly element: HTMLElement;
  private readonly cards = new Map<string, FamilyCard>();
  private readonly list = h('div', { class: 'families' });
  private readonly search = h('input', { type: 'search', placeholder: 'Filter by name', 'aria-label': 'Filter the metrics by name', autocomplete: 'off', spellcheck: 'false', input: () => { this.filter(); } });
  private readonly none = h('p', { class: 'empty', hidden: true }, 'No metric with this name.');

  constructor(private readonly open: Open) {
    this.element = section('metrics', 'All metrics', '', this.search, this.list, this.none);
  }

  private filter(): void {
    const text = this.search.value.trim().toLowerCase();
    const cards = [...this.cards.values()];
    for (const { element, name } of cards)
      element.hidden = !name.toLowerCase().includes(text);
    this.none.hidden = cards.some(({ element }) => !element.hidden);
  }

  async load(context: Context): Promise<() => void> {
    const { families, state } = context;
    const cards = [...families].map(([name, family]) => this.cards.get(name) ?? new FamilyCard(name, family, this.open));
    const paint = await Promise.all(cards.map(async (one) => {
      const label = state.open.get(one.name);
      return label === undefined ? () => { one.close(); } : one.load(context, families.get(one.name)?.type ?? '', label);
    }));
    return () => {
      if (cards.length !== this.cards.size || cards.some(({ name }) => !this.cards.has(name))) {
        this.cards.clear();
        for (const one of cards)
          this.cards.set(one.name, one);
        this.list.replaceChildren(...cards.map(({ element }) => element));
      }
      for (const one of paint)
        one();
      this.filter();
    };
  }
}

