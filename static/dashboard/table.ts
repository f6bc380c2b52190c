/* A table that can be sorted, shortened, copied and saved. Every plot has one. */

import { download, type Cell } from './csv';
import { breakable, h, setContent, setText, type Child } from './dom';

export interface Column<Row> {
  name: string;
  /* The value to sort by and to save. */
  value: (row: Row) => Cell;
  show?: (row: Row) => Child;
  /* Texts are aligned to the left, numbers to the right. */
  isText?: boolean;
  /* The length of the bar behind the cell, from 0 to 1. */
  part?: (row: Row) => number;
  tone?: (row: Row) => string;
}

export interface TableOptions<Row> {
  caption: string;
  /* The name of the saved file. */
  file: () => string;
  /* Rows shown at first; a button shows the rest. */
  most?: number;
  key: (row: Row) => string;
  empty?: string;
}

export class Table<Row> {
  readonly element = h('div', { class: 'table' });
  readonly save = h('button', { type: 'button', class: 'quiet', click: () => { this.download(); } }, 'CSV');
  private readonly scroll: HTMLElement;
  private readonly more = h('button', { type: 'button', class: 'quiet more', hidden: true, click: () => { this.toggle(); } });
  private readonly body = h('tbody');
  private readonly head = h('tr');
  private rows: readonly Row[] = [];
  private columns: readonly Column<Row>[] = [];
  private sorted: { column: number; down: boolean } | null = null;
  private whole = false;

  constructor(private readonly options: TableOptions<Row>) {
    this.save.setAttribute('aria-label', `Save as CSV: ${options.caption}`);
    this.scroll = h('div', { class: 'scroll' }, h('table', {},
      h('caption', { class: 'sr' }, options.caption), h('thead', {}, this.head), this.body));
    this.element.append(this.scroll, this.more);
    new ResizeObserver(() => { this.reach(); }).observe(this.scroll);
  }

  update(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    this.rows = rows;
    this.columns = columns;
    this.draw();
  }

  private draw(): void {
    const { columns, options } = this;
    const rows = this.order();
    const most = this.whole ? Infinity : options.most ?? Infinity;
    const seen = rows.slice(0, most);
    this.more.hidden = rows.length <= (options.most ?? Infinity);
    setText(this.more, this.whole ? 'Show fewer' : `Show all ${rows.length}`);
    const focused = document.activeElement;
    const key = focused?.closest('tr')?.dataset.key;
    setContent(this.head, ...columns.map((column, i) => this.headOf(column, i)));
    setContent(this.body, ...(seen.length ? seen.map((row) => this.rowOf(row))
      : [h('tr', {}, h('td', { colspan: columns.length, class: 'none' }, options.empty ?? 'Nothing in this period.'))]));
    if (key !== undefined && !this.element.contains(focused))
      this.find(key)?.focus();
    this.reach();
  }

  private find(key: string): HTMLElement | null | undefined {
    return [...this.element.querySelectorAll('tr')].find((row) => row.dataset.key === key)?.querySelector<HTMLElement>('a, button');
  }

  private headOf(column: Column<Row>, i: number): HTMLElement {
    const { sorted } = this;
    const mine = sorted?.column === i;
    return h('th', {
      scope: 'col', class: column.isText ? 'text' : null,
      'aria-sort': mine ? sorted.down ? 'descending' : 'ascending' : null,
    }, h('button', {
      type: 'button', class: 'sort',
      click: () => {
        this.sorted = { column: i, down: mine ? !sorted.down : !column.isText };
        this.draw();
        this.head.querySelectorAll('button')[i]?.focus();
      },
    }, column.name));
  }

  private rowOf(row: Row): HTMLElement {
    return h('tr', { 'data-key': this.options.key(row) }, ...this.columns.map((column, i) => {
      const value = column.value(row);
      const content = column.show ? column.show(row) : value === null ? '' : String(value);
      const tone = column.tone?.(row);
      const cell = h(i === 0 ? 'th' : 'td', {
        scope: i === 0 ? 'row' : null, class: [column.isText && 'text', tone].filter(Boolean).join(' ') || null,
      }, h('span', {}, ...(column.isText && typeof content === 'string' ? breakable(content) : [content])));
      if (column.part) {
        const part = column.part(row);
        const bar = h('span', { class: 'part', 'aria-hidden': 'true' });
        bar.style.width = `${Math.max(0, Math.min(1, part || 0)) * 100}%`;
        cell.prepend(bar);
      }
      return cell;
    }));
  }

  private order(): readonly Row[] {
    const { sorted } = this;
    const column = sorted && this.columns[sorted.column];
    if (!column)
      return this.rows;
    const direction = sorted.down ? -1 : 1;
    const empty = (cell: Cell) => cell === null || Number.isNaN(cell);
    return [...this.rows].sort((one, other) => {
      const [a, b] = [column.value(one), column.value(other)];
      if (empty(a) || empty(b))
        return Number(empty(a)) - Number(empty(b));
      return direction * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b)));
    });
  }

  private toggle(): void {
    this.whole = !this.whole;
    this.draw();
  }

  private download(): void {
    const { columns } = this;
    download(this.options.file(), [columns.map(({ name }) => name),
      ...this.order().map((row) => columns.map((column) => column.value(row)))]);
  }

  /* A table that overflows can be scrolled by keyboard. */
  private reach(): void {
    const { scrollWidth, clientWidth } = this.scroll;
    /* A table for screen readers only is clipped to one pixel. */
    const wide = clientWidth > 1 && scrollWidth > clientWidth;
    if (wide === this.scroll.hasAttribute('tabindex'))
      return;
    for (const [name, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', `Table: ${this.options.caption}`]] as const) {
      if (wide)
        this.scroll.setAttribute(name, value);
      else
        this.scroll.removeAttribute(name);
    }
  }
}
