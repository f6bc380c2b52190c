import { leaving, pushUrl } from './delivery';
import { guard } from './guard';
import { loaded } from './resources';
import { findRule, readRules } from './rules';
import { record } from './series';
import { known } from './view';

/** How long to wait for the browser's timing of an answered request. */
const TIMING_MS = 3000;

/** Browsers differ on the hash in the name of a timing. */
const withoutHash = (url: string): string => url.replace(/#.*/, '');

/** Ends a request, with its status as a label value. Later calls do nothing. */
type End = (status: string) => void;

/** Status 0 means that there was no response. */
const statusClass = (status: number): string => status ? `${Math.floor(status / 100)}xx` : 'error';

/** An answered request whose timing is not known yet. */
interface Waiting {
  url: string;
  from: number;
  done: (ms: number) => void;
  elapsed: number;
}

/**
 * Counts and times the calls to the given routes. The page's fetch and XMLHttpRequest return and throw the same as
 * before.
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

  /* The browser measures up to the last byte, more exactly than a script. */
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
    let ended = false;
    return guard((status) => {
      if (ended)
        return;
      ended = true;
      const labels = { route, method: known(/^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)$/, verb), status };
      record('counter', 'web_requests_total', labels, 1);
      const one = {
        url: withoutHash(href), from, elapsed: performance.now() - from,
        done: (ms: number) => record('histogram', 'web_request_seconds', labels, ms / 1000),
      };
      waiting.add(one);
      setTimeout(() => settle(one, one.elapsed), status === 'error' ? 0 : TIMING_MS);
      performance.getEntriesByName(href, 'resource').forEach(match);
    });
  }

  /* An error here must not make the page's own call fail. */
  const tryBegin = guard((call: () => Call) => begin(...call()));
  wrapFetch(tryBegin);
  wrapXhr(tryBegin);
}

/** Method and URL. */
type Call = [string, string | URL];
type Begin = (call: () => Call) => End | undefined;

/** A fetch that a library implements with XMLHttpRequest counts once. */
let inFetch = false;

function wrapFetch(begin: Begin): void {
  const original = window.fetch;
  window.fetch = function (this: unknown, ...call: Parameters<typeof fetch>) {
    const end = begin(() => {
      const [input, init] = call;
      /* A Request of another frame is not an instance of our Request. */
      const request = {}.toString.call(input) === '[object Request]' ? input as Request : undefined;
      return [init?.method || request?.method || 'GET', request ? request.url : input as string | URL];
    });
    inFetch = !!end;
    try {
      const answer = original.apply(this as Window, call);
      return end ? answer.then((response) => {
        const { type, status } = response;
        end(type === 'opaque' ? type : type === 'opaqueredirect' ? '3xx' : statusClass(status));
        return response;
      }, (error: unknown) => {
        end('error');
        throw error;
      }) : answer;
    } catch (error) {
      end?.('error');
      throw error;
    } finally {
      inFetch = false;
    }
  };
}

/** The arguments of open(), and from send() on the end of the request. */
interface Opened {
  call: Call;
  end?: End;
}

/**
 * A request ends when its object reaches readyState 4, with the status of that moment. The page's handlers run after
 * ours and may reuse the object. Only open() ends an earlier request without an event.
 */
function wrapXhr(begin: Begin): void {
  const prototype = XMLHttpRequest.prototype;
  const { open, send } = prototype;
  const all = new WeakMap<XMLHttpRequest, Opened>();
  const keep = guard((request: XMLHttpRequest, opened: Opened | undefined) =>
    opened ? all.set(request, opened) : all.delete(request));
  const statusOf = (request: XMLHttpRequest): string => statusClass(request.readyState === 4 ? request.status : 0);
  const look = guard((request: XMLHttpRequest): void => {
    if (request.readyState === 4)
      all.get(request)?.end?.(statusOf(request));
  });
  const see = ({ target }: Event): void => look(target as XMLHttpRequest);
  prototype.open = function (this: XMLHttpRequest, ...call: unknown[]) {
    const earlier = all.get(this);
    const status = earlier && statusOf(this);
    /* Before open(), whose event lets the page send at once. */
    keep(this, { call: call as unknown as Call });
    try {
      (open as (...call: unknown[]) => void).apply(this, call);
    } catch (error) {
      keep(this, earlier);
      throw error;
    }
    earlier?.end?.(status!);
  };
  prototype.send = function (...call) {
    const opened = all.get(this);
    /* During a request send() throws and sends nothing. */
    const end = opened && this.readyState === 1 && !opened.end && !inFetch ? begin(() => opened.call) : undefined;
    if (end) {
      opened!.end = end;
      for (const type of ['readystatechange', 'loadend'])
        this.addEventListener(type, see, true);
    }
    try {
      send.apply(this, call);
    } catch (error) {
      if (end) {
        end('error');
        delete opened!.end;
      }
      throw error;
    }
    look(this);
  };
}
