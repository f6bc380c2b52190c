/* push: converts a body of the Faro web SDK to points. */
#ifndef TALLYMAN_INGEST_FARO_PUSH_H
#define TALLYMAN_INGEST_FARO_PUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "config/routes.h"
#include "ingest/points.h"

/* The settings of a push, and the parts of its request apart from the body. */
struct faro_setting {
    const struct registry *registry;
    const struct routes *pages;  /* map a URL to the label `page` */
    const struct routes *routes; /* map it to the label `route` */
    bool spans;       /* requests are counted from spans, not from events */
    const char *app;  /* the app of the push's key; or NULL */
    const char *host; /* the Host header of the push; "" if missing */
    const char *uri;  /* the path of the push, with any query */
};

/* The labels of the sender: page, device, app, version, environment, browser
 * and os. */
enum { FARO_CONTEXT_MAX = 7 };

/* Upper bound of the attributes of an event, or of the context of a
 * measurement, that are searched for labels. */
enum { FARO_ATTRIBUTES_MAX = 128 };

struct faro_push {
    const struct faro_setting *setting;
    struct points *points;
    const char *site; /* URL of the page; NULL if unknown */
    struct label context[FARO_CONTEXT_MAX];
    size_t context_count;
};

/* Sources of the labels of a point, in order of precedence. Labels of the
 * sender come between the two: attributes do not replace them. */
struct faro_labels {
    const struct label *own;
    size_t own_count;
    /* By label name; NULL or any other value for none. */
    const struct json_object *attributes;
};

/* Reads a non-empty string without NUL; false for other values. */
bool faro_text(const struct json_object *value, const char **text, size_t *len);

/* Reads a number that can be added; false for other values. */
bool faro_number(const struct json_object *value, double *number);

/* Bytes of the longest name with its NUL. */
enum { FARO_NAME_SIZE = FAMILY_NAME_MAX + 1 };

/* Converts text[0..len) to a metric name like OpenTelemetry: a run of invalid
 * characters becomes one `_`, and those at both ends are removed. Returns the
 * length; 0 if nothing is left or the name is too long. */
size_t faro_name(const char *text, size_t len, char name[FARO_NAME_SIZE]);

/* True if text[0..len) is an identifier rather than free text: letters, digits,
 * `_`, `-`, `.` and `:`, at most 64 bytes. */
bool faro_is_word(const char *text, size_t len);

/* Sets the labels of the sender from `meta`, which may be any value. */
void faro_read_meta(struct faro_push *push, const struct json_object *meta);

/* Finds a listed family that is not the responder's own; NULL if there is none.
 */
const struct family *faro_find(const struct faro_push *push, const char *name,
                               size_t len);

/* Adds a point with the labels that the family lists. The value is counted, set
 * or observed. An unlisted label value becomes `other` if that is listed; a URL
 * becomes `other` where any value is permitted. */
enum point_result faro_add(struct faro_push *push, const struct family *family,
                           const struct faro_labels *labels, double value);

/* Like faro_add, by the name of the family. Refused if no file lists it. */
enum point_result faro_count(struct faro_push *push, const char *name,
                             const struct faro_labels *labels, double value);

/* Refuses a point. family[0..len) is shown only if it is a word. */
enum point_result faro_refuse(struct faro_push *push, enum reject_reason reason,
                              const char *family, size_t len, const char *why);

#endif
