import { guard } from './guard';
import { record } from './series';
import { known, page } from './view';

/** A rejection's reason may be any object, even one whose name throws. */
const kindOf = (error: unknown): string =>
  guard(() => error instanceof DOMException ? 'DOMException'
    : known(/^(Type|Reference|Syntax|Range|)Error$/, (error as Error | undefined)?.name))() || 'other';

const count = (name: string, label: string, value: string): void =>
  record('counter', `web_${name}_total`, { page, [label]: value }, 1);

/** Counts errors of the page by fixed kinds, without messages and URLs. */
export function observeErrors(): void {
  addEventListener('error', (event) => {
    /* The browser's notice of an observation delayed to the next frame is not an error. */
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
