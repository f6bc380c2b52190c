/* Script errors: their rate per page view, by kind and by page. */

import { groupBy, sumOf, type Context, type Sum } from './context';
import { h } from './dom';
import { showChange, showCount, showNumber } from './format';
import { countBy, countErrors, countViews, ERRORS, ratio, VIEWS } from './numbers';
import { Plot } from './plot';
import { card, fileName, hint, partOf, section, stepWord, type Section } from './section';
import { Table } from './table';
import { byNow, sumColumns, type PageLink } from './traffic';

interface PageRow {
  page: string;
  errors: number;
  views: number;
  /* Errors per 100 views in the period before. */
  before: number;
}

const perHundred = (errors: number, views: number): number => (views ? errors / views * 100 : NaN);

function addByPage(errors: readonly Sum[], views: readonly Sum[]): PageRow[] {
  const viewed = new Map(views.map((one) => [one.labels.page ?? '', one]));
  return groupBy(errors, ['page']).map(({ labels: { page = '' }, all }) => ({
    page, errors: sumOf(all), views: viewed.get(page)?.now ?? 0, before: perHundred(sumOf(all, 'before'), viewed.get(page)?.before ?? 0),
  })).filter(({ errors: many }) => many > 0).sort((a, b) => b.errors - a.errors);
}

const addByKind = (errors: readonly Sum[], suffix: string): Sum[] => groupBy(errors, ['kind']).map(({ labels: { kind = '' }, all }) => ({
  labels: { kind: `${kind}${suffix}` }, now: sumOf(all), before: sumOf(all, 'before'),
}));

const KINDS = { web_errors_total: '', web_unhandled_rejections_total: ' (rejected promise)' };

export class Errors implements Section {
  readonly element: HTMLElement;
  private context: Context | null = null;
  private readonly plot = new Plot('Errors per 100 page views', () => fileName('errors', this.context));
  private readonly kinds = new Table<Sum>({ caption: 'Errors by kind', file: () => fileName('errors-by-kind', this.context), most: 10, key: ({ labels }) => labels.kind ?? '', empty: 'No errors in this period.' });
  private readonly pages = new Table<PageRow>({ caption: 'Errors by page', file: () => fileName('errors-by-page', this.context), most: 10, key: ({ page }) => page, empty: 'No errors in this period.' });
  private readonly none = hint('No counts of script errors yet: load `static/tallyman.js` in your pages. The texts of errors are not sent.', 'pages');
  private readonly body: HTMLElement;
  private readonly title: HTMLElement;

  constructor(private readonly link: PageLink) {
    const main = card('Errors', [this.plot.toggle, this.plot.table.save], this.plot.element);
    this.title = main.querySelector('h3')!;
    this.body = h('div', { class: 'stack' }, main, h('div', { class: 'cards two' },
      card('By kind', [this.kinds.save], this.kinds.element), card('By page', [this.pages.save], this.pages.element)));
    this.element = section('errors', 'Errors', 'Uncaught errors, failed resources and unhandled rejections', this.none, this.body);
  }

  async load(context: Context): Promise<() => void> {
    const known = ERRORS.filter((metric) => context.has(metric));
    const [errors, views, viewsByPage, sums] = await Promise.all([
      countErrors(context), countViews(context), countBy(context, VIEWS, ['page']),
      Promise.all(known.map((metric) => countBy(context, metric, ['page', 'kind']))),
    ]);
    return () => {
      this.context = context;
      this.none.hidden = known.length > 0;
      this.body.hidden = !known.length;
      if (!known.length)
        return;
      this.title.textContent = `Errors per 100 page views, by ${stepWord(context.range.step)}`;
      const rates = (which: 'now' | 'before') =>
        ratio(errors.line[which], views.line[which]).map((value) => (value === null ? null : value * 100));
      this.plot.update({ steps: context.steps, step: context.range.step, show: showNumber, series: [
        ...(context.compares ? [{ name: 'Before', values: rates('before'), color: '--before', look: 'before' as const,
          whole: showNumber(perHundred(errors.before, views.before)) }] : []),
        { name: 'Errors per 100 views', values: rates('now'), color: '--poor', look: 'area', whole: showNumber(perHundred(errors.now, views.now)) },
        ] });
      const kinds = byNow(known.flatMap((metric, i) => addByKind(sums[i] ?? [], KINDS[metric])));
      this.kinds.update(kinds, sumColumns({ name: 'Kind', isText: true, value: ({ labels }) => labels.kind ?? '' }, 'Errors', kinds, context.compares));
      const pages = addByPage(sums.flat(), viewsByPage);
      this.pages.update(pages, [
        { name: 'Page', isText: true, value: ({ page }) => page, show: ({ page }) => this.link(page), part: partOf(pages, (row) => row.errors) },
        { name: 'Errors', value: (row) => row.errors, show: (row) => showCount(row.errors) },
        { name: 'Per 100 views', value: (row) => perHundred(row.errors, row.views), show: (row) => showNumber(perHundred(row.errors, row.views)) },
        ...(context.compares ? [{ name: 'Change', value: (row: PageRow) => perHundred(row.errors, row.views) / row.before - 1,
          show: (row: PageRow) => showChange(perHundred(row.errors, row.views), row.before) }] : []),
      ]);
    };
  }
}
