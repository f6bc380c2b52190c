/** The same function, which never throws: nothing here may ever disturb the page. */
export const guard = <Arguments extends unknown[], Result>(run: (...given: Arguments) => Result) =>
  (...given: Arguments): Result | undefined => {
    try {
      return run(...given);
    } catch {
      return undefined;
    }
  };
