#include "accept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One element of the header, text[0..len). */
struct element {
    const char *text;
    size_t len;
};

/* Cuts the next part that ends at a separator off *rest; blanks around it
 * go. */
static struct element next_part(const char **rest, const char *end,
                                char separator) {
    const char *start = *rest;
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    const char *stop = start;
    while (stop < end && *stop != separator)
        stop++;
    *rest = stop < end ? stop + 1 : end;
    while (stop > start && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    return (struct element){start, (size_t)(stop - start)};
}

static bool element_is(struct element element, const char *text) {
    return element.len == strlen(text) &&
           strncasecmp(element.text, text, element.len) == 0;
}

/* Thousandths of a q parameter, 1000 when it is not one. */
static int quality(struct element parameter) {
    int value = 0;
    int scale = 1000;
    for (size_t i = 2; i < parameter.len && scale > 0; i++) {
        char c = parameter.text[i];
        if (c == '.')
            continue;
        if (c < '0' || c > '9')
            return 1000;
        value += (c - '0') * scale;
        scale /= 10;
    }
    return value > 1000 ? 1000 : value;
}

struct range {
    struct element type;
    struct element version;
    int quality;
};

static struct range read_range(struct element element) {
    const char *rest = element.text;
    const char *end = element.text + element.len;
    struct range range = {.quality = 1000};
    range.type = next_part(&rest, end, ';');
    while (rest < end) {
        struct element parameter = next_part(&rest, end, ';');
        if (parameter.len > 2 && strncasecmp(parameter.text, "q=", 2) == 0)
            range.quality = quality(parameter);
        else if (parameter.len > 8 &&
                 strncasecmp(parameter.text, "version=", 8) == 0)
            range.version =
                (struct element){parameter.text + 8, parameter.len - 8};
    }
    return range;
}

enum exposition_format accept_exposition(const char *accept) {
    const char *rest = accept;
    const char *end = accept + strlen(accept);
    int text = 0;
    int open = 0;
    while (rest < end) {
        struct range range = read_range(next_part(&rest, end, ','));
        bool openmetrics =
            element_is(range.type, "application/openmetrics-text") &&
            (range.version.len == 0 || element_is(range.version, "1.0.0"));
        bool plain =
            element_is(range.type, "text/plain") &&
            (range.version.len == 0 || element_is(range.version, "0.0.4"));
        bool any =
            element_is(range.type, "*/*") || element_is(range.type, "text/*");
        if (openmetrics && range.quality > open)
            open = range.quality;
        if ((plain || any) && range.quality > text)
            text = range.quality;
    }
    return open > text ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT;
}
