#include "cli/doctor/finding.h"

#include <stdarg.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/utf8.h"

/* The longest description that is kept, in bytes. */
enum { WHAT_SIZE = 1000 };

static const char *const labels[] = {
    [FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_WRONG] = "WRONG"};
static const char *const words[] = {
    [FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_WRONG] = "wrong"};

static void add_escaped(struct findings *findings, const char *text) {
    utf8_escape(&findings->text, text, strlen(text), findings->utf8);
}

static void add_text(struct findings *findings, const struct finding *finding,
                     const char *what) {
    strbuf_printf(&findings->text, "%-5s  %-15s  ", labels[finding->status],
                  finding->check);
    add_escaped(findings, finding->where);
    strbuf_add_string(&findings->text, ": ");
    add_escaped(findings, what);
    strbuf_add_char(&findings->text, '\n');
    if (!finding->remedy)
        return;
    strbuf_printf(&findings->text, "%24s-> ", "");
    add_escaped(findings, finding->remedy);
    strbuf_add_char(&findings->text, '\n');
}

/* Behind the bracket that findings_print writes. */
static void add_json(struct findings *findings, const struct finding *finding,
                     const char *what) {
    struct json_writer json = {.out = &findings->text,
                               .layout = JSON_ROWS,
                               .escape = JSON_ESCAPE_ALL,
                               .depth = 1,
                               .after = findings->count > 0};
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "check", finding->check);
    json_writer_string(&json, "status", words[finding->status]);
    json_writer_string(&json, "where", finding->where);
    json_writer_string(&json, "what", what);
    json_writer_string(&json, "do", finding->remedy);
    json_writer_close(&json, '}');
}

void finding_add(struct findings *findings, struct finding finding,
                 const char *format, ...) {
    char what[WHAT_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    if (findings->json)
        add_json(findings, &finding, what);
    else
        add_text(findings, &finding, what);
    findings->count++;
    findings->wrong += finding.status == FINDING_WRONG;
}

int findings_print(const struct findings *findings, FILE *out) {
    if (findings->text.failed)
        return -1;
    const char *text = findings->text.data ? findings->text.data : "";
    (void)fprintf(out, findings->json ? "[%s]\n" : "%s", text);
    return 0;
}

void findings_free(struct findings *findings) {
    strbuf_free(&findings->text);
}
