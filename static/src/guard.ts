/** The same function, which never throws: the client must not disturb the page. */
export const guard = <Arguments extends unknown[], Result>(run: (...given: Arguments) => Result) =>
  (...given: Arguments): Result | undefined => {
    try {
      return run(...given);
    } catch {
      return undefined;
    }
  };
