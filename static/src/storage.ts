/** A batch that never changes: sent again, it has the same id and the same content. */
export interface Batch {
  id: string;
  body: string;
  /** When it was made, in Unix milliseconds. */
  born: number;
  /** How many calls it stands for. */
  calls: number;
  /** It was handed to the browser as a beacon, with an unknown result. */
  beaconed?: boolean;
}

const PREFIX = 'tallyman:';
const BATCHES_MAX = 20;
const CHARACTERS_MAX = 128 * 1024;
/** The server remembers batch ids for an hour; a later batch could count twice. */
const AGE_MAX = 50 * 60 * 1000;

/** Whether two times, in Unix milliseconds, are less than AGE_MAX apart. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) < AGE_MAX;

/** The server whose batches are stored; undefined stores none. */
let url: string | undefined;

export function useStorage(recordUrl: string): void {
  url = recordUrl;
}

interface Stored extends Batch {
  url: string;
}

/** All stored batches, oldest first; removes old and malformed ones. Throws if the browser forbids storage. */
function readAll(): Stored[] {
  const all: Stored[] = [];
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX)) {
      try {
        const { url: server, born, body } = JSON.parse(localStorage.getItem(key)!) as Stored;
        if (near(Date.now(), born))
          all.push({ url: server, born, body, id: key.slice(PREFIX.length), calls: 0, beaconed: true });
        else
          localStorage.removeItem(key);
      } catch {
        localStorage.removeItem(key);
      }
    }
  }
  return all.sort((a, b) => a.born - b.born);
}

/** The result of act; undefined if storage is off or forbidden by the browser. */
function tryStorage<T>(act: () => T): T | undefined {
  try {
    return url ? act() : undefined;
  } catch {
    return undefined;
  }
}

/** The unacknowledged batches for this server; each was handed to the browser once. */
export const stored = (): Batch[] => tryStorage(readAll)?.filter((batch) => batch.url === url) ?? [];

/** Keeps a batch for the next page, in place of the oldest if necessary. False if nothing can be kept. */
export const keep = ({ id, body, born }: Batch): boolean => !!tryStorage(() => {
  const others = readAll().filter((batch) => batch.id !== id);
  while (others.length >= BATCHES_MAX || JSON.stringify(others).length + body.length > CHARACTERS_MAX)
    forget(others.shift()!.id);
  localStorage.setItem(PREFIX + id, JSON.stringify({ url, born, body }));
  return true;
});

export const forget = (id: string): void => tryStorage(() => localStorage.removeItem(PREFIX + id));
