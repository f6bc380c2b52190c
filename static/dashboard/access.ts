/* Access to the numbers: a form asks for the token if the server wants one. */

import { ApiError, hasToken, keepToken, send } from './api';
import { byId, setText } from './dom';

/* Set while the browser has a cookie, which no script sees. */
const KEPT = 'tallyman.signed-in';

function isKept(): boolean {
  try {
    return localStorage.getItem(KEPT) !== null;
  } catch {
    return false;
  }
}

function setKept(kept: boolean): void {
  try {
    if (kept)
      localStorage.setItem(KEPT, 'yes');
    else
      localStorage.removeItem(KEPT);
  } catch { /* without storage there is no button to sign out */ }
}

/* The message for an error. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError))
    return `Error in this page: ${String(error)}`;
  switch (error.status) {
    case 0:
      return 'The server does not answer.';
    case 401:
      return 'This token is wrong.';
    case 403:
      return error.message || 'You do not have access to these numbers.';
    case 429:
      return `Too many attempts with wrong tokens. Try again ${error.retryAfter ? `in ${error.retryAfter} seconds` : 'in a minute'}.`;
    default:
      return error.message || `The server answers with status ${error.status}.`;
  }
}

export class Access {
  private readonly place = byId('sign-in', HTMLElement);
  private readonly form = byId('sign-in-form', HTMLFormElement);
  private readonly token = byId('token', HTMLInputElement);
  private readonly keep = byId('keep', HTMLInputElement);
  private readonly answer = byId('sign-in-answer', HTMLElement);
  private readonly out = byId('sign-out', HTMLButtonElement);
  private tried = false;

  /* `again` loads the numbers after a change of the token. */
  constructor(private readonly again: () => void) {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.signIn();
    });
    this.out.addEventListener('click', () => { void this.signOut(); });
  }

  /* Called when the server answers 401. */
  ask(): void {
    if (hasToken())
      keepToken(null);
    setKept(false);
    if (this.tried)
      this.refuse(new ApiError(401, ''));
    this.tried = false;
    this.out.hidden = true;
    if (this.place.hidden) {
      this.place.hidden = false;
      this.token.focus();
    }
  }

  /* Called when the server has accepted the token. */
  granted(): void {
    this.tried = false;
    this.place.hidden = true;
    setText(this.answer, '');
    this.token.value = '';
    this.out.hidden = !hasToken() && !isKept();
  }

  /* Shows the reason and keeps the form open. */
  refuse(error: unknown): void {
    setText(this.answer, explain(error));
    this.token.select();
    this.token.focus();
  }

  get isAsking(): boolean {
    return !this.place.hidden;
  }

  private async signIn(): Promise<void> {
    const token = this.token.value.trim();
    if (!token)
      return;
    setText(this.answer, '');
    try {
      /* Tokens have no other characters, and most others cannot be in a header. */
      if (/[^!-~]/.test(token))
        throw new ApiError(401, '');
      if (this.keep.checked) {
        await send('login', { method: 'POST', body: new URLSearchParams({ token, keep: '1' }) });
        setKept(true);
      } else {
        keepToken(token);
      }
    } catch (error) {
      this.refuse(error);
      return;
    }
    this.tried = true;
    this.again();
  }

  private async signOut(): Promise<void> {
    keepToken(null);
    setKept(false);
    try {
      await send('logout', { method: 'POST' });
    } catch { /* the cookie expires */ }
    this.again();
  }
}
