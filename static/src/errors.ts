import { record } from './series';
import { state } from './state';

const KINDS = ['Error', 'TypeError', 'ReferenceError', 'SyntaxError', 'RangeError'];
const DIRECTIVES = ['script-src', 'style-src', 'img-src', 'connect-src', 'font-src', 'frame-src', 'default-src'];

const kindOf = (error: unknown): string =>
  error instanceof DOMException ? 'DOMException'
    : KINDS.find((kind) => kind === (error as Error | undefined)?.name) || 'other';

const count = (name: string, labels: Record<string, string>): void =>
  record('counter', `web_${name}_total`, { page: state.page, ...labels }, 1);

/** Counts what goes wrong in the page, by kinds that are known beforehand: no message, no URL. */
export function observeErrors(): void {
  addEventListener('error', (event) => {
    count('errors', { kind: event instanceof ErrorEvent ? kindOf(event.error) : 'resource' });
  }, true);
  addEventListener('unhandledrejection', (event) => {
    count('unhandled_rejections', { kind: kindOf(event.reason) });
  });
  addEventListener('securitypolicyviolation', (event) => {
    const said = event.effectiveDirective.replace(/-(elem|attr)$/, '');
    count('csp_violations', { directive: DIRECTIVES.find((directive) => directive === said) || 'other' });
  });
}
