/* channels: reads the key `notify` of the alerts file. */
#ifndef TALLYMAN_ALERT_CHANNELS_H
#define TALLYMAN_ALERT_CHANNELS_H

#include "alert/alerts.h"
#include "config/allowlist_place.h"

enum {
    ALERT_CHANNELS_MAX = 100,
    ALERT_VALUES_MAX = 100, /* addresses or arguments of a channel */
    ALERT_VALUE_MAX = 2000, /* bytes of an address, an argument or a URL */
    ALERT_SEVERITIES_MAX = 20
};

/* Reads the channels of the document at the place. */
void alert_channels_read(struct place *place,
                         const struct json_object *document,
                         struct alerts *alerts);

#endif
