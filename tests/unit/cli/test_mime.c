#include "cli/send/mime.h"

#include "check.h"

#define TEN "1234567890"
#define FIFTY TEN TEN TEN TEN TEN

struct scene {
    const char *name;
    const char *text;
    const char *want;
};

static const struct scene headers[] = {
    {"empty", "", "Subject: \n"},
    {"plain", "SlowPages is firing", "Subject: SlowPages is firing\n"},
    {"76 characters", FIFTY " 123456 " TEN,
     "Subject: " FIFTY " 123456\n " TEN "\n"},
    {"folded twice", FIFTY " 12345678901234567 " FIFTY " " FIFTY,
     "Subject: " FIFTY "\n 12345678901234567 " FIFTY "\n " FIFTY "\n"},
    {"a line feed and a header", "a\nBcc: x@example.org\r\nbody",
     "Subject: a Bcc: x@example.org body\n"},
    {"other hidden characters", "a\x01\x1B[2J\x7F\u202E\u200B\uFEFF\u2028z",
     "Subject: a[2Jz\n"},
    {"UTF-8", "Umsatz fällt: Köln",
     "Subject: =?utf-8?Q?Umsatz_f=C3=A4llt=3A_K=C3=B6ln?=\n"},
    {"malformed", "a\xFFz\xC3", "Subject: =?utf-8?Q?a=EF=BF=BDz=EF=BF=BD?=\n"},
    {"like an encoded word",
     "=?utf-8?Q?a?=", "Subject: =?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=\n"},
    {"double spaces", "a  b", "Subject: =?utf-8?Q?a__b?=\n"},
    {"a leading space", " a", "Subject: =?utf-8?Q?_a?=\n"},
    {"a trailing space", "a ", "Subject: =?utf-8?Q?a_?=\n"},
    {"a long word", FIFTY "1234567",
     "Subject: =?utf-8?Q?" FIFTY "12345?=\n"
     " =?utf-8?Q?67?=\n"},
    {"no character is split",
     "\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600\U0001F600",
     "Subject: =?utf-8?Q?=F0=9F=98=80=F0=9F=98=80=F0=9F=98=80=F0=9F=98=80?=\n"
     " =?utf-8?Q?=F0=9F=98=80=F0=9F=98=80?=\n"},
    {"specials", "a_b?c=d,e\"(é)",
     "Subject: =?utf-8?Q?a=5Fb=3Fc=3Dd=2Ce=22=28=C3=A9=29?=\n"},
};

static const struct scene texts[] = {
    {"empty", "", ""},
    {"plain", "one\n\ntwo\n", "one\n\ntwo\n"},
    {"without its end", "one", "one\n"},
    {"equals sign", "a = b\n", "a =3D b\n"},
    {"UTF-8", "fällt – 1\n", "f=C3=A4llt =E2=80=93 1\n"},
    {"malformed", "a\xFFz\n", "a=EF=BF=BDz\n"},
    {"spaces at the end", "a \nb\t\n \nc ", "a=20\nb=09\n=20\nc=20\n"},
    {"control characters", "a\rb\x01\x7F\n", "a=0Db=01=7F\n"},
    {"a full stop", ".\n..a\na.\n", "=2E\n=2E.a\na.\n"},
    {"From", "From a\nFrom\n From a\n", "=46rom a\nFrom\n From a\n"},
    {"76 characters", FIFTY TEN TEN "123456\n", FIFTY TEN TEN "123456\n"},
    {"76 at the end", FIFTY TEN TEN "123456", FIFTY TEN TEN "12345=\n6\n"},
    {"77 characters", FIFTY TEN TEN "1234567\n", FIFTY TEN TEN "12345=\n67\n"},
    {"a code at the end", FIFTY TEN TEN "1234é\n",
     FIFTY TEN TEN "1234=\n=C3=A9\n"},
    {"a full stop after a soft end", FIFTY TEN TEN "12345.a\n",
     FIFTY TEN TEN "12345=\n=2Ea\n"},
};

static void check_lines(const char *name, const char *text) {
    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len > 76)
            fail_msg("%s: a line of %zu characters", name, len);
        text += len + (text[len] == '\n');
    }
}

static void header(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct strbuf got = {0};
        mime_header("Subject", headers[i].text, &got);
        check_text(headers[i].name, got.data, headers[i].want);
        check_lines(headers[i].name, got.data);
        strbuf_free(&got);
    }
}

static void quoted_printable(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct strbuf got = {0};
        mime_quoted_printable(texts[i].text, &got);
        check_text(texts[i].name, got.data ? got.data : "", texts[i].want);
        check_lines(texts[i].name, got.data ? got.data : "");
        strbuf_free(&got);
    }
}

/* No text makes a long line or a second header. */
static void no_bytes_break_a_header(void **state) {
    static const char bytes[] = "aF =.?_\n\t\r\x80\xC3\xA9\xF0\x9F\x98";
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct strbuf got = {0};
        char text[300];
        size_t len = check_random(&random) % (sizeof(text) - 1);
        for (size_t j = 0; j < len; j++)
            text[j] = bytes[check_random(&random) % (sizeof(bytes) - 1)];
        text[len] = '\0';
        mime_header("Subject", text, &got);
        check_lines("header", got.data);
        for (char *end = strchr(got.data, '\n'); end; end = strchr(end, '\n'))
            assert_true(*++end == ' ' || !*end);
        strbuf_reset(&got);
        mime_quoted_printable(text, &got);
        check_lines("text", got.len > 0 ? got.data : "");
        for (size_t j = 0; j < got.len; j++)
            assert_true(got.data[j] == '\n' || got.data[j] == '\t' ||
                        (got.data[j] >= ' ' && got.data[j] <= '~'));
        strbuf_free(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header),
        cmocka_unit_test(quoted_printable),
        cmocka_unit_test(no_bytes_break_a_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
