/* The query API of the page's server, in the form of Prometheus's HTTP API. */

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly retryAfter = 0) {
    super(message);
  }
}

export type Labels = Readonly<Record<string, string>>;

/* Values by Unix time in seconds. */
export interface Series {
  labels: Labels;
  values: Map<number, number>;
}

export interface Family {
  type: string;
  help: string;
  unit: string;
  /* Its values come from a query by SQL. */
  queried: boolean;
}

export interface Alert {
  labels: Labels;
  state: string;
  activeAt: string;
  value: string;
}

/* A rule of alerts; its annotations have `condition`, `measured`, `summary` and
 * `unit`. */
export interface Rule {
  name: string;
  query: string;
  labels: Labels;
  annotations: Labels;
  alerts: Alert[];
  state: string;
  health: string;
  lastError?: string;
}

export interface RuleGroup {
  rules: Rule[];
  interval: number;
  lastEvaluation: string;
}

interface Answer {
  status?: string;
  error?: string;
  data?: unknown;
  warnings?: string[];
  infos?: string[];
}

interface Result {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

const KEY = 'tallyman.token';

/* The token is kept for the tab, or for the page if storage is blocked. */
let token: string | null = null;
try {
  token = sessionStorage.getItem(KEY);
} catch { /* storage is blocked */ }

export const hasToken = (): boolean => token !== null;

export function keepToken(value: string | null): void {
  token = value;
  try {
    if (value === null)
      sessionStorage.removeItem(KEY);
    else
      sessionStorage.setItem(KEY, value);
  } catch { /* as above */ }
}

/* The server runs few queries at a time; more requests would only queue there. */
const AT_ONCE = 4;
const TIMEOUT = 20000;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE)
    await new Promise<void>((resolve) => { waiting.push(resolve); });
  else
    running++;
  try {
    return await run();
  } finally {
    const next = waiting.shift();
    if (next)
      next();
    else
      running--;
  }
}

/* Sends a request. Throws an ApiError, with status 0 if there is no answer. */
export async function send(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (token !== null)
    headers.set('Authorization', `Bearer ${token}`);
  let response;
  try {
    response = await fetch(path, { cache: 'no-store', credentials: 'same-origin', ...options, headers });
  } catch {
    throw new ApiError(0, 'No answer from the server.');
  }
  if (response.ok)
    return response;
  const text = await response.text().catch(() => '');
  let message = text.trim().slice(0, 300);
  try {
    message = (JSON.parse(text) as Answer).error ?? message;
  } catch { /* plain text, or a page of the web server */ }
  throw new ApiError(response.status, /^</.test(message) ? '' : message, Number(response.headers.get('Retry-After')) || 0);
}

/* The requests of one load: equal queries are sent once. */
export class Api {
  private readonly asked = new Map<string, Promise<unknown>>();
  readonly warnings = new Set<string>();

  constructor(private readonly signal: AbortSignal) {}

  private get(path: string, parameters: Record<string, string>): Promise<unknown> {
    const address = `api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const before = this.asked.get(address);
    if (before)
      return before;
    const answer = inTurn(async () => {
      this.signal.throwIfAborted();
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), TIMEOUT);
      const stop = () => late.abort();
      this.signal.addEventListener('abort', stop);
      try {
        const response = await send(address, { signal: late.signal });
        const { status, error, data, warnings, infos } = await response.json().catch(() => ({})) as Answer;
        if (status !== 'success')
          throw new ApiError(200, error ?? 'The answer of the server has no data.');
        for (const warning of [...warnings ?? [], ...infos ?? []])
          this.warnings.add(warning);
        return data;
      } finally {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', stop);
      }
    });
    this.asked.set(address, answer);
    return answer;
  }

  private async series(path: string, parameters: Record<string, string>): Promise<Series[]> {
    const { result } = await this.get(path, parameters) as { result: Result[] };
    return result.map(({ metric, value, values }) => ({
      labels: metric,
      values: new Map((values ?? (value ? [value] : [])).map(([moment, text]) => [Math.round(moment), Number(text)])),
    }));
  }

  range(query: string, start: number, end: number, step: number): Promise<Series[]> {
    return this.series('query_range', { query, start: String(start), end: String(end), step: String(step) });
  }

  instant(query: string, time: number): Promise<Series[]> {
    return this.series('query', { query, time: String(time) });
  }

  /* All visible families, in the order of the server. */
  async families(): Promise<Map<string, Family>> {
    const all = await this.get('metadata', {}) as Record<string, Partial<Family>[]>;
    return new Map(Object.entries(all).map(([name, [first]]) => [name, { type: 'unknown', help: '', unit: '', queried: false, ...first }]));
  }

  /* The alert rules, each with its active alerts. */
  async rules(): Promise<RuleGroup[]> {
    return (await this.get('rules', { type: 'alert' }) as { groups: RuleGroup[] }).groups;
  }

  /* The labels of a metric, without `__name__` and `le`. */
  async labels(metric: string, start: number, end: number): Promise<string[]> {
    const names = await this.get('labels', { 'match[]': metric, start: String(start), end: String(end) }) as string[];
    return names.filter((name) => name !== '__name__' && name !== 'le');
  }
}
