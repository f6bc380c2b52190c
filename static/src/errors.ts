import { record } from './series';
import { known, page } from './view';

const kindOf = (error: unknown): string =>
  error instanceof DOMException ? 'DOMException'
    : known(/^(Type|Reference|Syntax|Range|)Error$/, (error as Error | undefined)?.name);

const count = (name: string, label: string, value: string): void =>
  record('counter', `web_${name}_total`, { page, [label]: value }, 1);

/** Counts what goes wrong in the page, by kinds that are known beforehand: no message, no URL. */
export function observeErrors(): void {
  addEventListener('error', (event) => {
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
