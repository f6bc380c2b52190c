/** Whether data-debug is set. */
export let debugging = false;

export function setDebugging(set: boolean): void {
  debugging = set;
}

/** Writes to the console what is to be seen with data-debug. */
export function say(text: string, wrong?: boolean): void {
  if (debugging)
    console[wrong ? 'warn' : 'info']('tallyman: ' + text);
}
