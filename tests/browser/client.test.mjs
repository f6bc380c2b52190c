/* The browser client in headless Chromium, through a real web server and real responders started
 * by test_client.py. Prints TAP. */

import './client-collect.mjs';
import './client-requests.mjs';
import './client-xhr.mjs';
import './client-soft.mjs';
import './client-visits.mjs';
import './client-tag.mjs';
import './client-calls.mjs';
import './client-delivery.mjs';
import './client-privacy.mjs';
import './client-strict.mjs';
import './client-guide.mjs';
import { startSite, stopSite } from './client-site.mjs';
import { runTests } from './tap.mjs';

await startSite();
try {
  await runTests(process.argv[2], 3);
} finally {
  await stopSite();
}
