/* A plot of steps: uPlot's canvas, a legend with the values of one step, and a
 * table of the same numbers. For the keyboard it is a slider over the steps. */

import './language';
import uPlot from 'uplot';

import { h, newId, setText } from './dom';
import { nameStep, nameTick, type Show } from './format';
import { DAY } from './ranges';
import { Table, type Column } from './table';

export interface PlotSeries {
  name: string;
  values: readonly (number | null)[];
  /* A custom property of the style sheet. */
  color: string;
  look: 'bars' | 'line' | 'area' | 'before';
  /* The sum or quantile of all steps, shown while no step is selected. */
  whole: string;
}

export interface PlotData {
  steps: readonly number[];
  step: number;
  series: readonly PlotSeries[];
  show: Show;
  /* A shorter form for the axis. */
  showTick?: Show;
  /* Horizontal lines at the limits. */
  limits?: readonly { value: number; color: string }[];
}

/* The steps that are named below the plot: as many as fit, at round hours or
 * weeks where possible. */
export function pickTicks(many: number, room: number, step: number): number[] {
  const distances = step < DAY ? [1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 168] : [1, 2, 4, 7, 14, 21, 28, 56, 84];
  const distance = distances.find((one) => Math.ceil(many / one) <= room) ?? Math.ceil(many / Math.max(1, room));
  return Array.from({ length: Math.ceil(many / distance) }, (_, i) => i * distance);
}

const root = document.documentElement;
const variable = (name: string): string => getComputedStyle(root).getPropertyValue(name).trim();
const rem = (): number => parseFloat(getComputedStyle(root).fontSize);

const plots = new Set<Plot>();
const redrawAll = () => { for (const plot of plots) plot.redraw(); };
for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', 'print'])
  matchMedia(query).addEventListener('change', redrawAll);

export class Plot {
  readonly element = h('figure', { class: 'plot' });
  readonly toggle: HTMLButtonElement;
  readonly table: Table<number>;
  private readonly readout = h('div', { class: 'readout' });
  private readonly when = h('span', { class: 'when' });
  private readonly summary = h('p', { class: 'sr', id: newId() });
  private readonly canvas: HTMLElement;
  private readonly sheet: HTMLElement;
  private plot: uPlot | null = null;
  private shape = '';
  private data: PlotData | null = null;
  private cells: HTMLElement[] = [];

  constructor(title: string, file: () => string, small = false) {
    const id = newId();
    this.table = new Table<number>({ caption: title, file, key: String });
    this.canvas = h('div', {
      class: small ? 'canvas small' : 'canvas', tabindex: 0, role: 'slider', 'aria-label': `Plot: ${title}`, 'aria-describedby': this.summary.id,
      'aria-valuemin': 0, 'aria-valuemax': 0, 'aria-valuenow': 0, 'aria-valuetext': 'no data',
      keydown: (event) => { this.press(event as KeyboardEvent); },
      blur: () => { this.leave(); },
    });
    this.sheet = h('div', { class: 'sheet sr', id }, this.table.element);
    this.toggle = h('button', {
      type: 'button', class: 'quiet', 'aria-expanded': 'false', 'aria-controls': id, 'aria-label': `Table of ${title}`,
      click: () => { this.showTable(this.sheet.classList.contains('sr')); },
    }, 'Table');
    this.element.append(this.readout, this.canvas, this.summary, this.sheet);
    new ResizeObserver(() => { this.fit(); }).observe(this.canvas);
    plots.add(this);
  }

  private showTable(show: boolean): void {
    this.sheet.classList.toggle('sr', !show);
    this.toggle.setAttribute('aria-expanded', String(show));
  }

  update(data: PlotData): void {
    this.data = data;
    const { series, steps } = data;
    this.drawTable(data);
    this.cells = series.map(() => h('b'));
    this.readout.replaceChildren(this.when, ...series.map(({ name, color, look }, i) => {
      const swatch = h('i', { class: look, 'aria-hidden': 'true' });
      swatch.style.setProperty('--color', `var(${color})`);
      return h('span', {}, swatch, `${name} `, this.cells[i]);
    }));
    this.canvas.setAttribute('aria-valuemax', String(Math.max(0, steps.length - 1)));
    this.read(null);
    setText(this.summary, this.summarize(data));
    const shape = JSON.stringify([series.map(({ color, look }) => [color, look]), data.limits, steps.length]);
    if (this.plot && shape === this.shape) {
      this.plot.setData(this.aligned(data));
    } else {
      this.shape = shape;
      this.plot?.destroy();
      this.plot = null;
      this.fit();
    }
  }

  redraw(): void {
    this.plot?.redraw(false, true);
  }

  private aligned({ steps, series }: PlotData): uPlot.AlignedData {
    return [steps.map((_, i) => i), ...series.map(({ values }) => values as (number | null)[])];
  }

  private drawTable({ steps, step, series, show }: PlotData): void {
    const columns: Column<number>[] = [
      { name: step < DAY ? 'Hour (UTC)' : step === DAY ? 'Day (UTC)' : 'Week (UTC)', isText: true,
        value: (i) => new Date((steps[i] ?? 0) * 1000).toISOString().slice(0, step < DAY ? 16 : 10),
        show: (i) => nameStep(steps[i] ?? 0, step) },
      ...series.map((one): Column<number> => ({
        name: one.name, value: (i) => one.values[i] ?? null, show: (i) => show(one.values[i] ?? NaN),
      })),
    ];
    this.table.update(steps.map((_, i) => i), columns);
  }

  /* A one-sentence summary for screen readers. */
  private summarize({ series, steps, step, show }: PlotData): string {
    return series.filter(({ look }) => look !== 'before').map(({ name, values, whole }) => {
      const known = values.flatMap((value, i) => (value === null || !Number.isFinite(value) ? [] : [{ value, i }]));
      if (!known.length)
        return `${name}: no data.`;
      const most = known.reduce((best, one) => (one.value > best.value ? one : best));
      const least = known.reduce((best, one) => (one.value < best.value ? one : best));
      const at = (one: { value: number; i: number }) => `${show(one.value)} (${nameStep(steps[one.i] ?? 0, step)})`;
      return `${name}: ${whole}; most ${at(most)}, least ${at(least)}.`;
    }).join(' ');
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!this.data || !width || !height)
      return;
    if (this.plot)
      this.plot.setSize({ width, height });
    else
      this.plot = new uPlot(this.options(this.data, width, height), this.aligned(this.data), this.canvas);
  }

  private options(data: PlotData, width: number, height: number): uPlot.Options {
    const font = () => `${Math.round(rem() * 0.75)}px system-ui, sans-serif`;
    const axis = { stroke: () => variable('--quiet'), font: font(), ticks: { show: false } };
    const many = data.steps.length;
    const hasBars = data.series.some(({ look }) => look === 'bars');
    const margin = hasBars || many === 1 ? 0.5 : 0;
    /* Without a margin half of the last name is beyond the plot. */
    const right = rem() * (margin ? 0.75 : 1.5);
    return {
      width, height,
      padding: [rem() * 0.375, right, 0, 0],
      legend: { show: false },
      cursor: {
        y: false, drag: { x: false, y: false },
        points: { size: 7, show: (_, i) => (data.series[i - 1]?.look === 'bars' ? false as never : this.point(i)) },
      },
      scales: {
        x: { time: false, range: () => [-margin, many - 1 + margin] },
        y: { range: (_, __, max) => {
          const limit = data.limits?.[0]?.value ?? 0;
          return [0, Math.max(max > 0 ? max * 1.08 : 0, limit * 1.15) || 1];
        } },
      },
      axes: [
        { ...axis, grid: { show: false }, size: Math.round(rem() * 1.9), gap: 8,
          splits: (u) => pickTicks(many, Math.max(1, Math.floor(u.bbox.width / uPlot.pxRatio / (rem() * 3.9))), this.data?.step ?? 1),
          values: (_, splits) => splits.map((i) => (this.data ? nameTick(this.data.steps[i] ?? 0, this.data.step) : '')) },
        { ...axis, gap: 6, size: Math.round(rem() * 3.6), space: Math.round(rem() * 2),
          grid: { stroke: () => variable('--grid'), width: 1 },
          values: (_, splits) => splits.map((value) => (this.data?.showTick ?? this.data?.show ?? String)(value)) },
      ],
      series: [{}, ...data.series.map((one) => this.seriesOf(one, many))],
      hooks: {
        setCursor: [(u) => { this.read(u.cursor.idx ?? null); }],
        draw: [(u) => { this.drawLimits(u, data.limits ?? []); }],
      },
    };
  }

  private point(i: number): HTMLElement {
    const color = this.data?.series[i - 1]?.color ?? '--accent';
    const element = h('div', { class: 'point' });
    element.style.setProperty('--color', `var(${color})`);
    element.style.width = element.style.height = '8px';
    element.style.marginLeft = element.style.marginTop = '-4px';
    return element;
  }

  private seriesOf({ color, look }: PlotSeries, many: number): uPlot.Series {
    const stroke = () => variable(color);
    if (look === 'bars')
      return { stroke, fill: stroke, width: 0, points: { show: false },
        paths: uPlot.paths.bars!({ size: [0.72, 44 * rem() / 16, 1], radius: [0.18, 0] }) };
    const lonely = many === 1 ? { show: true, size: 7, fill: stroke } : {};
    if (look === 'before')
      return { stroke, width: 1.5, dash: [4, 4], points: { show: false, ...lonely } };
    return { stroke, width: 2, fill: look === 'area' ? () => variable(`${color}-area`) : undefined,
      points: { show: (u, i) => this.isSingle(u, i), size: 6, fill: stroke, ...lonely } };
  }

  /* A series with a single value has no line: its point is drawn. */
  private isSingle(u: uPlot, i: number): boolean {
    const values = u.data[i] ?? [];
    return values.filter((value) => value !== null && value !== undefined).length === 1;
  }

  private drawLimits(u: uPlot, limits: NonNullable<PlotData['limits']>): void {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.lineWidth = uPlot.pxRatio;
    ctx.setLineDash([2 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
    for (const { value, color } of limits) {
      const y = Math.round(u.valToPos(value, 'y', true));
      if (y < bbox.top)
        continue;
      ctx.strokeStyle = variable(color);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  }

  /* Shows the values of one step, or those of the whole period. */
  private read(i: number | null): void {
    const { data } = this;
    if (!data)
      return;
    const { steps, step, series, show } = data;
    const when = i === null ? '' : nameStep(steps[i] ?? 0, step);
    const values = series.map((one) => (i === null ? one.whole : show(one.values[i] ?? NaN)));
    setText(this.when, when);
    this.cells.forEach((cell, n) => { setText(cell, values[n] ?? ''); });
    this.canvas.setAttribute('aria-valuenow', String(i ?? 0));
    this.canvas.setAttribute('aria-valuetext', `${when && `${when}: `}${series.map(({ name }, n) => `${name} ${values[n] ?? ''}`).join(', ')}`);
  }

  private press(event: KeyboardEvent): void {
    const { plot, data } = this;
    if (!plot || !data || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const last = data.steps.length - 1;
    const at = plot.cursor.idx ?? null;
    const moves: Record<string, number | null> = {
      ArrowLeft: at === null ? last : Math.max(0, at - 1), ArrowDown: at === null ? last : Math.max(0, at - 1),
      ArrowRight: at === null ? 0 : Math.min(last, at + 1), ArrowUp: at === null ? 0 : Math.min(last, at + 1),
      Home: 0, End: last, Escape: null,
    };
    if (!Object.hasOwn(moves, event.key))
      return;
    event.preventDefault();
    const to = moves[event.key] ?? null;
    if (to === null)
      this.leave();
    else
      plot.setCursor({ left: plot.valToPos(to, 'x'), top: 10 });
  }

  private leave(): void {
    this.plot?.setCursor({ left: -10, top: -10 });
    this.read(null);
  }
}
