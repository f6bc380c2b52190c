/* The controls of the date range. Most are links: keyboard, copying and new tabs
 * work. */

import { byId, h, setContent, setText } from './dom';
import { nameDays } from './format';
import { DAY, daysOf, isPreset, isStep, neighbour, PRESETS, showDay, stepOf, STEPS, WEEK, type Range } from './ranges';
import { writeState, type State } from './state';

export class Controls {
  private readonly title = byId('period', HTMLElement);
  private readonly about = byId('about-period', HTMLElement);
  private readonly presets = [...document.querySelectorAll<HTMLAnchorElement>('a[data-range]')];
  private readonly back = byId('back', HTMLAnchorElement);
  private readonly forward = byId('forward', HTMLAnchorElement);
  private readonly custom = byId('custom', HTMLDetailsElement);
  private readonly from = byId('from', HTMLInputElement);
  private readonly to = byId('to', HTMLInputElement);
  private readonly step = byId('step', HTMLSelectElement);
  private readonly compare = byId('compare', HTMLInputElement);
  private readonly filter = byId('filter', HTMLElement);
  private state: State | null = null;

  constructor(private readonly navigate: (state: State) => void) {
    const form = byId('custom-form', HTMLFormElement);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.showCustom();
    });
    /* A refusal that stayed would keep the form from being sent again. */
    form.addEventListener('input', () => { this.to.setCustomValidity(''); });
    this.step.addEventListener('change', () => {
      const { value } = this.step;
      this.change({ step: isStep(value) ? value : null });
    });
    this.compare.addEventListener('change', () => { this.change({ compare: this.compare.checked }); });
    this.custom.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.custom.open)
        return;
      this.custom.open = false;
      this.custom.querySelector('summary')?.focus();
    });
    document.addEventListener('click', ({ target }) => {
      if (target instanceof Node && !this.custom.contains(target))
        this.custom.open = false;
    });
  }

  private change(change: Partial<State>): void {
    if (this.state)
      this.navigate({ ...this.state, ...change });
  }

  private showCustom(): void {
    const { value: from } = this.from;
    const { value: to } = this.to;
    const choice = { from, to };
    if (!daysOf(choice, 0)) {
      this.to.setCustomValidity('The last day must be up to ten years after the first one.');
      this.to.reportValidity();
      return;
    }
    this.custom.open = false;
    this.change({ choice });
  }

  show(state: State, range: Range, now: number): void {
    this.state = state;
    const { from, until, days, shift } = range;
    setText(this.title, nameDays(from, until));
    setText(this.about, state.compare
      ? `UTC, compared with ${nameDays(from - shift, until - shift)}, ${shift === WEEK ? 'a week' : `${shift / WEEK} weeks`} before` : 'UTC');
    for (const link of this.presets) {
      const { range: preset } = link.dataset;
      if (isPreset(preset))
        link.href = writeState({ ...state, choice: preset, step: null });
      if (preset === state.choice)
        link.setAttribute('aria-current', 'true');
      else
        link.removeAttribute('aria-current');
    }
    this.custom.classList.toggle('current', typeof state.choice !== 'string');
    this.point(this.back, state, -1, now);
    this.point(this.forward, state, 1, now);
    this.from.max = this.to.max = showDay(now);
    if (!this.custom.open) {
      this.from.value = showDay(from);
      this.to.value = showDay(until - DAY);
    }
    const step = stepOf(days, state.step);
    for (const option of this.step.options) {
      option.disabled = isStep(option.value) && !STEPS[option.value].suits(days);
      option.selected = option.value === step;
    }
    this.compare.checked = state.compare;
    setContent(this.filter, state.page !== null
      && h('a', { class: 'chip', 'data-state': true, href: writeState({ ...state, page: null }) },
        h('span', {}, 'Only page ', h('b', {}, state.page)), h('span', { class: 'cross', 'aria-hidden': 'true' }, '×'),
        h('span', { class: 'sr' }, ', show all pages')));
    document.title = `${typeof state.choice === 'string' ? PRESETS[state.choice].name : nameDays(from, until)} · ${location.hostname}`;
  }

  private point(link: HTMLAnchorElement, state: State, direction: -1 | 1, now: number): void {
    const choice = neighbour(state.choice, direction, now);
    if (choice) {
      link.href = writeState({ ...state, choice });
      link.removeAttribute('aria-disabled');
      link.removeAttribute('role');
    } else {
      link.removeAttribute('href');
      link.setAttribute('aria-disabled', 'true');
      link.setAttribute('role', 'link');
    }
  }
}
