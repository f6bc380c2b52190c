import { leaving, pushUrl } from './delivery';
import { loaded } from './resources';
import { findRule, readRules } from './rules';
import { record } from './series';
import { known } from './view';

/** How long the timing of an answered request may take to come. */
const TIMING_MS = 3000;

/** Browsers do not agree whether a timing has the part behind the hash. */
const withoutHash = (url: string): string => url.replace(/#.*/, '');

/** Told once when a request has ended: its status, 0 without one. */
type End = (status: number, opaque?: boolean) => void;

/** An answered request whose timing is not known yet. */
interface Waiting {
  url: string;
  from: number;
  done: (ms: number) => void;
  elapsed: number;
}

/**
 * Counts and times the calls to the given routes. The page's own fetch and XMLHttpRequest behave as before: what they
 * give or throw is passed on.
 */
export function observeRequests(routes: string | undefined): void {
  const rules = readRules(routes);
  if (!rules.length)
    return;
  const waiting = new Set<Waiting>();

  function settle(one: Waiting, ms: number): void {
    if (waiting.delete(one))
      one.done(ms);
  }

  /* What the browser measured, up to the last byte, is better than what a script sees. */
  function match(entry: PerformanceEntry): void {
    for (const one of waiting)
      if (one.url === withoutHash(entry.name) && entry.startTime > one.from - 1)
        return settle(one, entry.duration);
  }

  loaded.push(match);
  leaving.push(() => waiting.forEach((one) => settle(one, one.elapsed)));

  function begin(method: string, given: string | URL): End | undefined {
    const { href, origin, pathname } = new URL(given, document.baseURI);
    const verb = method.toUpperCase();
    const route = findRule(rules, origin === location.origin ? pathname : origin + pathname, verb);
    if (!route || href === pushUrl())
      return undefined;
    const from = performance.now();
    return (status, opaque) => {
      const labels = {
        route,
        method: known(/^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/, verb),
        status: opaque ? 'opaque' : status ? `${Math.floor(status / 100)}xx` : 'error',
      };
      record('counter', 'web_requests_total', labels, 1);
      const one = {
        url: withoutHash(href), from, elapsed: performance.now() - from,
        done: (ms: number) => record('histogram', 'web_request_seconds', labels, ms / 1000),
      };
      waiting.add(one);
      performance.getEntriesByName(href, 'resource').forEach(match);
      setTimeout(() => settle(one, one.elapsed), status ? TIMING_MS : 0);
    };
  }

  /* Nothing here may fail where the page's own call would not. */
  function tryBegin(call: () => Call): End | undefined {
    try {
      return begin(...call());
    } catch {
      return undefined;
    }
  }

  wrapFetch(tryBegin);
  wrapXhr(tryBegin);
}

/** Method and URL. */
type Call = [string, string | URL];
type Begin = (call: () => Call) => End | undefined;

function wrapFetch(begin: Begin): void {
  const original = window.fetch;
  window.fetch = function (this: unknown, ...call: Parameters<typeof fetch>) {
    const end = begin(() => {
      const [input, init] = call;
      const request = input instanceof Request ? input : undefined;
      return [init?.method || request?.method || 'GET', request ? request.url : input as string | URL];
    });
    const answer = original.apply(this as Window, call);
    return end ? answer.then((response) => {
      end(response.status, response.type === 'opaque');
      return response;
    }, (error: unknown) => {
      end(0);
      throw error;
    }) : answer;
  };
}

function wrapXhr(begin: Begin): void {
  const prototype = XMLHttpRequest.prototype;
  const { open, send } = prototype;
  const calls = new WeakMap<XMLHttpRequest, Call>();
  prototype.open = function (this: XMLHttpRequest, ...call: unknown[]) {
    calls.set(this, call as unknown as Call);
    return (open as (...call: unknown[]) => void).apply(this, call);
  };
  prototype.send = function (...call) {
    const opened = calls.get(this);
    const end = opened && begin(() => opened);
    if (end)
      this.addEventListener('loadend', () => end(this.status), { once: true });
    return send.apply(this, call);
  };
}
