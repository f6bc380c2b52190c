/** The host name without `www.`. */
export const bare = (host: string): string => host.replace(/^www\./, '');

/** `a` is below `b`, or `b` itself. */
export const below = (a: string, b: string): boolean => `.${a}`.endsWith(`.${b}`);
