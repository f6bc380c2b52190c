import { debugging, say } from './debug';
import { guard } from './guard';
import { take, unsealed, whenCalled } from './series';
import { type Batch, forget, keep, near, stored, useStorage } from './storage';
import { timeOf, uuid7 } from './uuid7';

const FLUSH_MS = 10_000;
/** The delay of batches that an earlier page could not deliver: not while this page loads. */
const STORED_MS = 1_000;
const WAIT_MAX_MS = 300_000;
/** Below 16 KiB, with room for the envelope. */
const BATCH_BYTES = 16_200;

let recordUrl = '';
let batches: Batch[] = []; /* not acknowledged, oldest first */
let sending: Batch | undefined;
let timer = 0;
let wait = FLUSH_MS;
let clockOff = 0; /* the server's clock minus ours */
let started = false;

/** Called before a page that is left sends its last batches. */
export const leaving: (() => void)[] = [];
/** The page is being unloaded, perhaps for good. */
export let ending = false;

/** The URL that batches are pushed to; '' before startDelivery. */
export const pushUrl = (): string => recordUrl;

/** How many calls the server has not acknowledged yet. */
export const pending = (): number => batches.reduce((sum, batch) => sum + batch.calls, unsealed());

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

function makeBatch(metrics: string[], calls: number): Batch {
  const id = uuid7(Date.now() + clockOff);
  return { id, body: `{"batch":"${id}","metrics":[${metrics}]}`, born: Date.now(), calls };
}

/** Turns the calls so far into batches. */
function seal(): void {
  const { metrics, calls } = take();
  let part: string[] = [];
  let size = 0;
  for (const metric of metrics) {
    const bytes = bytesOf(metric) + 1;
    size += bytes;
    if (size > BATCH_BYTES && part.length) {
      batches.push(makeBatch(part, 0));
      part = [];
      size = bytes;
    }
    part.push(metric);
  }
  if (part.length)
    batches.push(makeBatch(part, calls));
}

/* Makes a new array, because a caller may be iterating over the old one. */
function drop(batch: Batch): void {
  batches = batches.filter((other) => other !== batch);
  forget(batch.id);
}

function schedule(): void {
  if (started && !timer && !sending && (unsealed() || batches.length))
    timer = setTimeout(flush, wait);
}

/** While the server fails, calls are added up instead of sealed, so an outage costs no memory. */
export const flush = guard((): void => {
  clearTimeout(timer);
  timer = 0;
  if (!started || sending)
    return;
  batches.filter((batch) => !near(Date.now(), batch.born)).forEach(drop);
  if (!batches.length)
    seal();
  void sendNext();
});

/** Sends batches one at a time: browsers allow 64 KiB of keepalive requests together. */
async function sendNext(): Promise<void> {
  const batch = sending = batches[0];
  if (!batch)
    return schedule();
  const decided = await send(batch);
  sending = undefined;
  if (decided) {
    wait = FLUSH_MS;
    drop(batch);
    return sendNext();
  }
  wait = Math.min(wait * 2, WAIT_MAX_MS);
  batches.forEach(keep);
  schedule();
}

/** Returns whether the server has decided. A string is sent as text/plain, which needs no preflight. */
async function send(batch: Batch): Promise<boolean> {
  try {
    say(`sends ${batch.body}`);
    const response = await fetch(recordUrl, { method: 'POST', body: batch.body, keepalive: true });
    const { status } = response;
    const now = Date.parse(response.headers.get('date')!);
    /* Reading the reply frees its share of the 64 KiB of keepalive. */
    const text = await response.text();
    say(`${recordUrl} answers ${status} ${text.trim()}`, !/^OK\s*$/.test(text));
    /* Refused for the time in its id, so not counted: send it again with the server's time. */
    if (status === 400 && now && !near(now, timeOf(batch.id))) {
      clockOff = now - Date.now();
      forget(batch.id);
      const id = uuid7(now);
      batch.body = batch.body.replace(batch.id, id);
      batch.id = id;
      return await send(batch);
    }
    return status !== 429 && status < 500;
  } catch (error) {
    say(`${recordUrl}: ${error as Error}`, true);
    return false;
  }
}

/* A beacon has no answer: for data-debug, a fetch that outlives the page. */
function hand(batch: Batch): boolean {
  if (!debugging)
    return navigator.sendBeacon(recordUrl, batch.body);
  void send(batch).then((decided) => decided && drop(batch));
  return true;
}

/**
 * Sends everything at once, because the page may be gone afterwards. The result of a beacon is unknown: the batch is
 * kept and sent again, from here or from the next page, and the server counts it once. Without storage the beacon is
 * trusted. A batch in a running fetch is left to it: keepalive outlives the page.
 */
const leave = guard((): void => {
  leaving.forEach((prepare) => guard(prepare)());
  seal();
  for (const batch of batches) {
    const kept = keep(batch);
    try {
      if (batch !== sending && !batch.beaconed && hand(batch)) {
        batch.beaconed = kept;
        if (!kept)
          drop(batch);
      }
    } catch { /* an old browser */ }
  }
  schedule();
});

/** Starts sending to <root>/record, first the batches that earlier pages could not deliver. */
export function startDelivery(root: string, storing: boolean): void {
  recordUrl = new URL(root.replace(/\/+$/, '') + '/record', document.baseURI).href;
  started = true;
  whenCalled(schedule);
  if (storing)
    useStorage(recordUrl);
  setTimeout(() => {
    const found = stored().filter(({ id }) => !batches.some((batch) => batch.id === id));
    if (found.length) {
      batches = found.concat(batches);
      flush();
    }
  }, STORED_MS);
  /* On the window, because listeners on the document run before it. */
  addEventListener('visibilitychange', () => {
    if (document.hidden)
      return leave();
    ending = false;
    schedule();
  });
  /* A visible page that is left gets pagehide first, and then visibilitychange. */
  addEventListener('pagehide', () => {
    ending = true;
    if (document.hidden)
      leave();
  });
  schedule();
}
