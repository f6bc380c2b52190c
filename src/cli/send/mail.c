#include "cli/send/mail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/guide.h"
#include "base/mail_address.h"
#include "cli/send/mime.h"
#include "cli/send/program.h"

enum {
    SECONDS = 60, /* for the program, which may connect to a server */
    ID_SIZE = 40,
    HOST_SIZE = 256
};

/* Quoted-printable never has "=" before "_". */
#define BOUNDARY "=_tallyman"

/* --- the message ---------------------------------------------------------- */

/* With English names in every locale. */
static void write_date(int64_t date, struct strbuf *out) {
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed",
                                   "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm = {.tm_mday = 1};
    time_t seconds = (time_t)date;
    (void)gmtime_r(&seconds, &tm);
    strbuf_printf(out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\n",
                  days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                  tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void write_part(const char *type, const char *text, struct strbuf *out) {
    strbuf_printf(out,
                  "Content-Type: text/%s; charset=utf-8\n"
                  "Content-Transfer-Encoding: quoted-printable\n\n",
                  type);
    mime_quoted_printable(text, out);
}

void mail_write(const struct mail *mail, const char *id, const char *domain,
                struct strbuf *out) {
    write_date(mail->date, out);
    if (mail->from)
        strbuf_printf(out, "From: %s\n", mail->from);
    for (size_t i = 0; i < mail->to_count; i++)
        strbuf_printf(out, "%s%s", i == 0 ? "To: " : ",\n ", mail->to[i]);
    strbuf_add_char(out, '\n');
    mime_header("Subject", mail->subject, out);
    strbuf_printf(out,
                  "Message-ID: <%s@%s>\n"
                  "Auto-Submitted: auto-generated\n"
                  "MIME-Version: 1.0\n",
                  id, domain);
    if (!mail->html) {
        write_part("plain", mail->text, out);
        return;
    }
    strbuf_add_string(out, "Content-Type: multipart/alternative;\n"
                           " boundary=\"" BOUNDARY "\"\n\n"
                           "--" BOUNDARY "\n");
    write_part("plain", mail->text, out);
    strbuf_add_string(out, "\n--" BOUNDARY "\n");
    write_part("html", mail->html, out);
    strbuf_add_string(out, "\n--" BOUNDARY "--\n");
}

/* --- sending it ----------------------------------------------------------- */

static const char *find_sendmail(const struct mail *mail) {
    static const char *const usual[] = {"/usr/sbin/sendmail",
                                        "/usr/lib/sendmail"};
    if (mail->sendmail)
        return mail->sendmail;
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (access(usual[i], X_OK) == 0)
            return usual[i];
    return NULL;
}

static int check_address(const char *address, struct err *err) {
    if (mail_address_valid(address, strlen(address)))
        return 0;
    return err_set(err, ERR_VALUE, "%s is not a mail address", address);
}

static int check_addresses(const struct mail *mail, struct err *err) {
    if (mail->to_count == 0)
        return err_set(err, ERR_VALUE, "the mail has no address");
    if (mail->from && check_address(mail->from, err) != 0)
        return -1;
    for (size_t i = 0; i < mail->to_count; i++)
        if (check_address(mail->to[i], err) != 0)
            return -1;
    return 0;
}

/* The name of this host, if it is valid as a domain. */
static void find_domain(char domain[HOST_SIZE]) {
    char address[HOST_SIZE + 2] = "a@";
    size_t len = 0;
    if (gethostname(address + 2, HOST_SIZE - 1) == 0)
        len = strlen(address);
    (void)snprintf(domain, HOST_SIZE, "%s",
                   mail_address_valid(address, len) ? address + 2
                                                    : "localhost");
}

static int make_id(char id[ID_SIZE], struct err *err) {
    uint64_t random[2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return err_set(err, ERR_IO, "no random number: %s", strerror(errno));
    (void)snprintf(id, ID_SIZE, "%016" PRIx64 "%016" PRIx64, random[0],
                   random[1]);
    return 0;
}

int mail_send(const struct mail *mail, struct err *err) {
    const char *sendmail = find_sendmail(mail);
    const char *argv[] = {sendmail, "-t", "-i", NULL, NULL, NULL};
    char domain[HOST_SIZE];
    char id[ID_SIZE];
    struct strbuf text = {0};
    if (check_addresses(mail, err) != 0 || make_id(id, err) != 0)
        return -1;
    if (!sendmail)
        return err_set(err, ERR_VALUE,
                       "there is no sendmail program at /usr/sbin/sendmail or "
                       "/usr/lib/sendmail: install one, such as Debian's "
                       "msmtp-mta or postfix, or name it with \"sendmail\" in "
                       "the alerts file" SEE GUIDE_ALERTS);
    if (mail->from) {
        argv[3] = "-f";
        argv[4] = mail->from;
    }
    find_domain(domain);
    mail_write(mail, mail->id ? mail->id : id, domain, &text);
    int result = text.failed ? err_no_memory(err)
                             : program_run(argv, text.data, text.len, SECONDS,
                                           NULL, err);
    strbuf_free(&text);
    return result;
}
