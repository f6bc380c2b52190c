#include "cli/look/sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

/* Hostile text, numbers, and empty cells. */
static void fill(struct sheet *sheet) {
    static const char text[] = "a,\"b\"\n\x1b\xc3\xa9";
    const char *key;
    sheet_column(sheet, "name", "the name");
    sheet_column(sheet, "number", "number");
    sheet_column(sheet, "hidden", NULL);
    sheet_column(sheet, "rounded", "rounded");
    sheet_row(sheet);
    sheet_text(sheet, text, strlen(text));
    sheet_number(sheet, 1.0 / 3);
    struct json_writer *json = sheet_json(sheet, &key);
    if (json)
        json_writer_boolean(json, key, true);
    sheet_rounded(sheet, 1.0 / 3);
    sheet_row(sheet);
    sheet_null(sheet);
    sheet_number(sheet, INFINITY);
    sheet_count(sheet, 1ULL << 53);
    sheet_known(sheet, NAN);
}

static void formats(void **state) {
    static const struct {
        enum sheet_format format;
        bool utf8;
        const char *want;
    } cases[] = {
        {SHEET_TABLE, true,
         "> the name                  number  rounded\n"
         "> a,\"b\"\\n\\x1b\xc3\xa9  0.3333333333333333   0.3333\n"
         ">                             +Inf\n"},
        {SHEET_TABLE, false,
         "> the name                       number  rounded\n"
         "> a,\"b\"\\n\\x1b\\u00e9  0.3333333333333333   0.3333\n"
         ">                                  +Inf\n"},
        {SHEET_JSON, false,
         "[{\"name\":\"a,\\\"b\\\"\\n\\u001b\\u00e9\","
         "\"number\":0.3333333333333333,\"hidden\":true,"
         "\"rounded\":0.3333333333333333},\n"
         "{\"name\":null,\"number\":\"+Inf\",\"hidden\":9007199254740992,"
         "\"rounded\":null}]\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct sheet sheet;
        sheet_begin(&sheet, cases[i].format, cases[i].utf8, &out);
        fill(&sheet);
        sheet_end(&sheet, "> ", NULL);
        check_text("format", out.data, cases[i].want);
        assert_false(out.failed);
        strbuf_free(&out);
    }
}

static void csv(void **state) {
    static const struct {
        bool terminal;
        const char *want;
    } cases[] = {
        {false, "\"x,y\",z\n\"a\"\"\x1b\",1\n,\n"},
        {true, "\"x,y\",z\n\"a\"\"\\x1b\",1\n,\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct sheet sheet;
        sheet_begin(&sheet, SHEET_CSV, true, &out);
        sheet.terminal = cases[i].terminal;
        sheet_column(&sheet, "x,y", "x,y");
        sheet_column(&sheet, "z", "z");
        sheet_row(&sheet);
        sheet_string(&sheet, "a\"\x1b");
        sheet_number(&sheet, 1);
        sheet_row(&sheet);
        sheet_null(&sheet);
        sheet_null(&sheet);
        sheet_end(&sheet, "", NULL);
        check_text("csv", out.data, cases[i].want);
        strbuf_free(&out);
    }
}

static void without_rows(void **state) {
    static const struct {
        enum sheet_format format;
        const char *empty;
        const char *want;
    } cases[] = {
        {SHEET_TABLE, NULL, "a  b\n"},
        {SHEET_TABLE, "none\n", "none\n"},
        {SHEET_JSON, "none\n", "[]\n"},
        {SHEET_CSV, "none\n", "a,b\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct sheet sheet;
        sheet_begin(&sheet, cases[i].format, false, &out);
        sheet_column(&sheet, "a", "a");
        sheet_column(&sheet, "b", "b");
        sheet_end(&sheet, "", cases[i].empty);
        check_text("without rows", out.data, cases[i].want);
        strbuf_free(&out);
    }
}

static void rounded(void **state) {
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        {0, "0"},          {1.0 / 3, "0.3333"},  {999.94, "999.9"},
        {1234.56, "1235"}, {123456.7, "123457"}, {1e20, "1e+20"},
        {-0.5, "-0.5"},    {1e-7, "1e-07"},      {-INFINITY, "-Inf"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct sheet sheet;
        char want[50];
        sheet_begin(&sheet, SHEET_TABLE, false, &out);
        sheet_column(&sheet, NULL, "");
        sheet_row(&sheet);
        sheet_rounded(&sheet, cases[i].value);
        sheet_end(&sheet, "", NULL);
        (void)snprintf(want, sizeof(want), "%*s\n%s\n",
                       (int)strlen(cases[i].want), "", cases[i].want);
        check_text(cases[i].want, out.data, want);
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(csv),
        cmocka_unit_test(without_rows),
        cmocka_unit_test(rounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
