/* points: fills a push whose points stand alone, whatever its wire format. A
 * format decodes its bytes and adds each point; a malformed point is left out
 * and counted. Rights are up to admit. */
#ifndef TALLYMAN_INGEST_POINTS_H
#define TALLYMAN_INGEST_POINTS_H

#include "metrics/batch.h"
#include "metrics/pushed.h"

enum point_result {
    POINT_FINE,
    POINT_REFUSED,  /* it is counted; go on with the next one */
    POINT_NO_MEMORY /* give up */
};

/* Zeroed but for the first four it is ready. */
struct points {
    struct pushed *out;  /* empty */
    struct batch *batch; /* gets what is refused */
    size_t left;         /* how many points may come; SIZE_MAX for any number */
    size_t max;          /* the same at the beginning, for a message */
    unsigned line;       /* of the current point, 0 without lines */
    /* The current point: points_begin zeroes it. */
    const char *family;
    size_t family_len;
    struct label labels[PUSHED_LABELS_MAX];
    size_t label_count;
    struct label offered[PUSHED_LABELS_MAX];
    struct pushed_point point; /* the caller sets all but the labels */
};

/* Begins a point of the family of that name. Refused when there have been too
 * many. */
enum point_result points_begin(struct points *points, const char *family,
                               size_t len);

/* The point has so many values, of which points_begin has counted one. Refused
 * when there are too many. */
enum point_result points_values(struct points *points, size_t count);

/* A label of the point; a copy of the value is made. Refused when it is no
 * label, stands there already or there are too many. */
enum point_result points_label(struct points *points, const char *name,
                               size_t name_len, const char *value,
                               size_t value_len);

/* A label that the point has where its family lists it, see struct
 * pushed_point. identity: an open family gets it, too; these come first.
 *
 * If many points offer the same labels, they may share an array that lives as
 * long as points->out: then the caller sets `offered`, `offered_count` and
 * `identity` of points->point itself. */
enum point_result points_offer(struct points *points, bool identity,
                               const char *name, size_t name_len,
                               const char *value, size_t value_len);

/* Refuses the point; label may be NULL. A message says what is wrong and what
 * would be right, such as the setting that takes the point; the place is added.
 * Returns POINT_REFUSED. */
enum point_result points_refuse(struct points *points,
                                enum reject_reason reason, const char *label,
                                const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The series of the current point in a second family: admit takes both or
 * neither, and they count as one point. It has the labels that the point has so
 * far. *series is zeroed but for them, line and point; the caller sets the
 * rest, before points_add. The name is NUL-terminated and valid, observed may
 * be empty. */
enum point_result points_also(struct points *points, const char *family,
                              enum metric_type type,
                              const struct observed *observed, size_t count,
                              struct pushed_series **series);

/* Adds the point to its family, which gets type, help and unit (NUL-terminated,
 * "" without one) with its first point. *series is zeroed but for labels, line
 * and point; the caller sets the rest. It is valid until the next call. Refused
 * when the name is none, or the family has another type in this push. */
enum point_result points_add(struct points *points, enum metric_type type,
                             const char *help, const char *unit,
                             struct pushed_series **series);

#endif
