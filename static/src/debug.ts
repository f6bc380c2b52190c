/** Whether data-debug is set. */
export let debugging = false;

export function setDebugging(set: boolean): void {
  debugging = set;
}

/** Writes to the console, if data-debug is set. */
export function say(text: string, wrong?: boolean): void {
  if (debugging)
    console[wrong ? 'warn' : 'info']('tallyman: ' + text + (wrong ? '; guide: static/README.md' : ''));
}
