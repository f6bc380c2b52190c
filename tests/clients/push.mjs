// Pushes the plan on standard input with npm's prom-client, and prints the results.
// ../e2e/push_clients.py describes the plan.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../static/package.json', import.meta.url));
const client = require('prom-client');

const types = {
  counter: [client.Counter, 'inc'],
  gauge: [client.Gauge, 'set'],
  histogram: [client.Histogram, 'observe'],
  summary: [client.Summary, 'observe'],
};

/** Records the values of a metric, and creates its family on first use. */
function record(registry, { type, name, help, labels, buckets, values }) {
  const [Family, verb] = types[type];
  const family =
    registry.getSingleMetric(name) ??
    new Family({ name, help, labelNames: Object.keys(labels), registers: [registry], ...(buckets && { buckets }) });
  for (const value of values) family[verb](labels, value);
}

const plan = JSON.parse(readFileSync(0, 'utf8'));
const headers = { ...plan.headers };
if (plan.gzip) headers['Content-Encoding'] = 'gzip';
if (plan.password) headers.Authorization = `Basic ${Buffer.from(`push:${plan.password}`).toString('base64')}`;

let registry = new client.Registry();
if (plan.defaults) client.collectDefaultMetrics({ register: registry });
for (const { fresh, action, metrics } of plan.rounds) {
  if (fresh) registry = new client.Registry();
  for (const metric of metrics) record(registry, metric);
  const options = { headers: { ...headers }, requireJobName: plan.job !== null };
  const gateway = new client.Pushgateway(plan.url, options, registry);
  const method = { add: 'pushAdd', push: 'push', delete: 'delete' }[action];
  try {
    await gateway[method]({ jobName: plan.job, groupings: plan.grouping });
    console.log('done');
  } catch (error) {
    console.log(error.message.trim());
  }
}
process.exit();
