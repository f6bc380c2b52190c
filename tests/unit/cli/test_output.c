#include "cli/monitoring/output.h"

#include <unistd.h>

#include "base/file.h"
#include "check.h"
#include "scratch.h"

/* Returns the content of a file, "none" if it is missing. */
static const char *content(const char *name) {
    static struct strbuf text;
    struct err err;
    strbuf_reset(&text);
    return file_read(scratch_path(name), 1000, &text, &err) == 0 ? text.data
                                                                 : "none";
}

static void checks(void **state) {
    static const struct {
        const char *name;
        const char *paths[3];
        const char *texts[3];
        const char *want; /* NULL: success */
    } cases[] = {
        {"nothing", {NULL}, {NULL}, NULL},
        {"two", {"a.yml", "b/c.json"}, {"a: 1\n", "{}"}, NULL},
        {"the name is only in another directory",
         {"a", "b/a"},
         {"1", "2"},
         NULL},
        {"empty", {"a", "b"}, {"1", ""}, "b: is empty"},
        {"twice",
         {"a", "b", "a"},
         {"1", "2", "3"},
         "a: would be written twice"},
        {"not JSON",
         {"x/a.json"},
         {"{\"a\":\n1,}"},
         "x/a.json: line 2, column 2: "},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct output output = {.count = 0};
        struct err err = {.code = ERR_NONE};
        for (size_t k = 0; k < 3 && cases[i].paths[k]; k++)
            strbuf_add_string(output_add(&output, cases[i].paths[k]),
                              cases[i].texts[k]);
        int result = output_check(&output, &err);
        check_number(cases[i].name, result, cases[i].want ? -1 : 0);
        if (cases[i].want) /* only the position of the JSON error */
            err.message[strlen(cases[i].want)] = '\0';
        check_text(cases[i].name, err.message,
                   cases[i].want ? cases[i].want : "");
        output_free(&output);
    }
}

/* a/one, a/b/two and three. */
static void add_files(struct output *output) {
    strbuf_add_string(output_add(output, "a/one"), "1");
    strbuf_add_string(output_add(output, "a/b/two"), "22");
    strbuf_add_string(output_add(output, "three"), "333");
}

static void writes(void **state) {
    struct output output = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    add_files(&output);
    assert_int_equal(output_check_absent(&output, scratch_path("out"), &err),
                     0);
    assert_int_equal(output_write(&output, scratch_path("out"), &err), 0);
    assert_string_equal(content("out/a/one"), "1");
    assert_string_equal(content("out/a/b/two"), "22");
    assert_string_equal(content("out/three"), "333");
    assert_string_equal(content("out/three.new"), "none");
    assert_int_equal(output_check_absent(&output, scratch_path("out"), &err),
                     -1);
    assert_non_null(strstr(err.message, "/three would be overwritten"));
    strbuf_add_string(&output.last->text, "3");
    assert_int_equal(output_write(&output, scratch_path("out"), &err), 0);
    assert_string_equal(content("out/three"), "3333");
    output_free(&output);
}

static void keeps_what_was_there(void **state) {
    static const struct {
        const char *name;
        const char *obstacle; /* a directory with the name of a file */
        const char *want;
    } cases[] = {
        {"with the name of a file", "out/three", "is not a file"},
        {"with the name of a temporary file", "out/three.new",
         "cannot be written"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct output output = {.count = 0};
        struct err err = {.code = ERR_NONE};
        add_files(&output);
        assert_int_equal(mkdir(scratch_path("out"), 0777), 0);
        assert_int_equal(mkdir(scratch_path("out/a"), 0777), 0);
        scratch_write("out/a/one", "old");
        assert_int_equal(mkdir(scratch_path(cases[i].obstacle), 0777), 0);
        check_number(cases[i].name,
                     output_write(&output, scratch_path("out"), &err), -1);
        assert_non_null(strstr(err.message, cases[i].want));
        check_text(cases[i].name, content("out/a/one"), "old");
        check_text(cases[i].name, content("out/a/one.new"), "none");
        check_text(cases[i].name, content("out/a/b/two"), "none");
        output_free(&output);
        (void)scratch_clear(NULL);
        assert_int_equal(mkdir(scratch, 0700), 0);
    }
}

static void no_directory(void **state) {
    struct output output = {.count = 0};
    struct err err = {.code = ERR_NONE};
    (void)state;
    add_files(&output);
    scratch_write("out", "a file");
    assert_int_equal(output_write(&output, scratch_path("out"), &err), -1);
    assert_int_equal(err.code, ERR_IO);
    assert_non_null(strstr(err.message, "/out"));
    output_free(&output);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks),
        cmocka_unit_test_setup_teardown(writes, scratch_make, scratch_clear),
        cmocka_unit_test_setup_teardown(keeps_what_was_there, scratch_make,
                                        scratch_clear),
        cmocka_unit_test_setup_teardown(no_directory, scratch_make,
                                        scratch_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
