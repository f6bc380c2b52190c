/* A page with the OpenTelemetry SDK; otel.test.mjs bundles this file and calls the functions in
 * window.otel. */

import { OTLPMetricExporter as JsonExporter, AggregationTemporalityPreference } from
  '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { DocumentLoadInstrumentation } from '@opentelemetry/instrumentation-document-load';
import { FetchInstrumentation } from '@opentelemetry/instrumentation-fetch';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, WebTracerProvider } from '@opentelemetry/sdk-trace-web';

/* A meter and the function that sends all its metrics. */
function metrics({ url, protobuf, temporality, resource }) {
  const exporter = new (protobuf ? ProtobufExporter : JsonExporter)({
    url, temporalityPreference: AggregationTemporalityPreference[temporality],
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600e3 })],
  });
  return { meter: provider.getMeter('page'), flush: () => provider.forceFlush() };
}

/* A tracer that also records the page load and its fetches. */
function traces({ url, resource }) {
  const provider = new WebTracerProvider({
    resource: resourceFromAttributes(resource),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }), { scheduledDelayMillis: 100 })],
  });
  provider.register();
  registerInstrumentations({ instrumentations: [new DocumentLoadInstrumentation(), new FetchInstrumentation()] });
  return { tracer: provider.getTracer('page'), flush: () => provider.forceFlush() };
}

window.otel = { metrics, traces };
