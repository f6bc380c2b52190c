/* families: the families that readers see, ordered by name. */
#ifndef TALLYMAN_EXPOSE_FAMILIES_H
#define TALLYMAN_EXPOSE_FAMILIES_H

#include "config/config.h"
#include "store/reader.h"

/* base_len: length of the family's OpenMetrics name, see family_base_length. */
typedef int exposed_visit(void *context, const struct family *family,
                          size_t base_len);

/* Calls visit for each family of the registry, for own[0..count), and for each
 * open family while `open_families` is true, ordered by name, until it returns
 * non-zero. Returns that value, or -1 with err set. Left out are open families
 * that `drop_families` names, and those that share a series name with another
 * family, which Prometheus would reject. Families are valid during the
 * visit. */
int exposed_families(const struct config *config, struct reader *reader,
                     const struct family *const *own, size_t count,
                     exposed_visit *visit, void *context, struct err *err);

#endif
