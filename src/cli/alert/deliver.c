#include "cli/alert/deliver.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/alert/notice.h"
#include "cli/alert/notice_json.h"
#include "cli/send/mail.h"
#include "cli/send/program.h"
#include "cli/send/webhook.h"

/* The time limit of a command. */
enum { COMMAND_SECONDS = 60 };

void sender_name_host(struct sender *sender) {
    char name[DELIVER_HOST_SIZE] = "";
    if (gethostname(name, sizeof(name) - 1) != 0 || !*name)
        (void)snprintf(name, sizeof(name), "an unnamed host");
    utf8_show(name, strlen(name), sender->host, sizeof(sender->host));
}

static int send_mail(const struct sender *sender,
                     const struct alert_channel *channel,
                     const struct notice *notice, const char *id,
                     struct err *err) {
    struct strbuf subject = {0};
    struct strbuf text = {0};
    int result;
    notice_subject(notice, &subject);
    notice_text(notice, &text);
    if (subject.failed || text.failed) {
        result = err_no_memory(err);
    } else {
        struct mail mail = {.sendmail = sender->alerts->sendmail,
                            .from = channel->from,
                            .to = channel->values,
                            .to_count = channel->value_count,
                            .subject = subject.data,
                            .text = text.data,
                            .date = sender->now,
                            .id = id};
        result = mail_send(&mail, err);
    }
    strbuf_free(&subject);
    strbuf_free(&text);
    return result;
}

static int send_json(const struct alert_channel *channel,
                     const struct notice *notice, struct err *err) {
    struct strbuf body = {0};
    int result;
    if (channel->kind == ALERT_WEBHOOK &&
        channel->format == ALERT_WEBHOOK_SLACK)
        notice_slack(notice, &body);
    else
        notice_json(notice, &body);
    if (body.failed)
        result = err_no_memory(err);
    else if (channel->kind == ALERT_WEBHOOK)
        result = webhook_send(channel->values[0], body.data, body.len, err);
    else
        result = program_run(channel->values, body.data, body.len,
                             COMMAND_SECONDS, NULL, err);
    strbuf_free(&body);
    return result;
}

int deliver(const struct sender *sender, const struct alert_channel *channel,
            const char *message, const char *id, struct err *err) {
    struct notice notice = {.host = sender->host,
                            .dashboard = sender->alerts->dashboard,
                            .command = sender->command};
    if (notice_read(&notice, message, err) != 0)
        return -1;
    int result = channel->kind == ALERT_MAIL
                     ? send_mail(sender, channel, &notice, id, err)
                     : send_json(channel, &notice, err);
    json_free(notice.message);
    return result;
}
