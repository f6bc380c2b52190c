#include "http/accept.h"

#include <string.h>

#include "http/media.h"

/* A q parameter in thousandths; 1000 if it is malformed or missing. */
static int quality(const char *text) {
    int value = 0;
    int scale = 1000;
    if (!*text)
        return 1000;
    for (; *text && scale > 0; text++) {
        if (*text == '.')
            continue;
        if (*text < '0' || *text > '9')
            return 1000;
        value += (*text - '0') * scale;
        scale /= 10;
    }
    return value > 1000 ? 1000 : value;
}

/* Whether the range has this version, or none. */
static bool is_version(const struct media *range, const char *version) {
    char given[MEDIA_VALUE_SIZE];
    media_parameter(range, "version", given);
    return !*given || strcmp(given, version) == 0;
}

/* Only the delimited encoding of MetricFamily; the others are text. */
static bool is_protobuf(const struct media *range) {
    char proto[MEDIA_VALUE_SIZE];
    char encoding[MEDIA_VALUE_SIZE];
    media_parameter(range, "proto", proto);
    media_parameter(range, "encoding", encoding);
    return media_is(range, "application/vnd.google.protobuf") &&
           strcmp(proto, "io.prometheus.client.MetricFamily") == 0 &&
           strcmp(encoding, "delimited") == 0;
}

bool accept_gzip(const char *accept_encoding) {
    struct media coding;
    int gzip = -1;
    int any = 0;
    while (media_next(&accept_encoding, &coding)) {
        char q[MEDIA_VALUE_SIZE];
        media_parameter(&coding, "q", q);
        if (media_is(&coding, "gzip") || media_is(&coding, "x-gzip"))
            gzip = quality(q);
        else if (media_is(&coding, "*"))
            any = quality(q);
    }
    return gzip >= 0 ? gzip > 0 : any > 0;
}

enum exposition_format accept_exposition(const char *accept) {
    struct media range;
    int text = 0;
    int open = 0;
    int protobuf = 0;
    while (media_next(&accept, &range)) {
        char q[MEDIA_VALUE_SIZE];
        media_parameter(&range, "q", q);
        if (media_is(&range, "application/openmetrics-text") &&
            is_version(&range, "1.0.0") && quality(q) > open)
            open = quality(q);
        if (is_protobuf(&range) && quality(q) > protobuf)
            protobuf = quality(q);
        if (((media_is(&range, "text/plain") && is_version(&range, "0.0.4")) ||
             media_is(&range, "*/*") || media_is(&range, "text/*")) &&
            quality(q) > text)
            text = quality(q);
    }
    if (protobuf > text && protobuf >= open)
        return EXPOSITION_PROTOBUF;
    return open > text ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}
