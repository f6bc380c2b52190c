#include "cli/monitoring/template.h"

#include "check.h"
#include "guard.h"

static const struct template_value first[] = {
    {.name = "name", .text = "a"}, {.name = "port", .text = "1"}, {0}};
static const struct template_value second[] = {
    {.name = "name", .text = "b"}, {.name = "port"}, {0}};
static const struct template_row rows[] = {{first}, {second}};

static const struct template_value values[] = {
    {.name = "name", .text = "outer"},
    {.name = "empty", .text = ""},
    {.name = "missing"},
    {.name = "list", .rows = rows, .row_count = 2},
    {.name = "none", .rows = rows, .row_count = 0},
    {0}};
static const struct template_scope scope = {values, NULL};

static const struct {
    const char *name, *text, *want;
} good[] = {
    {"nothing", "", ""},
    {"plain", "a\nb", "a\nb"},
    {"a value", "<${name}>\n", "<outer>\n"},
    {"two on a line", "${name} ${name}\n", "outer outer\n"},
    {"an empty and a missing one", "<${empty}${missing}>", "<>"},
    {"no value", "$name $ {name} $", "$name $ {name} $"},
    {"escaped", "$${name} $$$${x}", "${name} $$${x}"},
    {"several conditions",
     "#if name !empty list\nyes\n#end\n#if name empty\nno\n#end", "yes\n"},
    {"if", "#if name\nyes\n#end\nrest", "yes\nrest"},
    {"if not", "#if !name\nyes\n#end\nrest", "rest"},
    {"if empty", "#if empty\nyes\n#else\nno\n#end\n", "no\n"},
    {"if missing", "  #if missing\n  yes\n  #else\n  no\n  #end\n", "  no\n"},
    {"if a list", "#if list\nyes\n#end\n#if none\nno\n#end", "yes\n"},
    {"each", "#each list\n- ${name}:${port}\n#end\n", "- a:1\n- b:\n"},
    {"each of an empty list", "#each none\n- ${name}\n#end\n${name}", "outer"},
    {"if in each", "#each list\n#if port\n${name}\n#end\n#end\n", "a\n"},
    {"each in each", "#each list\n${name}\n#each list\n${name}\n#end\n#end\n",
     "a\na\nb\nb\na\nb\n"},
    {"each word", "#each w a  b-1 \n${w} ${name}\n#end\n",
     "a outer\nb-1 outer\n"},
    {"each word in each row",
     "#each list\n#each w 1 2\n${name}${w}\n#end\n#end", "a1\na2\nb1\nb2\n"},
    {"else of the outer", "#if empty\n#if name\nx\n#end\n#else\ny\n#end",
     "y\n"},
    {"comments stay", "# if name\n#ifname\n#endless\n## x\n",
     "# if name\n#ifname\n#endless\n## x\n"},
};

static void expanded(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct strbuf out = {0};
        struct err err = {.message = ""};
        size_t len = strlen(good[i].text);
        int result = template_expand("f", guard_place(good[i].text, len), len,
                                     &scope, &out, &err);
        check_text(good[i].name, err.message, "");
        check_number(good[i].name, result, 0);
        check_text(good[i].name, out.data ? out.data : "", good[i].want);
        strbuf_free(&out);
    }
}

#define DEEP                                                                   \
    "#if name\n#if name\n#if name\n#if name\n#if name\n#if name\n#if name\n"   \
    "#if name\n#if name\n"                                                     \
    "#end\n#end\n#end\n#end\n#end\n#end\n#end\n#end\n#end\n"

static void refused(void **state) {
    static const struct {
        const char *text;
        enum err_code code;
        const char *want;
    } cases[] = {
        {"a\n${nme}", ERR_VALUE, "f.yml:2: no value has the name nme"},
        {"a\n\n#if nme\n#end", ERR_VALUE, "f.yml:3: no value has the name nme"},
        {"#each nme\n#end", ERR_VALUE, "f.yml:1: no value has the name nme"},
        {"#each list\n${x}\n#end", ERR_VALUE,
         "f.yml:2: no value has the name x"},
        {"${", ERR_SYNTAX, "f.yml:1: ${ must be followed by a name and }: ${"},
        {"${}", ERR_SYNTAX,
         "f.yml:1: ${ must be followed by a name and }: ${}"},
        {"${name", ERR_SYNTAX,
         "f.yml:1: ${ must be followed by a name and }: ${name"},
        {"#if\n#end", ERR_SYNTAX, "f.yml:1: must be followed by a name: #if"},
        {"#if name !b\n#end", ERR_VALUE, "f.yml:1: no value has the name b"},
        {"#each !list\n#end", ERR_VALUE,
         "f.yml:1: no value has the name !list"},
        {"#each w a234567890123456789012345678901x\n#end", ERR_SYNTAX,
         "f.yml:1: a word is too long:  a234567890123456789012345678901x"},
        {"#each  a\n#end", ERR_VALUE, "f.yml:1: no value has the name a"},
        {"#if name\n#end name", ERR_SYNTAX,
         "f.yml:2: must stand alone: #end name"},
        {"#if name\na\n", ERR_SYNTAX, "f.yml:1: #if without #end"},
        {"\n#each list\na\n", ERR_SYNTAX, "f.yml:2: #each without #end"},
        {"#if name\n#else\n#else\n#end", ERR_SYNTAX,
         "f.yml:3: #else without #if"},
        {"#each list\n#else\n#end", ERR_SYNTAX, "f.yml:2: #else without #if"},
        {"#else", ERR_SYNTAX, "f.yml:1: #else without #if"},
        {"a\n#end\n", ERR_SYNTAX, "f.yml:2: #end without #if or #each"},
        {DEEP, ERR_SYNTAX, "f.yml:9: nested too deep: name"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strbuf out = {0};
        struct err err = {.message = ""};
        size_t len = strlen(cases[i].text);
        int result = template_expand("f.yml", guard_place(cases[i].text, len),
                                     len, &scope, &out, &err);
        check_number(cases[i].text, result, -1);
        check_text(cases[i].text, err.message, cases[i].want);
        check_number(cases[i].text, err.code, cases[i].code);
        strbuf_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expanded),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
