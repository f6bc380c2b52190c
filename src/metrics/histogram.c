#include "metrics/histogram.h"

#include <math.h>

uint64_t histogram_count_add(uint64_t a, uint64_t b) {
    return a >= HISTOGRAM_COUNT_MAX || b > HISTOGRAM_COUNT_MAX - a
               ? HISTOGRAM_COUNT_MAX
               : a + b;
}

size_t histogram_bucket(const double *bounds, size_t count, double value) {
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value <= bounds[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double histogram_quantile(const double *bounds, size_t count,
                          const uint64_t *counts, double q) {
    double total = 0;
    double below = 0;
    size_t i = 0;
    for (size_t j = 0; j <= count; j++)
        total += (double)counts[j];
    if (!(total > 0) || count == 0)
        return NAN;
    double rank = q * total;
    while (i < count && (counts[i] == 0 || below + (double)counts[i] < rank))
        below += (double)counts[i++];
    if (i == count)
        return bounds[count - 1];
    double lower = i > 0 ? bounds[i - 1] : bounds[0] > 0 ? 0 : bounds[0];
    return lower + (bounds[i] - lower) * (rank - below) / (double)counts[i];
}

void histogram_show_bounds(const double *bounds, size_t count,
                           struct strbuf *out) {
    enum { SHOWN = 10 };
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        char number[NUMBER_SIZE];
        strbuf_add_string(out, i > 0 ? ", " : "");
        strbuf_add(out, number, number_format(bounds[i], number));
    }
    if (count > SHOWN)
        strbuf_printf(out, "... (%zu)", count);
    if (count == 0)
        strbuf_add_string(out, "none");
}

void histogram_write_json(const uint64_t *counts, size_t count,
                          struct strbuf *out) {
    if (!strbuf_reserve(out, count * (NATURAL_SIZE + 1) + 2))
        return;
    char *at = out->data + out->len;
    *at++ = '[';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = ',';
        at += natural_format(counts[i], at);
    }
    *at++ = ']';
    *at = '\0';
    out->len = (size_t)(at - out->data);
}

/* The closing bracket is located first, so no read passes it. */
int histogram_read_json(const char *json, size_t len, uint64_t *counts,
                        size_t count) {
    enum { DIGITS_MAX = 19 }; /* digits of 2^63 - 1 */
    const char *at = json + 1;
    if (len < 2 || json[0] != '[' || json[len - 1] != ']')
        return -1;
    for (size_t i = 0; i < count; i++) {
        const char *start = at;
        uint64_t sum = 0;
        unsigned digit;
        while ((digit = (unsigned)*at - '0') <= 9) {
            sum = sum * 10 + digit;
            at++;
        }
        if (at == start || at - start > DIGITS_MAX || sum > INT64_MAX ||
            *at != (i + 1 < count ? ',' : ']'))
            return -1;
        counts[i] = sum;
        at++;
    }
    return at == json + len ? 0 : -1;
}
