#include "cli/alert/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/siphash.h"
#include "cli/alert/notice.h"
#include "store/alerts.h"

enum { DAY = 86400, ID_SIZE = 80 };

/* Failures of a channel in a run: each may take its whole time limit. */
enum { FAILURES_MAX = 3 };

/* A notice. All are read before the first delivery. */
struct letter {
    struct letter *next;
    int64_t id;
    int64_t made_at;
    int64_t tries;
    const char *channel;
    const char *message;
    const char *error; /* NULL without one */
};

/* Notices in the order of their ids. */
struct outbox {
    struct letter *first;
    struct letter **end;
    struct arena arena;
};

static const char *keep(struct outbox *box, const char *text) {
    return text ? arena_copy(&box->arena, text, strlen(text)) : NULL;
}

/* An alert_notice_visit; context is the outbox. */
static int take(void *context, const struct alert_notice_row *row) {
    struct outbox *box = context;
    struct letter *letter = arena_take(&box->arena, sizeof(*letter));
    if (!letter)
        return 1;
    *letter = (struct letter){.id = row->id,
                              .made_at = (int64_t)row->made_at,
                              .tries = row->tries,
                              .channel = keep(box, row->channel),
                              .message = keep(box, row->message),
                              .error = keep(box, row->error)};
    *box->end = letter;
    box->end = &letter->next;
    return 0;
}

static int read_letters(struct outbox *box, struct reader *reader,
                        struct err *err) {
    *box = (struct outbox){.first = NULL};
    box->end = &box->first;
    if (alert_reader_notices(reader, NULL, take, box, err) < 0)
        return -1;
    return box->arena.failed ? err_no_memory(err) : 0;
}

static const struct alert_channel *find_channel(const struct alerts *alerts,
                                                const char *key) {
    for (size_t i = 0; i < alerts->channel_count; i++)
        if (strcmp(alerts->channels[i].key, key) == 0)
            return &alerts->channels[i];
    return NULL;
}

/* --- delivering ----------------------------------------------------------- */

struct delivery {
    const struct call *call;
    const struct sender *sender;
    struct store *store;
    int status;
    struct err err; /* of the database */
};

/* Deletes a notice and prints its alerts. */
static int drop(struct delivery *delivery, const struct letter *letter,
                const char *channel, const char *why) {
    struct notice notice = {.host = delivery->sender->host};
    struct strbuf subject = {0};
    struct err err;
    if (notice_read(&notice, letter->message, &err) == 0) {
        notice_subject(&notice, &subject);
        json_free(notice.message);
    }
    delivery->status = call_failed(
        delivery->call, "%s: notification dropped, %s: %s", channel, why,
        subject.data && !subject.failed ? subject.data : "unreadable");
    strbuf_free(&subject);
    return store_alert_notice_delete(delivery->store, letter->id,
                                     &delivery->err);
}

static bool is_old(const struct delivery *delivery,
                   const struct letter *letter) {
    return delivery->sender->now - letter->made_at > (int64_t)OUTBOX_DAYS * DAY;
}

/* The command names the configuration: cron starts the runs of all databases of
 * a host in the same second, and their letters have the same numbers. */
static void write_id(const struct sender *sender, const struct letter *letter,
                     char id[ID_SIZE]) {
    (void)snprintf(id, ID_SIZE,
                   "tallyman-alert.%016" PRIx64 ".%" PRId64 ".%" PRId64,
                   siphash(sender->command, strlen(sender->command)),
                   letter->made_at, letter->id);
}

/* Returns 1 if the channel failed, -1 if the database failed. */
static int deliver_letter(struct delivery *delivery,
                          const struct alert_channel *channel,
                          const struct letter *letter) {
    char id[ID_SIZE];
    struct err err;
    write_id(delivery->sender, letter, id);
    if (deliver(delivery->sender, channel, letter->message, id, &err) == 0)
        return store_alert_notice_delete(delivery->store, letter->id,
                                         &delivery->err);
    delivery->status = call_failed(delivery->call, "%s: not delivered: %s",
                                   channel->name, err.message);
    return store_alert_notice_fail(delivery->store, letter->id, err.message,
                                   &delivery->err) == 0
               ? 1
               : -1;
}

/* True if the channel may refuse only this notice, and not be down. After the
 * clock was set back, the notice's age is unknown. */
static bool may_be_skipped(const struct delivery *delivery,
                           const struct letter *letter) {
    const int64_t age = delivery->sender->now - letter->made_at;
    return letter->tries > 0 && (age > OUTBOX_SKIP_SECONDS || age < 0);
}

/* Stops delivery after a failure of a channel. Later notices that are too old
 * are dropped, too, unless they were never tried. */
static int deliver_channel(struct delivery *delivery,
                           const struct alert_channel *channel,
                           const struct letter *first) {
    bool down = false;
    int failures = 0;
    for (const struct letter *letter = first; letter; letter = letter->next) {
        const bool tried = letter->tries > 0 || !down;
        int result = 1;
        if (strcmp(letter->channel, channel->key) != 0)
            continue;
        if (!down)
            result = deliver_letter(delivery, channel, letter);
        if (result < 0)
            return -1;
        if (result == 0)
            continue;
        down = down || !may_be_skipped(delivery, letter) ||
               ++failures == FAILURES_MAX;
        if (tried && is_old(delivery, letter) &&
            drop(delivery, letter, channel->name,
                 "not delivered within 3 days") != 0)
            return -1;
    }
    return 0;
}

static int drop_homeless(struct delivery *delivery,
                         const struct letter *first) {
    for (const struct letter *letter = first; letter; letter = letter->next)
        if (!find_channel(delivery->sender->alerts, letter->channel) &&
            drop(delivery, letter, letter->channel,
                 "the alerts file no longer has this channel") != 0)
            return -1;
    return 0;
}

int outbox_deliver(const struct call *call, const struct sender *sender,
                   struct reader *reader, struct store *store) {
    struct delivery delivery = {
        .call = call, .sender = sender, .store = store, .status = COMMAND_OK};
    struct outbox box = {.first = NULL};
    int result = reader_begin(reader, &delivery.err);
    if (result == 0) {
        result = read_letters(&box, reader, &delivery.err);
        reader_end(reader);
    }
    if (result == 0)
        result = drop_homeless(&delivery, box.first);
    for (size_t i = 0; result == 0 && i < sender->alerts->channel_count; i++)
        result =
            deliver_channel(&delivery, &sender->alerts->channels[i], box.first);
    arena_free(&box.arena);
    return result == 0 ? delivery.status
                       : call_failed(call, "%s", delivery.err.message);
}

/* --- showing -------------------------------------------------------------- */

static void print_channel(const struct outbox *box, const char *key,
                          const char *name) {
    size_t count = 0;
    const char *error = NULL;
    for (const struct letter *letter = box->first; letter;
         letter = letter->next) {
        if (strcmp(letter->channel, key) != 0)
            continue;
        count++;
        if (!error)
            error = letter->error;
    }
    if (count > 0)
        (void)printf("%s: %zu notification%s not delivered yet%s%s\n", name,
                     count, count == 1 ? " is" : "s are", error ? ": " : "",
                     error ? error : "");
}

int outbox_print(const struct sender *sender, struct reader *reader,
                 struct err *err) {
    const struct alerts *alerts = sender->alerts;
    struct outbox box;
    int result = read_letters(&box, reader, err);
    for (size_t i = 0; result == 0 && i < alerts->channel_count; i++)
        print_channel(&box, alerts->channels[i].key, alerts->channels[i].name);
    arena_free(&box.arena);
    return result;
}
