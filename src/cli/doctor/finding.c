#include "cli/doctor/finding.h"

#include <stdarg.h>
#include <string.h>

#include "cli/command/escape.h"

/* The longest description that is kept, in bytes. */
enum { WHAT_SIZE = 1000 };

static const char *const labels[] = {
    [FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_WRONG] = "WRONG"};
static const char *const words[] = {
    [FINDING_OK] = "ok", [FINDING_NOTE] = "note", [FINDING_WRONG] = "wrong"};

static void add_visible(struct findings *findings, const char *text) {
    visible_add(&findings->text, text, strlen(text), findings->utf8);
}

static void add_text(struct findings *findings, const struct finding *finding,
                     const char *what) {
    strbuf_printf(&findings->text, "%-5s  %-15s  ", labels[finding->status],
                  finding->check);
    add_visible(findings, finding->where);
    strbuf_add_string(&findings->text, ": ");
    add_visible(findings, what);
    strbuf_add_char(&findings->text, '\n');
    if (!finding->remedy)
        return;
    strbuf_printf(&findings->text, "%24s-> ", "");
    add_visible(findings, finding->remedy);
    strbuf_add_char(&findings->text, '\n');
}

static void add_member(struct findings *findings, const char *key,
                       const char *value) {
    strbuf_printf(&findings->text, ",\"%s\":", key);
    if (value)
        visible_add_json(&findings->text, value, strlen(value));
    else
        strbuf_add_string(&findings->text, "null");
}

static void add_json(struct findings *findings, const struct finding *finding,
                     const char *what) {
    strbuf_printf(&findings->text, "%s{\"check\":\"%s\"",
                  findings->count > 0 ? ",\n" : "", finding->check);
    add_member(findings, "status", words[finding->status]);
    add_member(findings, "where", finding->where);
    add_member(findings, "what", what);
    add_member(findings, "do", finding->remedy);
    strbuf_add_char(&findings->text, '}');
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
