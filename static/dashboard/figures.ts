/* The row of main numbers at the top. */

import type { Context, Period } from './context';
import { h, setText, svg } from './dom';
import { NONE, showChange, showCount, showNumber, showOf, showPercent, toneOf, type Show } from './format';
import {
  countCalls, countErrors, countViews, countVisits, ERRORS, measure, rate, ratio, REQUESTS, TONES, VIEWS, VISITS, VITALS,
  type Vital,
} from './numbers';
import type { Section } from './section';

interface Figure {
  name: string;
  note: string;
  show: Show;
  period: Period<number>;
  line: readonly (number | null)[];
  tone?: string;
  rating?: string;
  /* Less is better; without it a change is neither good nor bad. */
  lessIsBetter?: boolean;
}

interface Source {
  needs: string;
  load: (context: Context) => Promise<Figure>;
}

const vital = (which: Vital): Source => ({
  needs: which.metric,
  load: async (context) => {
    const measured = await measure(context, which);
    const period = measured?.p75 ?? { now: NaN, before: NaN };
    const rating = Number.isFinite(period.now) ? rate(period.now, which.limits) : undefined;
    return {
      name: `${which.name} p75`, note: which.about, show: showOf(which.metric),
      period, line: measured?.line.now ?? [], lessIsBetter: true, rating, tone: rating && TONES[rating],
    };
  },
});

const SOURCES: readonly Source[] = [
  { needs: VIEWS, load: async (context) => {
    const views = await countViews(context);
    return { name: 'Page views', note: 'Page loads and views within one page', show: showCount, period: views, line: views.line.now };
  } },
  { needs: VISITS, load: async (context) => {
    const visits = await countVisits(context);
    return { name: 'Visits', note: 'Views that came from another site', show: showCount, period: visits, line: visits.line.now };
  } },
  ...VITALS.slice(0, 3).map(vital),
  { needs: ERRORS[0], load: async (context) => {
    const [errors, views] = await Promise.all([countErrors(context), countViews(context)]);
    return {
      name: 'Errors / 100 views', note: 'Script errors in 100 page views', show: showNumber, lessIsBetter: true,
      period: { now: errors.now / views.now * 100, before: errors.before / views.before * 100 },
      line: ratio(errors.line.now, views.line.now),
    };
  } },
  { needs: REQUESTS, load: async (context) => {
    const { all, failed } = await countCalls(context);
    return {
      name: 'Failed calls', note: 'API calls that failed', show: showPercent, lessIsBetter: true,
      period: { now: failed.now / all.now, before: failed.before / all.before }, line: ratio(failed.line.now, all.line.now),
    };
  } },
];

const MOST = 6;

/* Leaves out the current step, which is still growing. */
const whole = ({ range, begun }: Context, line: readonly (number | null)[]): readonly (number | null)[] =>
  (range.live && begun > 2 ? line.slice(0, begun - 1) : line);

/* A small line without scales: the shape of the period. */
function drawShape(shape: SVGElement, line: readonly (number | null)[]): void {
  const most = Math.max(...line.map((value) => value ?? 0), Number.MIN_VALUE);
  const points = line.flatMap((value, i) =>
    (value === null ? [] : [`${(i / Math.max(1, line.length - 1) * 100).toFixed(1)},${(30 - value / most * 26).toFixed(1)}`]));
  const first = points[0]?.split(',')[0] ?? '0';
  const last = points.at(-1)?.split(',')[0] ?? '0';
  shape.replaceChildren(...(points.length > 1 ? [
    svg('path', { class: 'under', d: `M${first},32L${points.join('L')}L${last},32Z` }),
    svg('path', { class: 'over', d: `M${points.join('L')}`, 'vector-effect': 'non-scaling-stroke' }),
  ] : []));
}

class Tile {
  readonly element = h('li', { class: 'figure' });
  private readonly name = h('span', { class: 'name' });
  private readonly value = h('b', {}, NONE);
  private readonly rating = h('span', { class: 'rating' });
  private readonly change = h('span', { class: 'change' });
  private readonly shape = svg('svg', { viewBox: '0 0 100 32', preserveAspectRatio: 'none', 'aria-hidden': 'true' });

  constructor() {
    this.element.append(this.name, h('span', { class: 'now' }, this.value, this.rating), this.change, this.shape);
  }

  show({ name, note, show, period, line, tone, rating, lessIsBetter }: Figure, compares: boolean): void {
    const change = showChange(period.now, period.before);
    setText(this.name, name);
    this.name.title = note;
    setText(this.value, show(period.now));
    setText(this.rating, rating === 'needs improvement' ? 'fair' : rating ?? '');
    this.rating.dataset.tone = tone ?? '';
    this.change.dataset.tone = lessIsBetter ? toneOf(change) : '';
    setText(this.change, compares && change ? `${change} from ${show(period.before)}` : compares ? 'nothing to compare' : '');
    drawShape(this.shape, line);
  }
}

export class Figures implements Section {
  readonly element: HTMLElement;
  private readonly tiles: Tile[] = [];

  /* index.html has the empty list, to reserve its height. */
  constructor(list: HTMLElement) {
    this.element = list;
  }

  async load(context: Context): Promise<() => void> {
    const sources = SOURCES.filter(({ needs }) => context.has(needs)).slice(0, MOST);
    const figures = await Promise.all(sources.map(({ load }) => load(context)));
    return () => {
      this.element.hidden = !figures.length;
      while (this.tiles.length < figures.length)
        this.tiles.push(new Tile());
      const wanted = this.tiles.slice(0, figures.length).map(({ element }) => element);
      if (this.element.childElementCount !== wanted.length || this.element.firstElementChild !== wanted[0])
        this.element.replaceChildren(...wanted);
      figures.forEach((figure, i) => this.tiles[i]?.show({ ...figure, line: whole(context, figure.line) }, context.compares));
    };
  }
}
