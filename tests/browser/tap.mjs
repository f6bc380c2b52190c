/* Runs tests one after the other and prints TAP. A test is an async function
 * that throws when it fails. */

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

/* Runs the tests whose name contains the filter and sets the exit status. */
export async function runTests(filter = '') {
  const chosen = tests.filter(({ name }) => name.includes(filter));
  console.log(`1..${chosen.length}`);
  /* No test at all is a failure, too: something was not found. */
  let failed = chosen.length === 0;
  for (const [i, { name, run }] of chosen.entries()) {
    try {
      await run();
      console.log(`ok ${i + 1} - ${name}`);
    } catch (error) {
      failed = true;
      console.log(`not ok ${i + 1} - ${name}`);
      console.log(String(error.stack || error).replace(/^/gm, '# '));
    }
  }
  process.exitCode = failed ? 1 : 0;
}
