import { guard } from './guard';
import type { Options } from './types';
import { enterPage, page, pathOf } from './view';

/**
 * Calls `seen` for each view of a single-page application without a load: after each change of the path, except
 * replaceState within the same page group.
 */
export function observeSoftNavigations(options: Options, seen: () => void): void {
  let path = pathOf(options);
  const look = guard((replaced: boolean) => {
    const [pathBefore, pageBefore] = [path, page];
    path = pathOf(options);
    if (path === pathBefore)
      return;
    enterPage(options);
    if (!replaced || page !== pageBefore)
      seen();
  });
  const { navigation } = window as { navigation?: EventTarget };
  if (navigation)
    return navigation.addEventListener('currententrychange', (event) =>
      look((event as Event & { navigationType: string | null }).navigationType === 'replace'));
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = History.prototype[name];
    History.prototype[name] = function (...call) {
      original.apply(this, call);
      look(name === 'replaceState');
    };
  }
  for (const type of ['popstate', 'hashchange'])
    addEventListener(type, () => look(false), true);
}
