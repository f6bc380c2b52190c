/* points: assembles a push whose points are accepted or refused one by one, in
 * any wire format. A format decodes its bytes and adds each point; a malformed
 * point is left out and counted. admit checks the rights. */
#ifndef TALLYMAN_INGEST_POINTS_H
#define TALLYMAN_INGEST_POINTS_H

#include "metrics/batch.h"
#include "metrics/pushed.h"

enum point_result {
    POINT_FINE,
    POINT_REFUSED,  /* counted; continue with the next point */
    POINT_NO_MEMORY /* abort the push */
};

/* A struct with the first four members set and all else zero is valid. */
struct points {
    struct pushed *out;  /* empty */
    struct batch *batch; /* counts refused points */
    size_t left;   /* points that may still follow; SIZE_MAX: any number */
    size_t max;    /* the initial value of left, for a message */
    unsigned line; /* of the current point, 0 without lines */
    /* The current point: points_begin zeroes it. */
    const char *family;
    size_t family_len;
    struct label labels[PUSHED_LABELS_MAX];
    size_t label_count;
    struct label offered[PUSHED_LABELS_MAX];
    struct pushed_point point; /* the caller sets all but the labels */
};

/* Begins a point of the family. Refused if the push has too many points. */
enum point_result points_begin(struct points *points, const char *family,
                               size_t len);

/* Counts the values of the point; points_begin counted the first. Refused if
 * the push has too many. */
enum point_result points_values(struct points *points, size_t count);

/* Adds a label to the point and copies the value. Refused if the label is
 * malformed, repeated or one too many. */
enum point_result points_label(struct points *points, const char *name,
                               size_t name_len, const char *value,
                               size_t value_len);

/* Offers a label: the point has it if the family lists it, see struct
 * pushed_point. Labels with identity come first; open families have them, too.
 *
 * Points that offer the same labels may share an array that the caller keeps as
 * long as points->out. The caller then sets `offered`, `offered_count` and
 * `identity` of points->point. */
enum point_result points_offer(struct points *points, bool identity,
                               const char *name, size_t name_len,
                               const char *value, size_t value_len);

/* Refuses the point; label may be NULL. The message names the fault and the
 * remedy, such as a setting; the position is added. Returns POINT_REFUSED. */
enum point_result points_refuse(struct points *points,
                                enum reject_reason reason, const char *label,
                                const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a second series to the current point, in another family. admit accepts
 * both series or neither, and counts one point. The series has the labels that
 * the point has so far. In *series, labels, line and point are set and all else
 * is zero; the caller sets the rest, before points_add. The name is
 * NUL-terminated and valid; observed may be empty. */
enum point_result points_also(struct points *points, const char *family,
                              enum metric_type type,
                              const struct observed *observed, size_t count,
                              struct pushed_series **series);

/* Adds the point to its family. The first point of a family sets type, help and
 * unit (NUL-terminated, "" for none). In *series, labels, line and point are
 * set and all else is zero; the caller sets the rest. It is valid until the
 * next call. Refused if the name is malformed, or the family has another type
 * in this push. */
enum point_result points_add(struct points *points, enum metric_type type,
                             const char *help, const char *unit,
                             struct pushed_series **series);

#endif
