// Prints the bodies of pushes with the same nine samples, six counters and three observations: as
// the OpenTelemetry SDK writes them in JSON and in protobuf, and for /record. 60 lines of JSON;
// protobuf is in base64.

import { createRequire } from 'node:module';

const require = createRequire(new URL('../../static/package.json', import.meta.url));
const { JsonMetricsSerializer, ProtobufMetricsSerializer } = require('@opentelemetry/otlp-transformer');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { AggregationTemporality, MeterProvider, MetricReader } = require('@opentelemetry/sdk-metrics');

const BODIES = 60;
const BOUNDS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100];
const SECONDS = [0.04, 0.07, 0.15, 0.3, 0.8, 1.5, 3, 7, 15, 30, 70];

class Reader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.DELTA });
  }

  async onForceFlush() {}

  async onShutdown() {}
}

for (let body = 0; body < BODIES; body++) {
  const reader = new Reader();
  const resource = resourceFromAttributes({ 'service.name': 'bench' });
  const meter = new MeterProvider({ resource, readers: [reader] }).getMeter('bench');
  const uses = meter.createCounter('uses');
  const load = meter.createHistogram('load', { unit: 's', advice: { explicitBucketBoundaries: BOUNDS } });
  const record = [];
  for (let i = 0; i < 6; i++) {
    const labels = { page: `p${String((6 * body + i) % 120).padStart(3, '0')}` };
    uses.add(1, labels);
    record.push({ metricName: 'uses_total', metricType: 'counter', labels, inc: 1 });
  }
  for (let i = 0; i < 3; i++) {
    const labels = { n: String((3 * body + i) % 10) };
    const seconds = SECONDS[(3 * body + i) % SECONDS.length];
    load.record(seconds, labels);
    record.push({ metricName: 'load_seconds', metricType: 'histogram', labels, observations: [seconds] });
  }
  const { resourceMetrics } = await reader.collect();
  console.log(JSON.stringify({
    record: JSON.stringify(record),
    json: Buffer.from(JsonMetricsSerializer.serializeRequest(resourceMetrics)).toString(),
    protobuf: Buffer.from(ProtobufMetricsSerializer.serializeRequest(resourceMetrics)).toString('base64'),
  }));
}
