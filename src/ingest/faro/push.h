/* push: a body of the Faro web SDK, and the points that are made of it. */
#ifndef TALLYMAN_INGEST_FARO_PUSH_H
#define TALLYMAN_INGEST_FARO_PUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "config/routes.h"
#include "ingest/points.h"

/* The settings of a push, and the parts of its request beside the body. */
struct faro_setting {
    const struct registry *registry;
    const struct routes *pages;  /* by them a URL becomes the label `page` */
    const struct routes *routes; /* and the label `route` */
    bool spans;       /* requests are counted by spans, not by events */
    const char *app;  /* that the key of the push selects; or NULL */
    const char *host; /* of the push itself, as its Host says; "" without */
    const char *uri;  /* likewise, its path; a query may follow */
};

/* The labels of the sender: page, device, app, version, environment, browser
 * and os. */
enum { FARO_CONTEXT_MAX = 7 };

/* The most attributes of an event, or of the context of a measurement, that are
 * looked at for labels. */
enum { FARO_ATTRIBUTES_MAX = 128 };

struct faro_push {
    const struct faro_setting *setting;
    struct points *points;
    const char *site; /* URL of the page; NULL when it is not known */
    struct label context[FARO_CONTEXT_MAX];
    size_t context_count;
};

/* Sources of the labels of a point, in this order. Those of the sender come
 * between: no attribute replaces them. */
struct faro_labels {
    const struct label *own;
    size_t own_count;
    const struct json_object *attributes; /* by their names as labels; or NULL
                                             or any other value */
};

/* A string that is not empty and has no NUL; false without one. */
bool faro_text(const struct json_object *value, const char **text, size_t *len);

/* A number that can be added; false without one. */
bool faro_number(const struct json_object *value, double *number);

/* Room for a name with its NUL; longer ones are none. */
enum { FARO_NAME_SIZE = FAMILY_NAME_MAX + 1 };

/* Writes text[0..len) as a metric name is written, as those of OpenTelemetry
 * are: runs of characters that a name must not have become one `_`, and none is
 * left at an end. Returns the length; 0 when there is no such name. */
size_t faro_name(const char *text, size_t len, char name[FARO_NAME_SIZE]);

/* text[0..len) is the word of a program and no other text: letters, digits,
 * `_`, `-`, `.` and `:`, at most 64 bytes. */
bool faro_is_word(const char *text, size_t len);

/* Takes the labels of the sender from `meta`, which may be any value. */
void faro_read_meta(struct faro_push *push, const struct json_object *meta);

/* A family that a file lists and that is not the responder's own; NULL without
 * one. */
const struct family *faro_find(const struct faro_push *push, const char *name,
                               size_t len);

/* Adds a point with those labels that the family lists: the value is counted,
 * set or observed. A value that a label does not list is `other`, where that is
 * listed, and so is a URL where any value is permitted. */
enum point_result faro_add(struct faro_push *push, const struct family *family,
                           const struct faro_labels *labels, double value);

/* The same by the name of the family; refused when no file lists it. */
enum point_result faro_count(struct faro_push *push, const char *name,
                             const struct faro_labels *labels, double value);

/* Refuses a point. family[0..len) is shown only if it is a word. */
enum point_result faro_refuse(struct faro_push *push, enum reject_reason reason,
                              const char *family, size_t len, const char *why);

#endif
