// Pushes the plan on standard input with the OpenTelemetry SDK, and prints a line of JSON for each
// push. ../e2e/otel_clients.py describes the plan.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import readline from 'node:readline';

const require = createRequire(new URL('../../static/package.json', import.meta.url));
const { diag, DiagLogLevel } = require('@opentelemetry/api');
const { setGlobalErrorHandler } = require('@opentelemetry/core');
const { AggregationTemporalityPreference } = require('@opentelemetry/exporter-metrics-otlp-http');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { AggregationType, InstrumentType, MeterProvider, PeriodicExportingMetricReader } =
  require('@opentelemetry/sdk-metrics');

const input = readline.createInterface({ input: process.stdin });
const plan = JSON.parse((await input[Symbol.asyncIterator]().next()).value);
let over = false;
input.on('close', () => { over = true; });
const { OTLPMetricExporter } = require(`@opentelemetry/exporter-metrics-otlp-${plan.protobuf ? 'proto' : 'http'}`);

/** The SDK's report on a push: warnings, and the errors passed to the program's handler. */
let said = { warnings: [], errors: [] };
const warn = (...words) => said.warnings.push(words.join(' '));
diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
setGlobalErrorHandler((error) => said.errors.push(error.message ?? String(error)));

const verbs = { counter: 'add', upDownCounter: 'add', histogram: 'record', gauge: 'record' };

/** A program in the SDK's terms: a resource, an exporter, instruments. */
class Program {
  instruments = new Map();

  constructor() {
    const exporter = new OTLPMetricExporter({
      url: plan.url,
      headers: plan.headers,
      compression: plan.gzip ? 'gzip' : 'none',
      ...(plan.temporality && { temporalityPreference: AggregationTemporalityPreference[plan.temporality] }),
      ...(plan.exponential && {
        aggregationPreference: (type) => ({
          type: type === InstrumentType.HISTOGRAM ? AggregationType.EXPONENTIAL_HISTOGRAM : AggregationType.DEFAULT,
        }),
      }),
    });
    this.provider = new MeterProvider({
      resource: resourceFromAttributes({
        ...plan.resource,
        ...(plan.instance && { 'service.instance.id': plan.instance === 'random' ? randomUUID() : plan.instance }),
      }),
      readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600e3 })],
    });
    this.meter = this.provider.getMeter('tests');
  }

  record({ kind, name, unit, bounds, attributes, values }) {
    if (!this.instruments.has(name)) {
      const make = `create${kind[0].toUpperCase()}${kind.slice(1)}`;
      this.instruments.set(name, this.meter[make](name, {
        unit, ...(bounds && { advice: { explicitBucketBoundaries: bounds } }),
      }));
    }
    for (const value of values) this.instruments.get(name)[verbs[kind]](value, attributes);
  }

  async push() {
    said = { warnings: [], errors: [] };
    await this.provider.forceFlush();
    console.log(JSON.stringify(said));
  }
}

let program = new Program();
const run = ({ fresh, metrics }) => {
  if (fresh) program = new Program();
  metrics.forEach((metric) => program.record(metric));
  return program.push();
};
for (const round of plan.rounds) await run(round);
if (plan.repeat) {
  while (!over) await run(plan.rounds.at(-1));
  await run(plan.rounds.at(-1));
}
process.exit();
