/* A page with Grafana's Faro web SDK; otel.test.mjs bundles this file. */

import { getWebInstrumentations, initializeFaro } from '@grafana/faro-web-sdk';
import { TracingInstrumentation } from '@grafana/faro-web-tracing';

window.startFaro = (options) => {
  window.faro = initializeFaro({
    ...options,
    instrumentations: [...getWebInstrumentations(), new TracingInstrumentation()],
  });
};
