/* rule_families: checks the families and labels of a rule against the
 * configuration. */
#ifndef TALLYMAN_ALERT_RULE_FAMILIES_H
#define TALLYMAN_ALERT_RULE_FAMILIES_H

#include "alert/rule_text.h"
#include "config/allowlist_place.h"
#include "config/config.h"

/* Adds the family of that name, from the member `key` of the place, to the
 * parts, or reports why it does not fit their measure. Warns of a family that
 * only a push can add. */
void rule_family_add(struct place *place, const struct config *config,
                     const char *key, const char *name,
                     struct rule_parts *parts);

/* Adds the families that the query of the parts reads, and sets the rule's
 * `over`, its longest range, and reach. Reports an invalid query. */
void rule_families_of_query(struct place *place, const struct config *config,
                            struct rule_parts *parts);

/* Reports a label, from the member `key`, that the families of the parts do not
 * have. value: of a matcher; NULL: the label is from `by`. */
void rule_label_check(struct place *place, const char *key, const char *name,
                      const struct label *value,
                      const struct rule_parts *parts);

#endif
