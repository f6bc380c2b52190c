/* allowlist_label: the labels of a family in an allowlist file. */
#ifndef TALLYMAN_CONFIG_ALLOWLIST_LABEL_H
#define TALLYMAN_CONFIG_ALLOWLIST_LABEL_H

#include "config/allowlist_place.h"

/* Reads `labels` of the object, which stands at place, into the family. */
void allowlist_labels_read(struct place *place,
                           const struct json_object *object,
                           struct family *family);

#endif
