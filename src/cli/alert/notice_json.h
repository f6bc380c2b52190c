/* notice_json: notices in the JSON of other programs. */
#ifndef TALLYMAN_CLI_ALERT_NOTICE_JSON_H
#define TALLYMAN_CLI_ALERT_NOTICE_JSON_H

#include "base/strbuf.h"
#include "cli/alert/notice.h"

/* Appends the JSON of Alertmanager's webhook, version 4. Alerts also have
 * `value`, `unit`, `condition`, `query` and `reason` of the message. */
void notice_json(const struct notice *notice, struct strbuf *out);

/* Appends the JSON of Slack's incoming webhooks, which Mattermost and
 * Rocket.Chat accept, too. */
void notice_slack(const struct notice *notice, struct strbuf *out);

#endif
