/* rule_never: warns of a rule that can never fire. */
#ifndef TALLYMAN_ALERT_RULE_NEVER_H
#define TALLYMAN_ALERT_RULE_NEVER_H

#include "alert/rule_text.h"
#include "config/allowlist_place.h"

/* Adds a warning about the limit or the minimum of a valid rule. */
void rule_warn_of_never(struct place *place, const struct rule_parts *parts);

#endif
