#include "cli/monitoring/monitoring.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "templates.h"

/* From this bound on, Prometheus 3 writes bounds with an exponent. */
#define EXPONENT_FROM 1e6

bool monitoring_has(const struct monitoring *monitoring, const char *name) {
    for (size_t i = 0; template_choices[i].option; i++)
        if ((monitoring->chosen >> i & 1) &&
            (strcmp(template_choices[i].name, name) == 0 ||
             strcmp(template_choices[i].sets, name) == 0))
            return true;
    return false;
}

int monitoring_base(const struct monitoring *monitoring,
                    const struct family *family) {
    return (int)family_base_length(family,
                                   &monitoring->config->registry.claims);
}

bool monitoring_has_exemplars(const struct monitoring *monitoring) {
    return monitoring_has(monitoring, "stack_prometheus") &&
           monitoring_has(monitoring, "storage_local") &&
           !monitoring_has(monitoring, "tracing_none");
}

bool monitoring_is_native(const struct monitoring *monitoring,
                          const struct family *family) {
    return monitoring->native_histograms &&
           metric_shape(family->type) == SHAPE_BUCKETS;
}

const char *monitoring_count(const struct monitoring *monitoring,
                             const struct family *family, const char **more) {
    *more = "";
    if (monitoring_is_native(monitoring, family))
        return "";
    if (family_sum_falls(family)) {
        *more = ",le=\"+Inf\"";
        return "_bucket";
    }
    return metric_observes(family->type) ? "_count" : "";
}

static void add_literally(const char *text, struct strbuf *out) {
    for (; *text; text++)
        strbuf_printf(out, strchr(".+", *text) ? "[%c]" : "%c", *text);
}

/* The shortest text with an exponent that reads back equal. */
static void add_exponent(double bound, struct strbuf *out) {
    char text[NUMBER_SIZE];
    double back;
    int digits = 0;
    do {
        (void)snprintf(text, sizeof(text), "%.*e", digits, bound);
        back = strtod(text, NULL);
    } while ((back < bound || back > bound) && ++digits < DBL_DECIMAL_DIG);
    add_literally(text, out);
}

void monitoring_bound(double bound, struct strbuf *out) {
    char number[NUMBER_SIZE];
    const size_t len = number_format(bound, number);
    add_literally(number, out);
    if (memchr(number, 'e', len))
        return;
    if (!memchr(number, '.', len))
        strbuf_add_string(out, "([.]0)?");
    if (fabs(bound) >= EXPONENT_FROM) {
        strbuf_add_char(out, '|');
        add_exponent(bound, out);
    }
}
