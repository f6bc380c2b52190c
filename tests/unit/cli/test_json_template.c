#include "cli/monitoring/json_template.h"

#include "check.h"
#include "cli/monitoring/dashboard.h"
#include "guard.h"

static const struct template_value first[] = {
    {.name = "name", .text = "a"}, {.name = "big", .text = "yes"}, {0}};
static const struct template_value second[] = {
    {.name = "name", .text = "b"}, {.name = "big"}, {0}};
static const struct template_value third[] = {
    {.name = "name", .text = "c"}, {.name = "big", .text = "yes"}, {0}};
static const struct template_row rows[] = {{first}, {second}, {third}};

static const struct template_value values[] = {
    {.name = "name", .text = "say \"x\""},
    {.name = "number", .text = "0.5"},
    {.name = "missing"},
    {.name = "list", .rows = rows, .row_count = 3},
    {.name = "none", .rows = rows, .row_count = 0},
    {0}};
static const struct template_scope scope = {values, NULL};

/* Removes white space, as in the tables. */
static void squeeze(struct strbuf *text) {
    size_t len = 0;
    for (size_t i = 0; i < text->len; i++)
        if (text->data[i] != ' ' && text->data[i] != '\n')
            text->data[len++] = text->data[i];
    if (text->data)
        text->data[len] = '\0';
}

static int expand(const char *text, struct strbuf *out, struct err *err) {
    struct arena arena = {0};
    struct json_template template = {
        .file = "f.json", .arena = &arena, .json = {.out = out}, .err = err};
    const size_t len = strlen(text);
    const int result =
        json_template_expand(&template, guard_place(text, len), len, &scope);
    arena_free(&arena);
    return result;
}

static void expanded(void **state) {
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"{}", "{}"},
        {"[null,true,-1.5,[],{\"a\":{}}]", "[null,true,-1.5,[],{\"a\":{}}]"},
        {"{\"${name}\":\"<${name}>\"}", "{\"${name}\":\"<say\\\"x\\\">\"}"},
        {"[{\"#if\":\"name\",\"a\":1},{\"#if\":\"!name\"},{\"#if\":\"name "
         "missing\"}]",
         "[{\"a\":1}]"},
        {"[{\"#each\":\"list\",\"n\":\"${name}\"},{\"#each\":\"none\"}]",
         "[{\"n\":\"a\"},{\"n\":\"b\"},{\"n\":\"c\"}]"},
        {"[{\"#each\":\"list\",\"#if\":\"!big\",\"n\":\"${name}\"}]",
         "[{\"n\":\"b\"}]"},
        {"[{\"#each\":\"list\",\"#by\":2,"
         "\"n\":[{\"#each\":\"slice\",\"m\":\"${name}\"}]}]",
         "[{\"n\":[{\"m\":\"a\"},{\"m\":\"b\"}]},{\"n\":[{\"m\":\"c\"}]}]"},
        {"[{\"#each\":\"list\",\"#if\":\"big\",\"#by\":2,"
         "\"n\":[{\"#each\":\"slice\",\"m\":\"${name}\"}]}]",
         "[{\"n\":[{\"m\":\"a\"},{\"m\":\"c\"}]}]"},
        {"[{\"#each\":\"none\",\"#by\":2}]", "[]"},
        {"[{\"#list\":[1,{\"#if\":\"missing\"},\"${number}\"]},2]",
         "[1,\"0.5\",2]"},
        {"[{\"#each\":\"list\",\"#list\":[\"${name}\",0]}]",
         "[\"a\",0,\"b\",0,\"c\",0]"},
        {"{\"w\":8,\"#w\":\"${number}\",\"#h\":\"1${number}\"}",
         "{\"w\":0.5,\"h\":10.5}"},
        {"{\"#let\":[{\"x\":\"1\",\"y\":\"${x}2\"},{\"#if\":\"missing\",\"y\":"
         "\"no\"},{\"z\":\"${y}3\"}],\"a\":\"${z}\"}",
         "{\"a\":\"123\"}"},
        {"[{\"#each\":\"list\",\"#let\":[{\"x\":\"\"},{\"#if\":\"big\",\"x\":"
         "\"${name}!\"}],\"a\":\"${x}\"}]",
         "[{\"a\":\"a!\"},{\"a\":\"\"},{\"a\":\"c!\"}]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct err err = {.message = ""};
        check_number(cases[i].text, expand(cases[i].text, &out, &err), 0);
        check_text(cases[i].text, err.message, "");
        squeeze(&out);
        check_text(cases[i].text, out.data, cases[i].want);
        strbuf_free(&out);
    }
}

static void refused(void **state) {
    static const struct {
        const char *text;
        enum err_code code;
        const char *want;
    } cases[] = {
        {"{\n", ERR_SYNTAX,
         "f.json:2: not valid JSON: the text ends too early"},
        {"{\n\"a\": 1,\n\"b\": [1, \"${nme}\"]}", ERR_VALUE,
         "f.json:3: no value has the name nme"},
        {"[\n{\"#if\": \"name nme\"}]", ERR_VALUE,
         "f.json:2: no value has the name nme"},
        {"[{\"#if\": 1}]", ERR_SYNTAX, "f.json:1: #if must be a string"},
        {"[\n\n{\"#each\": \"nme\"}]", ERR_VALUE,
         "f.json:3: no value has the name nme"},
        {"[{\"#each\": \"list\", \"#if\": \"nme\"}]", ERR_VALUE,
         "f.json:1: no value has the name nme"},
        {"[{\n\"#let\": [{\n\"x\": \"${y}\"}]}]", ERR_VALUE,
         "f.json:3: no value has the name y"},
        {"[{\n\"#let\": [{\n\"x\": 1}]}]", ERR_VALUE,
         "f.json:3: must be a string"},
        {"[{},\n{\"#let\": [1]}]", ERR_SYNTAX,
         "f.json:2: #let must be an array of objects"},
        {"{\n\"#w\": \"${name}\"}", ERR_VALUE,
         "f.json:2: must be a number: say \"x\""},
        {"{\n\"a\": \"${\"}", ERR_SYNTAX,
         "f.json:2: ${ must be followed by a name and }: ${"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct err err = {.message = ""};
        check_number(cases[i].text, expand(cases[i].text, &out, &err), -1);
        check_text(cases[i].text, err.message, cases[i].want);
        check_number(cases[i].text, err.code, cases[i].code);
        strbuf_free(&out);
    }
}

/* Consecutive panels, in a row that exists only for them; letters and columns
 * depend on the remaining ones. */
static void placed(void **state) {
    static const char text[] =
        "{\"panels\":["
        "{\"type\":\"row\",\"id\":7,\"title\":\"R\",\"collapsed\":true,"
        "\"gridPos\":{},\"panels\":["
        "{\"#each\":\"list\",\"type\":\"stat\",\"id\":7,\"title\":\"${name}\","
        "\"gridPos\":{\"w\":10,\"h\":3}}]},"
        "{\"type\":\"row\",\"title\":\"empty\",\"panels\":["
        "{\"#if\":\"missing\"}]},"
        "{\"type\":\"table\",\"title\":\"T\",\"gridPos\":{\"w\":10,\"h\":1,"
        "\"#w\":\"12\"},\"targets\":["
        "{\"#if\":\"missing\",\"legendFormat\":\"no\",\"refId\":\"A\"},"
        "{\"legendFormat\":\"<${number}>\",\"refId\":\"B\"},"
        "{\"legendFormat\":\"y\",\"refId\":\"C\"}],"
        "\"renameByName\":{}}]}";
    static const char want[] =
        "{\"panels\":["
        "{\"type\":\"row\",\"id\":7,\"title\":\"R\",\"collapsed\":false,"
        "\"gridPos\":{\"h\":1,\"w\":24,\"x\":0,\"y\":0},\"panels\":[]},"
        "{\"type\":\"stat\",\"id\":7,\"title\":\"a\","
        "\"gridPos\":{\"h\":3,\"w\":10,\"x\":0,\"y\":1}},"
        "{\"type\":\"stat\",\"id\":7,\"title\":\"b\","
        "\"gridPos\":{\"h\":3,\"w\":10,\"x\":10,\"y\":1}},"
        "{\"type\":\"stat\",\"id\":7,\"title\":\"c\","
        "\"gridPos\":{\"h\":3,\"w\":10,\"x\":0,\"y\":4}},"
        "{\"type\":\"table\",\"title\":\"T\","
        "\"gridPos\":{\"h\":1,\"w\":12,\"x\":10,\"y\":4},\"targets\":["
        "{\"legendFormat\":\"<0.5>\",\"refId\":\"A\"},"
        "{\"legendFormat\":\"y\",\"refId\":\"B\"}],"
        "\"renameByName\":{\"Value#A\":\"<0.5>\",\"Value#B\":\"y\"}}]}";
    struct arena arena = {0};
    struct strbuf out = {0};
    struct err err = {.message = ""};
    (void)state;
    check_number("placed",
                 dashboard_expand("f.json", text, strlen(text), &scope, &arena,
                                  &out, &err),
                 0);
    check_text("placed", err.message, "");
    squeeze(&out);
    check_text("placed", out.data, want);
    strbuf_free(&out);
    arena_free(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expanded),
        cmocka_unit_test(refused),
        cmocka_unit_test(placed),
    };
    return cmocka_run_group_tests_name("json_template", tests, NULL, NULL);
}
