/** A batch that never changes: sent again, it has the same id and the same content. */
export interface Batch {
  id: string;
  body: string;
  /** When it was made, in Unix milliseconds. */
  born: number;
  /** How many calls it stands for. */
  calls: number;
  /** It was handed to the browser; whether it arrived is not known. */
  beaconed?: boolean;
}

const PREFIX = 'tallyman:';
const BATCHES_MAX = 20;
const CHARACTERS_MAX = 128 * 1024;
/** The server knows a batch id for an hour; sent later it could count twice. */
const AGE_MAX = 50 * 60 * 1000;

export const tooOld = (born: number): boolean => !(Math.abs(Date.now() - born) < AGE_MAX);

let storage: Storage | undefined;
let url: string;

/** May throw where the browser forbids storage: then there is none. */
export function useStorage(recordUrl: string): void {
  url = recordUrl;
  storage = localStorage;
}

interface Stored extends Batch {
  url: string;
}

/** What is stored, oldest first; what is too old or no batch is removed. */
function readAll(): Stored[] {
  const all: Stored[] = [];
  for (const key of Object.keys(storage!)) {
    if (key.startsWith(PREFIX)) {
      try {
        const { url: server, born, body } = JSON.parse(storage!.getItem(key)!) as Stored;
        if (tooOld(born))
          storage!.removeItem(key);
        else
          all.push({ url: server, born, body, id: key.slice(PREFIX.length), calls: 0, beaconed: true });
      } catch {
        storage!.removeItem(key);
      }
    }
  }
  return all.sort((a, b) => a.born - b.born);
}

/** The batches for this server of which no page knows whether they have arrived: each has been handed over once. */
export function stored(): Batch[] {
  return storage ? readAll().filter((batch) => batch.url === url) : [];
}

/** Keeps a batch for the next page; the oldest ones make room. False where nothing can be kept: that throws. */
export function keep({ id, body, born }: Batch): boolean {
  try {
    const others = readAll().filter((batch) => batch.id !== id);
    while (others.length >= BATCHES_MAX || JSON.stringify(others).length + body.length > CHARACTERS_MAX)
      forget(others.shift()!.id);
    storage!.setItem(PREFIX + id, JSON.stringify({ url, born, body }));
    return true;
  } catch {
    return false;
  }
}

export function forget(id: string): void {
  storage?.removeItem(PREFIX + id);
}
