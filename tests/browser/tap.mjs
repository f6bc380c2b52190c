/* Runs tests and prints TAP. A test is an async function that throws when it
 * fails. */

const tests = [];

/* `alone`: no other test may run at the same time. */
export function test(name, run, { alone = false } = {}) {
  tests.push({ name, run, alone });
}

/* Runs the tests whose name contains the filter, in order or several at a time, with those that
 * run alone last or first, and sets the exit status. */
export async function runTests(filter = '', together = 1, { aloneFirst = false } = {}) {
  const chosen = tests.filter(({ name }) => name.includes(filter));
  console.log(`1..${chosen.length}`);
  /* An empty run fails, too: it means that no test was found. */
  let failed = chosen.length === 0;
  let done = 0;
  const runAll = async (queue) => {
    for (let one; (one = queue.shift());) {
      try {
        await one.run();
        console.log(`ok ${++done} - ${one.name}`);
      } catch (error) {
        failed = true;
        console.log(`not ok ${++done} - ${one.name}`);
        console.log(String(error.stack || error).replace(/^/gm, '# '));
      }
    }
  };
  const queue = chosen.filter(({ alone }) => together === 1 || !alone);
  const lone = chosen.filter(({ alone }) => together > 1 && alone);
  if (aloneFirst)
    await runAll(lone);
  await Promise.all(Array.from({ length: together }, () => runAll(queue)));
  await runAll(lone);
  process.exitCode = failed ? 1 : 0;
}
