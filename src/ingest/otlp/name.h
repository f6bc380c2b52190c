/* name: the names of metrics and units as Prometheus translates them. */
#ifndef TALLYMAN_INGEST_OTLP_NAME_H
#define TALLYMAN_INGEST_OTLP_NAME_H

#include "base/strbuf.h"
#include "otlp.pb-c.h"

/* The suffix of a name behind the unit. */
enum otlp_suffix {
    OTLP_SUFFIX_NONE,
    OTLP_SUFFIX_TOTAL, /* monotonic sums */
    OTLP_SUFFIX_RATIO  /* gauges: _ratio where the unit is 1 */
};

/* Writes the name of the family that Prometheus makes of a metric by default
 * (otlptranslator, UnderscoreEscapingWithSuffixes) to out, and that of its
 * unit, such as bytes_per_second, to unit_out; both were empty. Units are those
 * of UCUM, as OpenTelemetry uses them; any other stays what it is. The name is
 * empty when the metric's has no letter and no digit, and the unit has no word.
 */
void otlp_name(const ProtobufCBinaryData *name, const ProtobufCBinaryData *unit,
               enum otlp_suffix suffix, struct strbuf *out,
               struct strbuf *unit_out);

#endif
