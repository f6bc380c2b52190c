import { say, setDebugging } from './debug';
import { startDelivery } from './delivery';
import { observeErrors } from './errors';
import { guard } from './guard';
import type { Options } from './types';
import { beginView, counting, on, switchOff, whyOff } from './view';

const script = document.currentScript as HTMLScriptElement | null;

/** From the tag or the snippet; by default the directory of this file, without a last part `static`. */
function serverRoot(options: Options): string {
  return options.server ?? script?.src.replace(/[?#].*/, '').replace(/(\/static)?\/[^/]*$/, '') ?? '';
}

/** The attributes of our own tag, without `data-`. */
export const tagOptions = (): Options => Object.assign({}, script?.dataset);

/** Marks a page that has a client: with the function of its tag, or `true` for the module alone. */
const RUNNING = Symbol.for('tallyman');
const marks = window as unknown as Record<symbol, unknown>;
export const running = (): unknown => marks[RUNNING];
export const setRunning = (client: unknown): unknown => marks[RUNNING] = client;

let started = false;

/**
 * Starts when the page is shown, unless the client is switched off. `collect` starts the other observations;
 * `restored` runs for each view from the back/forward cache. A second client on the same page, such as the module
 * next to the tag, only sends its calls.
 */
export function start(options: Options, collect?: () => void, restored?: () => void): void {
  if (started)
    return;
  started = true;
  setDebugging(on(options.debug));
  const second = !!running();
  if (second)
    say('this page has a client');
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
