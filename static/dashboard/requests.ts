/* The API calls of pages by route: rate, errors and 95th percentile. */

import { groupBy, sumOf, type Context, type Sum } from './context';
import { h } from './dom';
import { showChange, showCount, showNumber, showPercent, showSeconds, showShort } from './format';
import { countCalls, isFailure } from './numbers';
import { Plot } from './plot';
import { card, fileName, hint, partOf, section, stepWord, type Section } from './section';
import { Table } from './table';

const SECONDS = 'web_request_seconds';
const ROUTE = ['route', 'method'] as const;

interface RouteRow {
  route: string;
  method: string;
  calls: number;
  before: number;
  failed: number;
  refused: number;
  p50: number;
  p95: number;
}

export class Requests implements Section {
  readonly element: HTMLElement;
  private context: Context | null = null;
  private readonly plot = new Plot('API calls', () => fileName('api-calls', this.context));
  private readonly routes = new Table<RouteRow>({ caption: 'API routes', file: () => fileName('api-routes', this.context), most: 10, key: ({ route, method }) => `${method} ${route}` });
  private readonly none = hint('Add `data-observe-requests="/api/**=api"` to the script tag to count and time the calls of your API.', 'requests');
  private readonly body: HTMLElement;
  private readonly title: HTMLElement;

  constructor() {
    const main = card('Calls', [this.plot.toggle, this.plot.table.save], this.plot.element);
    this.title = main.querySelector('h3')!;
    this.body = h('div', { class: 'stack' }, main, card('Routes', [this.routes.save], this.routes.element));
    this.element = section('requests', 'API calls', 'As users see them. Failed: status 5xx, or no response', this.none, this.body);
  }

  async load(context: Context): Promise<() => void> {
    const quantiles = (q: number) => (context.has(SECONDS) ? context.values((window) =>
      `histogram_quantile(${q}, sum by (route, method, le) (increase(${SECONDS}_bucket[${window}])))`) : []);
    const [{ sums, all, failed }, p50, p95] = await Promise.all([countCalls(context), quantiles(0.5), quantiles(0.95)]);
    return () => {
      this.context = context;
      const any = sums.some(({ now, before }) => now > 0 || before > 0);
      this.none.hidden = any;
      this.body.hidden = !any;
      if (!any)
        return;
      this.title.textContent = `Calls per ${stepWord(context.range.step)}`;
      this.plot.update({ steps: context.steps, step: context.range.step, show: showCount, showTick: showShort, series: [
        { name: 'Calls', values: all.line.now, color: '--views', look: 'bars', whole: showCount(all.now) },
        { name: 'Failed', values: failed.line.now, color: '--poor', look: 'bars', whole: showCount(failed.now) },
        ...(context.compares ? [{ name: 'Calls before', values: all.line.before, color: '--before', look: 'before' as const,
          whole: showCount(all.before) }] : []),
      ] });
      this.showRoutes(context, sums, p50, p95);
    };
  }

  private showRoutes(context: Context, sums: readonly Sum[], p50: readonly Sum[], p95: readonly Sum[]): void {
    const rows = groupBy(sums, ROUTE).map(({ labels, all }): RouteRow => {
      const { route = '', method = '' } = labels;
      const of = (quantiles: readonly Sum[]) =>
        quantiles.find((one) => one.labels.route === route && one.labels.method === method)?.now ?? NaN;
      return {
        route, method, calls: sumOf(all), before: sumOf(all, 'before'),
        failed: sumOf(all.filter(isFailure)),
        refused: sumOf(all.filter((one) => one.labels.status === '4xx')),
        p50: of(p50), p95: of(p95),
      };
    }).filter(({ calls }) => calls > 0).sort((a, b) => b.calls - a.calls);
    const minutes = (Math.min(context.range.until, context.now) - context.range.from) / 60;
    this.routes.update(rows, [
      { name: 'Route', isText: true, value: ({ route }) => route, part: partOf(rows, ({ calls }) => calls) },
      { name: 'Method', isText: true, value: ({ method }) => method },
      { name: 'Calls', value: ({ calls }) => calls, show: ({ calls }) => showCount(calls) },
      { name: 'Per minute', value: ({ calls }) => calls / minutes, show: ({ calls }) => showNumber(calls / minutes) },
      ...(context.compares ? [{ name: 'Change', value: ({ calls, before }: RouteRow) => (before === 0 ? null : calls / before - 1),
        show: ({ calls, before }: RouteRow) => showChange(calls, before) }] : []),
      { name: 'Failed', value: ({ failed, calls }) => failed / calls, show: ({ failed, calls }) => showPercent(failed / calls),
        tone: ({ failed, calls }) => (failed / calls >= 0.01 ? 'poor' : '') },
      { name: '4xx', value: ({ refused, calls }) => refused / calls, show: ({ refused, calls }) => showPercent(refused / calls) },
      { name: 'p50', value: (row) => row.p50, show: (row) => showSeconds(row.p50) },
      { name: 'p95', value: (row) => row.p95, show: (row) => showSeconds(row.p95) },
    ]);
  }
}
