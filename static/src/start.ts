import { say, setDebugging } from './debug';
import { startDelivery } from './delivery';
import { observeErrors } from './errors';
import { guard } from './guard';
import type { Options } from './types';
import { beginView, counting, on, switchOff, whyOff } from './view';

const script = document.currentScript as HTMLScriptElement | null;

/** The tag or the snippet says it; else it is where this file lies, without the last directory if that is static. */
function serverRoot(options: Options): string {
  return options.server ?? script?.src.replace(/[?#].*/, '').replace(/(\/static)?\/[^/]*$/, '') ?? '';
}

/** The attributes of our own tag, without `data-`. */
export const tagOptions = (): Options => Object.assign({}, script?.dataset);

/** What says that this page has a client: the function of its tag, or `true` of the module alone. */
const RUNNING = Symbol.for('tallyman');
const marks = window as unknown as Record<symbol, unknown>;
export const running = (): unknown => marks[RUNNING];
export const setRunning = (client: unknown): unknown => marks[RUNNING] = client;

let started = false;

/**
 * Begins once the page is shown, unless it is switched off. `collect` starts what else is observed, and `restored` is
 * called for each further view out of the back/forward cache. A second client of the same page, such as the module
 * beside the tag, sends what it is called with, and observes nothing.
 */
export function start(options: Options, collect?: () => void, restored?: () => void): void {
  if (started)
    return;
  started = true;
  setDebugging(on(options.debug));
  const second = !!running();
  if (second)
    say('this page has a client already, which observes it');
  else
    setRunning(true);
  const reason = whyOff(options);
  if (reason) {
    say(`counts nothing: ${reason}`);
    return switchOff();
  }
  beginView(options);
  if (!counting)
    say('this view is not in the sample');
  const begin = guard((): void => {
    try {
      startDelivery(serverRoot(options), !on(options.noStorage));
    } catch (error) {
      console.warn('tallyman:', error);
      return switchOff();
    }
    if (second)
      return;
    observeErrors();
    collect?.();
    addEventListener('pageshow', guard((event) => {
      if (event.persisted) {
        beginView(options);
        restored?.();
      }
    }));
  });
  if ((document as Document & { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', begin, { once: true });
  else
    begin();
}
