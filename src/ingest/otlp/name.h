/* name: translates names of metrics and units like Prometheus. */
#ifndef TALLYMAN_INGEST_OTLP_NAME_H
#define TALLYMAN_INGEST_OTLP_NAME_H

#include "base/strbuf.h"
#include "otlp.pb-c.h"

/* The suffix of a name after the unit. */
enum otlp_suffix {
    OTLP_SUFFIX_NONE,
    OTLP_SUFFIX_TOTAL, /* monotonic sums */
    OTLP_SUFFIX_RATIO  /* gauges: _ratio if the unit is 1 */
};

/* Writes the family name that Prometheus derives from a metric by default
 * (otlptranslator, UnderscoreEscapingWithSuffixes) to out, and the unit, such
 * as bytes_per_second, to unit_out; both must be empty. Units of UCUM are
 * translated, as in OpenTelemetry; others stay unchanged. The name is empty if
 * the metric's name has no letter or digit and the unit has no word. */
void otlp_name(const ProtobufCBinaryData *name, const ProtobufCBinaryData *unit,
               enum otlp_suffix suffix, struct strbuf *out,
               struct strbuf *unit_out);

#endif
