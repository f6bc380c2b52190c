#include "cli/send/mail.h"

#include <sys/stat.h>

#include "base/file.h"
#include "check.h"
#include "scratch.h"

static const char *const one[] = {"me@example.org"};
static const char *const two[] = {"me@example.org", "you+x@example.org"};

static const struct scene {
    const char *name;
    struct mail mail;
    const char *want;
} scenes[] = {
    {"text",
     {.to = one,
      .to_count = 1,
      .subject = "SlowPages is firing",
      .text = "p75 is 5.1 s.\n",
      .date = 1795924800},
     "Date: Sun, 29 Nov 2026 04:00:00 +0000\n"
     "To: me@example.org\n"
     "Subject: SlowPages is firing\n"
     "Message-ID: <id.1@host.example>\n"
     "Auto-Submitted: auto-generated\n"
     "MIME-Version: 1.0\n"
     "Content-Type: text/plain; charset=utf-8\n"
     "Content-Transfer-Encoding: quoted-printable\n"
     "\n"
     "p75 is 5.1 s.\n"},
    {"text and HTML",
     {.from = "tallyman@example.org",
      .to = two,
      .to_count = 2,
      .subject = "Wöchentlich\nBcc: x@example.org",
      .text = "fällt\n.\n",
      .html = "<p style=\"color:red\">fällt</p>\n--=_tallyman--\n"},
     "Date: Thu, 1 Jan 1970 00:00:00 +0000\n"
     "From: tallyman@example.org\n"
     "To: me@example.org,\n"
     " you+x@example.org\n"
     "Subject: =?utf-8?Q?W=C3=B6chentlich_Bcc=3A_x=40example=2Eorg?=\n"
     "Message-ID: <id.1@host.example>\n"
     "Auto-Submitted: auto-generated\n"
     "MIME-Version: 1.0\n"
     "Content-Type: multipart/alternative;\n"
     " boundary=\"=_tallyman\"\n"
     "\n"
     "--=_tallyman\n"
     "Content-Type: text/plain; charset=utf-8\n"
     "Content-Transfer-Encoding: quoted-printable\n"
     "\n"
     "f=C3=A4llt\n"
     "=2E\n"
     "\n"
     "--=_tallyman\n"
     "Content-Type: text/html; charset=utf-8\n"
     "Content-Transfer-Encoding: quoted-printable\n"
     "\n"
     "<p style=3D\"color:red\">f=C3=A4llt</p>\n"
     "--=3D_tallyman--\n"
     "\n"
     "--=_tallyman--\n"},
};

static void messages(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        struct strbuf got = {0};
        mail_write(&scenes[i].mail, "id.1", "host.example", &got);
        check_text(scenes[i].name, got.data, scenes[i].want);
        strbuf_free(&got);
    }
}

/* A program that stores its arguments and its input. */
static const char *make_sendmail(const char *end) {
    char script[400];
    (void)snprintf(script, sizeof(script),
                   "#!/bin/sh\necho \"$@\" >%s/arguments\ncat >%s/input\n%s\n",
                   scratch, scratch, end);
    scratch_write("sendmail", script);
    assert_int_equal(chmod(scratch_path("sendmail"), 0700), 0);
    return scratch_path("sendmail");
}

static void check_file(const char *name, const char *want) {
    struct strbuf got = {0};
    struct err err;
    assert_int_equal(file_read(scratch_path(name), 10000, &got, &err), 0);
    check_text(name, got.data, want);
    strbuf_free(&got);
}

static void sends(void **state) {
    struct mail mail = scenes[0].mail;
    struct strbuf want = {0};
    char host[256];
    struct err err;
    (void)state;
    assert_int_equal(gethostname(host, sizeof(host)), 0);
    mail.sendmail = make_sendmail("");
    mail.from = "tallyman@example.org";
    mail.id = "notice.7";
    mail_write(&mail, "notice.7", host, &want);
    check_number("sent", mail_send(&mail, &err), 0);
    check_file("arguments", "-t -i -f tallyman@example.org\n");
    check_file("input", want.data);
    strbuf_free(&want);
    mail.from = NULL;
    check_number("sent", mail_send(&mail, &err), 0);
    check_file("arguments", "-t -i\n");
}

static void not_sent(void **state) {
    static const char *const bad[] = {"a@b\nBcc: c@d"};
    struct mail mail = scenes[0].mail;
    char want[200];
    struct err err;
    (void)state;
    mail.sendmail = make_sendmail("echo no such user >&2; exit 67");
    (void)snprintf(want, sizeof(want), "%s exited with 67: no such user",
                   mail.sendmail);
    check_number("refused", mail_send(&mail, &err), -1);
    check_text("refused", err.message, want);
    mail.to = bad;
    check_number("address", mail_send(&mail, &err), -1);
    check_text("address", err.message, "a@b\nBcc: c@d is not a mail address");
    mail.to_count = 0;
    check_number("none", mail_send(&mail, &err), -1);
    check_text("none", err.message, "the mail has no address");
    mail = scenes[0].mail;
    mail.sendmail = "/nowhere/sendmail";
    check_number("missing", mail_send(&mail, &err), -1);
    check_text("missing", err.message,
               "/nowhere/sendmail cannot be started: No such file or "
               "directory");
    mail.from = "-bs";
    check_number("from", mail_send(&mail, &err), -1);
    check_text("from", err.message, "-bs is not a mail address");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages),
        cmocka_unit_test_setup_teardown(sends, scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(not_sent, scratch_make, scratch_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
