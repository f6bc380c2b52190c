/* Web vitals: the 75th percentile against its limits, and the shares of good,
 * fair and poor views. */

import { select, type Context, type Sum } from './context';
import { h, setText } from './dom';
import { NONE, showChange, showCount, showOf, showPercent, toneOf } from './format';
import { countBy, measure, rate, TONES, VIEWS, VITAL_QUANTILE, VITALS, type Measured, type Vital } from './numbers';
import { Plot } from './plot';
import { card, fileName, hint, section, type Section } from './section';
import { Table, type Column } from './table';
import type { PageLink } from './traffic';

class VitalCard {
  readonly element: HTMLElement;
  private context: Context | null = null;
  private readonly plot: Plot;
  private readonly value = h('b', {}, NONE);
  private readonly rating = h('span', { class: 'rating' });
  private readonly change = h('span', { class: 'change' });
  private readonly parts = (['good', 'middling', 'poor'] as const).map((tone) => ({ tone, bar: h('span', { class: tone }), text: h('b') }));

  constructor(private readonly vital: Vital) {
    const { name, metric, about, limits: [good, poor] } = vital;
    const show = showOf(metric);
    this.plot = new Plot(`${name} p75`, () => fileName(name.toLowerCase(), this.context), true);
    const words = ['Good', 'Needs improvement', 'Poor'];
    this.element = card(name, [this.plot.toggle, this.plot.table.save],
      h('p', { class: 'about' }, about),
      h('p', { class: 'now' }, this.value, this.rating, this.change),
      h('div', { class: 'shares', 'aria-hidden': 'true' }, ...this.parts.map(({ bar }) => bar)),
      h('ul', { class: 'share-list' }, ...this.parts.map(({ tone, text }, i) =>
        h('li', { class: tone }, words[i] ?? '', ' ', text))),
      this.plot.element,
      h('p', { class: 'about' }, `Good up to ${show(good)}, poor above ${show(poor)}.`));
    this.element.classList.add('vital');
  }

  show(context: Context, measured: Measured | null): void {
    this.context = context;
    this.element.hidden = !measured;
    if (!measured)
      return;
    const { vital } = this;
    const show = showOf(vital.metric);
    const { p75, shares } = measured;
    const rating = Number.isFinite(p75.now) ? rate(p75.now, vital.limits) : null;
    const change = context.compares ? showChange(p75.now, p75.before) : '';
    setText(this.value, show(p75.now));
    setText(this.rating, rating ?? '');
    this.rating.dataset.tone = rating ? TONES[rating] : '';
    setText(this.change, change);
    this.change.dataset.tone = toneOf(change);
    const values = [shares.good, shares.middling, shares.poor];
    this.parts.forEach(({ bar, text }, i) => {
      bar.style.flexGrow = String(values[i] ?? 0);
      setText(text, measured.count ? showPercent(values[i] ?? 0) : NONE);
    });
    this.plot.update({
      steps: context.steps, step: context.range.step, show,
      limits: vital.limits.map((value, i) => ({ value, color: i ? '--poor' : '--good' })),
      series: [
        ...(context.compares ? [{ name: 'before', values: measured.line.before, color: '--before', look: 'before' as const, whole: show(p75.before) }] : []),
        { name: 'p75', values: measured.line.now, color: '--accent', look: 'line', whole: show(p75.now) },
      ],
    });
  }
}

interface PageRow {
  page: string;
  views: number;
  /* The quantiles of VITALS, in their order. */
  values: number[];
}

export class Vitals implements Section {
  readonly element: HTMLElement;
  private context: Context | null = null;
  private readonly cards = VITALS.map((vital) => new VitalCard(vital));
  private readonly pages = new Table<PageRow>({ caption: 'Web vitals by page, 75th percentile', file: () => fileName('web-vitals', this.context), most: 10, key: ({ page }) => page });
  private readonly none = hint('No web vitals yet: load `static/tallyman.js` in your pages, and put `web.json` into the allowlist.', 'pages');
  private readonly body: HTMLElement;

  constructor(private readonly link: PageLink) {
    this.body = h('div', { class: 'stack' }, h('div', { class: 'cards vitals' }, ...this.cards.map(({ element }) => element)),
      card('By page', [this.pages.save], this.pages.element));
    this.element = section('vitals', 'Web vitals', '75th percentile of page views', this.none, this.body);
  }

  async load(context: Context): Promise<() => void> {
    const known = VITALS.filter(({ metric }) => context.has(metric));
    const [measured, views, quantiles] = await Promise.all([
      Promise.all(VITALS.map((vital) => measure(context, vital))),
      countBy(context, VIEWS, ['page']),
      Promise.all(known.map(({ metric }) => context.values((window) => `histogram_quantile(${VITAL_QUANTILE}, sum by (page, le) (increase(${
        select(`${metric}_bucket`, context.page)}[${window}])))`))),
    ]);
    return () => {
      this.context = context;
      this.none.hidden = known.length > 0;
      this.body.hidden = !known.length;
      this.cards.forEach((one, i) => { one.show(context, measured[i] ?? null); });
      const rows = pageRows(views, quantiles);
      this.pages.update(rows, [
        { name: 'Page', isText: true, value: ({ page }) => page, show: ({ page }) => this.link(page) },
        { name: 'Views', value: (row) => row.views, show: (row) => showCount(row.views) },
        ...known.map((vital, i): Column<PageRow> => ({
          name: vital.name, value: ({ values }) => values[i] ?? null, show: ({ values }) => showOf(vital.metric)(values[i] ?? NaN),
          tone: ({ values }) => (Number.isFinite(values[i]) ? TONES[rate(values[i] ?? 0, vital.limits)] : ''),
        })),
      ]);
    };
  }
}

function pageRows(views: readonly Sum[], quantiles: readonly Sum[][]): PageRow[] {
  const pages = new Set([...views, ...quantiles.flat()].map(({ labels }) => labels.page ?? ''));
  const of = (sums: readonly Sum[], page: string) => sums.find(({ labels }) => (labels.page ?? '') === page)?.now;
  return [...pages].map((page) => ({
    page, views: of(views, page) ?? 0, values: quantiles.map((sums) => of(sums, page) ?? NaN),
  })).filter((row) => row.views > 0 || row.values.some(Number.isFinite)).sort((a, b) => b.views - a.views);
}
