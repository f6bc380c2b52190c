/* alerts: changes the rules, active alerts and notices in the database. */
#ifndef TALLYMAN_STORE_ALERTS_H
#define TALLYMAN_STORE_ALERTS_H

#include "store/alert_reader.h"
#include "store/store.h"

/* Makes changes in the transaction that the reader reads. Returns -1 with err
 * set. */
typedef int alert_change(void *context, struct store *store,
                         struct reader *reader, struct err *err);

/* Makes all changes in one transaction, or none, returning -1 with err set. The
 * store needs no store_load. */
int store_alerts_change(struct store *store, alert_change *change,
                        void *context, struct err *err);

/* Called within a change: */

int store_alert_rule_set(struct store *store, int64_t position,
                         const struct alert_rule_row *rule, struct err *err);
/* Also deletes its alerts. */
int store_alert_rule_delete(struct store *store, const char *name,
                            struct err *err);
int store_alert_set(struct store *store, const char *rule,
                    const struct alert_row *alert, struct err *err);
int store_alert_delete(struct store *store, const char *rule,
                       const struct alert_row *alert, struct err *err);
int store_alert_notice_add(struct store *store, const char *channel,
                           const char *message, double made_at,
                           struct err *err);

/* Each runs in a separate transaction: */

/* Deletes a notice that was delivered or dropped. A missing notice is not an
 * error. */
int store_alert_notice_delete(struct store *store, int64_t id, struct err *err);
/* The delivery failed: counts the attempt and stores the reason. */
int store_alert_notice_fail(struct store *store, int64_t id, const char *why,
                            struct err *err);

#endif
