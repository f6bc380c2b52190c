/* Page views and visits, the top pages, and the sources of visits. */

import type { Context, Sum } from './context';
import { h } from './dom';
import { showChange, showCount, showPercent, showShort } from './format';
import { countBy, countViews, countVisits, VIEWS, VISITS } from './numbers';
import { Plot, type PlotSeries } from './plot';
import { card, fileName, hint, partOf, section, stepWord, type Section } from './section';
import { Table, type Column } from './table';

/* The columns of a table of sums: name, number, share and change. */
export function sumColumns(name: Column<Sum>, what: string, rows: readonly Sum[], compares: boolean): Column<Sum>[] {
  const all = rows.reduce((sum, { now }) => sum + now, 0);
  return [
    { ...name, part: partOf(rows, ({ now }) => now) },
    { name: what, value: ({ now }) => now, show: ({ now }) => showCount(now) },
    { name: 'Share', value: ({ now }) => now / all, show: ({ now }) => showPercent(now / all) },
    ...(compares ? [
      { name: 'Before', value: ({ before }: Sum) => before, show: ({ before }: Sum) => showCount(before) },
      { name: 'Change', value: ({ now, before }: Sum) => (before === 0 ? null : now / before - 1),
        show: ({ now, before }: Sum) => showChange(now, before) },
    ] : []),
  ];
}

export const byNow = (sums: readonly Sum[]): Sum[] =>
  sums.filter(({ now, before }) => now > 0 || before > 0).sort((a, b) => b.now - a.now || b.before - a.before);

/* Makes the link that narrows the dashboard to one page. */
export type PageLink = (page: string) => Node;

export class Traffic implements Section {
  readonly element: HTMLElement;
  private context: Context | null = null;
  private readonly plot = new Plot('Page views and visits', () => fileName('page-views', this.context));
  private readonly pages = new Table<Sum>({ caption: 'Top pages', file: () => fileName('top-pages', this.context), most: 10, key: ({ labels }) => labels.page ?? '' });
  private readonly sources = new Table<Sum>({ caption: 'Sources of visits', file: () => fileName('sources', this.context), most: 10, key: ({ labels }) => labels.source ?? '' });
  private readonly noViews = hint('No page views yet: load `static/tallyman.js` in your pages, and put `web.json` into the allowlist.', 'pages');
  private readonly noVisits = hint('Add `data-visits` to the script tag to see where visits come from.', 'visits');
  private readonly main: HTMLElement;
  private readonly title: HTMLElement;

  constructor(private readonly link: PageLink) {
    this.main = card('Page views', [this.plot.toggle, this.plot.table.save], this.plot.element);
    this.title = this.main.querySelector('h3')!;
    this.element = section('traffic', 'Traffic', '', this.noViews, this.main, h('div', { class: 'cards two' },
      card('Top pages', [this.pages.save], this.pages.element),
      card('Sources', [this.sources.save], this.noVisits, this.sources.element)));
  }

  async load(context: Context): Promise<() => void> {
    const [views, visits, pages, sources] = await Promise.all([
      countViews(context), countVisits(context), countBy(context, VIEWS, ['page']), countBy(context, VISITS, ['source']),
    ]);
    return () => {
      this.context = context;
      /* A page on which no visit began does not show that visits are not counted. */
      const hasVisits = context.has(VISITS) && (visits.now > 0 || visits.before > 0 || context.state.page !== null);
      const hasViews = context.has(VIEWS);
      this.noViews.hidden = hasViews;
      for (const one of [this.main, this.main.nextElementSibling as HTMLElement])
        one.hidden = !hasViews;
      this.noVisits.hidden = hasVisits;
      this.sources.element.hidden = this.sources.save.hidden = !hasVisits;
      this.title.textContent = `Page views${hasVisits ? ' and visits' : ''} per ${stepWord(context.range.step)}`;
      const series: PlotSeries[] = [
        { name: 'Page views', values: views.line.now, color: hasVisits ? '--views' : '--accent', look: 'bars', whole: showCount(views.now) },
        ...(hasVisits ? [{ name: 'Visits', values: visits.line.now, color: '--visits', look: 'bars' as const, whole: showCount(visits.now) }] : []),
        ...(context.compares ? [{ name: 'Page views before', values: views.line.before, color: '--before', look: 'before' as const,
          whole: showCount(views.before) }] : []),
      ];
      this.plot.update({ steps: context.steps, step: context.range.step, series, show: showCount, showTick: showShort });
      const rows = byNow(pages);
      this.pages.update(rows, sumColumns({
        name: 'Page', isText: true, value: ({ labels }) => labels.page ?? '', show: ({ labels }) => this.link(labels.page ?? ''),
      }, 'Views', rows, context.compares));
      const from = byNow(sources);
      this.sources.update(from, sumColumns({ name: 'Source', isText: true, value: ({ labels }) => labels.source ?? '' }, 'Visits', from, context.compares));
    };
  }
}
