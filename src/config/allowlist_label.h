/* allowlist_label: the labels of a family in an allowlist file. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_LABEL_H
#define TALLYMAN_CONFIG_ALLOWLIST_LABEL_H

#include "config/allowlist_place.h"

/* Reads `labels` of the object at place into the family. */
void allowlist_labels_read(struct place *place,
                           const struct json_object *object,
                           struct family *family);

/* Returns `labels` of the object, an array of at most FAMILY_LABELS_MAX
 * elements. Returns NULL if it is missing, or after reporting an error. */
const struct json_object *
allowlist_labels_array(struct place *place, const struct json_object *object);

/* Checks name[0..len), the value of `member` at place, and reports a wrong
 * name. Returns a copy in either case; NULL if memory ran out. */
const char *allowlist_label_name(struct place *place, const char *member,
                                 const char *name, size_t len);

#endif
