/* rules: reads the key `alerts` of the alerts file. */
#ifndef TALLYMAN_ALERT_RULES_H
#define TALLYMAN_ALERT_RULES_H

#include "alert/alerts.h"
#include "config/allowlist_place.h"
#include "config/config.h"

enum {
    ALERT_RULES_MAX = 1000,
    ALERT_NAME_MAX = 100,     /* bytes */
    ALERT_TEXT_MAX = 1000,    /* bytes */
    ALERT_STEP = 300,         /* seconds: the period of the history */
    ALERT_STEP_OF_WEEK = 3600 /* the period of the history of last week */
};

/* Reads the rules of the document at the place, whose registry's arena holds
 * temporary data. */
void alert_rules_read(struct place *place, const struct config *config,
                      const struct json_object *document,
                      struct alerts *alerts);

#endif
