/* tallyman report: compares a week with the week before. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "alert/file.h"
#include "alert/url.h"
#include "base/file.h"
#include "base/guide.h"
#include "base/mail_address.h"
#include "cli/command/call.h"
#include "cli/command/database.h"
#include "cli/command/terminal.h"
#include "cli/look/calendar.h"
#include "cli/report/content.h"
#include "cli/report/html.h"
#include "cli/report/text.h"
#include "cli/send/mail.h"
#include "sessions/families.h"

struct asked {
    const struct call *call;
    struct week week;
    int64_t now;          /* Unix seconds */
    struct alerts alerts; /* sendmail and dashboard */
    const char **to;
    size_t to_count;
};

/* --- options -------------------------------------------------------------- */

static int read_week(struct asked *asked) {
    const char *until = call_value(asked->call, "until");
    int64_t day;
    const struct week last = week_before(asked->now);
    asked->week = last;
    if (!until)
        return COMMAND_OK;
    if (!calendar_date_parse(until, &day))
        return call_misused(asked->call,
                            "--until %s: must be a date, YYYY-MM-DD", until);
    asked->week = week_until(day);
    if (asked->week.until > last.until) {
        char sunday[CALENDAR_SIZE];
        calendar_format(CALENDAR_DAY, last.until - WEEK_DAY_SECONDS, sunday);
        return call_misused(asked->call,
                            "--until %s: this week is not complete; the last "
                            "complete one is --until %s",
                            until, sunday);
    }
    return COMMAND_OK;
}

static int read_addresses(struct asked *asked) {
    const struct call *call = asked->call;
    const char *from = call_value(call, "from");
    asked->to = calloc(call->option_count + 1, sizeof(*asked->to));
    if (!asked->to)
        return call_failed(call, "out of memory");
    for (size_t i = 0; i < call->option_count; i++) {
        const struct call_option *one = &call->options[i];
        if (strcmp(one->option->name, "mail") != 0)
            continue;
        if (!mail_address_valid(one->value, strlen(one->value)))
            return call_misused(call,
                                "--mail %s: must be an address such as "
                                "me@example.org",
                                one->value);
        asked->to[asked->to_count++] = one->value;
    }
    if (from && asked->to_count == 0)
        return call_misused(call, "--from needs --mail");
    if (from && !mail_address_valid(from, strlen(from)))
        return call_misused(
            call, "--from %s: must be an address such as me@example.org", from);
    return COMMAND_OK;
}

/* Reads the dashboard's URL and the mail program from the alerts file. Without
 * --mail its errors are ignored: not all users may read it. */
static int read_alerts(struct asked *asked, const struct config *config) {
    struct diagnostics diagnostics = {0};
    int status = COMMAND_OK;
    if (alerts_load(&asked->alerts, config->alerts, config, &diagnostics) !=
        0) {
        if (asked->to_count > 0) {
            call_report(asked->call, "the alerts file", GUIDE_ALERTS,
                        &diagnostics, false);
            status = COMMAND_FAILED;
        }
        asked->alerts.dashboard = NULL;
    }
    diagnostics_free(&diagnostics);
    return status;
}

/* The host of the dashboard, else that of the first origin, else that of this
 * machine. */
static void find_site(const struct asked *asked, const struct config *config,
                      struct strbuf *site) {
    const char *name = call_value(asked->call, "site");
    const char *url = asked->alerts.dashboard;
    struct alert_url parts;
    char host[256] = "";
    if (!url && config->origins.count > 0)
        url = config->origins.strings[0];
    if (name) {
        strbuf_add_string(site, name);
    } else if (url && alert_url_read(url, strlen(url), &parts)) {
        strbuf_add(site, url + parts.host, parts.host_end - parts.host);
    } else {
        (void)gethostname(host, sizeof(host) - 1);
        strbuf_add_string(site, *host ? host : "this site");
    }
}

/* --- the report ----------------------------------------------------------- */

static bool never(void *context) {
    (void)context;
    return false;
}

static int read_report(const struct asked *asked, struct config *config,
                       struct db *db, const char *site, struct report *report,
                       struct err *err) {
    struct reader *reader = NULL;
    if (database_read(db, &reader, err) != 0)
        return -1;
    const struct query_source source = {.config = config,
                                        .reader = reader,
                                        .now_ms = asked->now * 1000,
                                        .expired = never};
    const int result = reader_find_families(reader, &config->registry, err) != 0
                           ? -1
                           : content_fill(report, &source, &asked->week, site,
                                          asked->alerts.dashboard, err);
    reader_close(reader);
    return result;
}

/* --- where it goes -------------------------------------------------------- */

static int write_all(int fd, const struct strbuf *text) {
    int result = fd < 0 ? -1 : file_write(fd, text->data, text->len);
    if (fd >= 0 && close(fd) != 0)
        result = -1;
    return result;
}

/* Readers see the old file or the new one, never a part. */
static int replace_file(const char *path, const struct strbuf *text) {
    struct strbuf beside = {0};
    strbuf_printf(&beside, "%s.%ld", path, (long)getpid());
    if (beside.failed) {
        strbuf_free(&beside);
        errno = ENOMEM;
        return -1;
    }
    int fd = open(beside.data, O_WRONLY | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
    int result = write_all(fd, text);
    if (result == 0)
        result = rename(beside.data, path);
    if (result != 0 && fd >= 0) {
        const int why = errno;
        (void)unlink(beside.data);
        errno = why;
    }
    strbuf_free(&beside);
    return result;
}

/* A symbolic link, such as /dev/stdout, and a special file stay: the file that
 * they lead to is written in place, if the system permits following the link.
 */
static int write_place(const char *path, const struct strbuf *text) {
    struct stat there;
    if (lstat(path, &there) != 0 || S_ISREG(there.st_mode))
        return replace_file(path, text);
    return write_all(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                     text);
}

static int write_file(const struct asked *asked, const char *option,
                      const struct strbuf *text) {
    const char *path = call_value(asked->call, option);
    if (!path || write_place(path, text) == 0)
        return COMMAND_OK;
    return call_failed(asked->call, "--%s %s: %s", option, path,
                       strerror(errno));
}

static int send_mail(const struct asked *asked, const struct report *report,
                     const struct strbuf *text, const struct strbuf *html) {
    struct strbuf subject = {0};
    struct err err = {.code = ERR_NONE};
    strbuf_printf(&subject, "%s: %s%s%s", report->site, report->headline,
                  *report->headline ? ", " : "", report->period);
    const struct mail mail = {.sendmail = asked->alerts.sendmail,
                              .from = call_value(asked->call, "from"),
                              .to = asked->to,
                              .to_count = asked->to_count,
                              .subject = subject.data,
                              .text = text->data,
                              .html = html->data,
                              .date = asked->now};
    const int result =
        subject.failed ? err_no_memory(&err) : mail_send(&mail, &err);
    strbuf_free(&subject);
    return result == 0 ? COMMAND_OK
                       : call_failed(asked->call, "%s", err.message);
}

/* The failure of one target does not stop the others. */
static int write_and_send(const struct asked *asked,
                          const struct report *report,
                          const struct strbuf *text,
                          const struct strbuf *mailed,
                          const struct strbuf *html) {
    int status = write_file(asked, "text", text);
    if (write_file(asked, "html", html) != COMMAND_OK)
        status = COMMAND_FAILED;
    if (asked->to_count > 0 &&
        send_mail(asked, report, mailed, html) != COMMAND_OK)
        status = COMMAND_FAILED;
    return status;
}

static int deliver(const struct asked *asked, const struct report *report) {
    const bool utf8 = terminal_utf8();
    struct strbuf text = {0};
    struct strbuf mailed = {0};
    struct strbuf html = {0};
    int status = COMMAND_OK;
    text_write(report, utf8, &text);
    text_write(report, true, &mailed);
    html_write(report, &html);
    if (text.failed || mailed.failed || html.failed)
        status = call_failed(asked->call, "out of memory");
    else if (!call_has(asked->call, "text") && !call_has(asked->call, "html") &&
             asked->to_count == 0)
        (void)fwrite(text.data, 1, text.len, stdout);
    else
        status = write_and_send(asked, report, &text, &mailed, &html);
    strbuf_free(&text);
    strbuf_free(&mailed);
    strbuf_free(&html);
    return status;
}

/* In the first week nothing is wrong yet: a cron job or timer must not fail. */
static int tell_failure(const struct asked *asked, struct report *report,
                        const struct err *err) {
    if (report->begin == 0 || call_value(asked->call, "until"))
        return call_failed(asked->call, "%s", err->message);
    (void)fprintf(stderr,
                  "tallyman report: no report yet: %s; the first report is due "
                  "on %s\n",
                  err->message,
                  week_date(&report->arena,
                            week_before(report->begin).until + WEEK_SECONDS));
    return COMMAND_OK;
}

static int make_of(const struct asked *asked, struct config *config) {
    struct strbuf site = {0};
    struct report report = {.site = NULL};
    struct db *db = NULL;
    struct err err = {.code = ERR_NONE};
    int status;
    find_site(asked, config, &site);
    if (site.failed)
        status = call_failed(asked->call, "out of memory");
    else if (database_open(config->database, &db, &err) != 0 ||
             read_report(asked, config, db, site.data, &report, &err) != 0)
        status = tell_failure(asked, &report, &err);
    else
        status = deliver(asked, &report);
    db_close(db);
    report_free(&report);
    strbuf_free(&site);
    return status;
}

static int make(struct asked *asked) {
    struct config *config = call_config(asked->call, false);
    if (!config)
        return COMMAND_FAILED;
    int status = session_families_register(config) == 0
                     ? read_alerts(asked, config)
                     : call_failed(asked->call, "out of memory");
    if (status == COMMAND_OK)
        status = make_of(asked, config);
    config_release(config);
    return status;
}

static int run(const struct call *call) {
    struct asked asked = {.call = call, .now = (int64_t)time(NULL)};
    (void)setlocale(LC_CTYPE, "");
    if (!call_has(call, "weekly"))
        return call_misused(call, "--weekly is missing: it is the only report");
    int status = read_week(&asked);
    if (status == COMMAND_OK)
        status = read_addresses(&asked);
    if (status == COMMAND_OK)
        status = make(&asked);
    alerts_free(&asked.alerts);
    free(asked.to);
    return status;
}

const struct command command_report = {
    .name = "report",
    .arguments = "--weekly [OPTION...]",
    .summary = "Compare a week with the one before, as text or HTML",
    .help = "Reports on the last complete week, from Monday to Sunday in UTC, "
            "with the numbers of the dashboard. Without --text, --html and "
            "--mail, prints it as text. In the first week there is no report "
            "yet.",
    .options =
        (const struct command_option[]){
            {"weekly", 0, NULL, "report on a week; the only report"},
            {"until", 0, "DATE",
             "the week that ends with that day, YYYY-MM-DD, or the last one "
             "before it"},
            {"text", 0, "FILE", "write the report as text to FILE"},
            {"html", 0, "FILE",
             "write the report with its plots as HTML to FILE"},
            {"mail", 0, "ADDRESS",
             "mail the report as HTML and text by sendmail; may be "
             "repeated"},
            {"from", 0, "ADDRESS", "the sender of the mail"},
            {"site", 0, "NAME",
             "the name of the site; the default is the host of `dashboard` "
             "in the alerts file, of the first of `origins`, or of this "
             "machine"},
            {0}},
    .run = run};
