import { guard } from './guard';
import { record } from './series';
import { known, page } from './view';

/** A reason may be any object, also one whose name may not be read. */
const kindOf = (error: unknown): string =>
  guard(() => error instanceof DOMException ? 'DOMException'
    : known(/^(Type|Reference|Syntax|Range|)Error$/, (error as Error | undefined)?.name))() || 'other';

const count = (name: string, label: string, value: string): void =>
  record('counter', `web_${name}_total`, { page, [label]: value }, 1);

/** Counts what goes wrong in the page, by kinds that are known beforehand: no message, no URL. */
export function observeErrors(): void {
  addEventListener('error', (event) => {
    /* A notice of the browser's that an observation waits for the next frame is no error. */
    if (!(event instanceof ErrorEvent) || !/^ResizeObserver loop/.test(event.message))
      count('errors', 'kind', event instanceof ErrorEvent ? kindOf(event.error) : 'resource');
  }, true);
  addEventListener('unhandledrejection', (event) => {
    count('unhandled_rejections', 'kind', kindOf(event.reason));
  });
  addEventListener('securitypolicyviolation', (event) => {
    count('csp_violations', 'directive',
      known(/^(script|style|img|connect|font|frame|default)-src/, event.effectiveDirective));
  });
}
