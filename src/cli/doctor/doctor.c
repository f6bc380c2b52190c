#include "cli/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/guide.h"
#include "base/json_writer.h"
#include "base/utf8.h"

/* The guides that help with findings, by check. */
static const struct {
    const char *check;
    const char *guide;
} guides[] = {
    {"alerts", GUIDE_ALERTS},       {"configuration", GUIDE_CONFIG},
    {"dashboard", GUIDE_DASHBOARD}, {"history", GUIDE_CONFIG},
    {"integrity", GUIDE_BACKUP},    {"label values", GUIDE_ALLOWLIST},
    {"limit", GUIDE_CONFIG},        {"notices", GUIDE_ALERTS},
    {"queries", GUIDE_QUERIES},     {"query", GUIDE_QUERIES},
    {"references", GUIDE_BACKUP},   {"rows", GUIDE_BACKUP},
    {"refusals", GUIDE_ALLOWLIST},  {"responders", GUIDE_INSTALL},
    {"scrape", GUIDE_SCRAPE},
};
enum { GUIDES = sizeof(guides) / sizeof(guides[0]) };

static const char *find_guide(const char *check) {
    for (int i = 0; i < GUIDES; i++)
        if (strcmp(guides[i].check, check) == 0)
            return guides[i].guide;
    return NULL;
}

/* True for the first finding with this guide: the text links to it once. */
static bool link_first(struct doctor *doctor, const char *guide) {
    const unsigned before = doctor->linked;
    for (int i = 0; guide && i < GUIDES; i++)
        if (strcmp(guides[i].guide, guide) == 0)
            doctor->linked |= 1u << i;
    return doctor->linked != before;
}

static void add_escaped(struct doctor *doctor, const char *text) {
    utf8_escape(&doctor->text, text, strlen(text), doctor->utf8);
}

static void add_text(struct doctor *doctor, enum finding finding,
                     const char *check, const char *where, const char *remedy,
                     const char *what) {
    static const char *const labels[] = {[FINDING_OK] = "ok",
                                         [FINDING_NOTE] = "note",
                                         [FINDING_WRONG] = "WRONG"};
    strbuf_printf(&doctor->text, "%-5s  %-15s  ", labels[finding], check);
    add_escaped(doctor, where);
    strbuf_add_string(&doctor->text, ": ");
    add_escaped(doctor, what);
    strbuf_add_char(&doctor->text, '\n');
    if (!remedy)
        return;
    strbuf_printf(&doctor->text, "%24s-> ", "");
    add_escaped(doctor, remedy);
    const char *guide = find_guide(check);
    if (link_first(doctor, guide))
        strbuf_printf(&doctor->text, SEE "%s", guide);
    strbuf_add_char(&doctor->text, '\n');
}

/* Inside the brackets that doctor_print writes. */
static void add_json(struct doctor *doctor, enum finding finding,
                     const char *check, const char *where, const char *remedy,
                     const char *what) {
    static const char *const words[] = {[FINDING_OK] = "ok",
                                        [FINDING_NOTE] = "note",
                                        [FINDING_WRONG] = "wrong"};
    struct json_writer json = {.out = &doctor->text,
                               .layout = JSON_ROWS,
                               .escape = JSON_ESCAPE_ALL,
                               .depth = 1,
                               .after = doctor->count > 0};
    json_writer_open(&json, NULL, '{');
    json_writer_string(&json, "check", check);
    json_writer_string(&json, "status", words[finding]);
    json_writer_string(&json, "where", where);
    json_writer_string(&json, "what", what);
    json_writer_string(&json, "do", remedy);
    json_writer_string(&json, "guide", remedy ? find_guide(check) : NULL);
    json_writer_close(&json, '}');
}

static void add(struct doctor *doctor, enum finding finding, const char *check,
                const char *where, const char *remedy, const char *format,
                va_list args) {
    char what[DOCTOR_WHAT_SIZE];
    (void)vsnprintf(what, sizeof(what), format, args);
    (doctor->json ? add_json : add_text)(doctor, finding, check, where, remedy,
                                         what);
    doctor->count++;
    doctor->wrong += finding == FINDING_WRONG;
}

void doctor_find(struct doctor *doctor, enum finding finding, const char *check,
                 const char *where, const char *remedy, const char *format,
                 ...) {
    va_list args;
    va_start(args, format);
    add(doctor, finding, check, where, remedy, format, args);
    va_end(args);
}

void doctor_tell(struct doctor *doctor, const char *check, const char *where,
                 const char *remedy, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(doctor, remedy ? FINDING_WRONG : FINDING_OK, check, where, remedy,
        format, args);
    va_end(args);
}

void doctor_tell_errors(struct doctor *doctor, const char *check,
                        const char *path,
                        const struct diagnostics *diagnostics) {
    const char *text = diagnostics->text.data;
    for (text = text ? text : "out of memory"; *text;) {
        int len = (int)strcspn(text, "\n");
        doctor_tell(doctor, check, path, "correct it, then run tallyman check",
                    "%.*s", len, text);
        text += len + (text[len] == '\n');
    }
}

int doctor_print(const struct doctor *doctor) {
    const char *text = strbuf_text(&doctor->text);
    if (doctor->text.failed)
        return -1;
    if (doctor->json)
        (void)printf("[%s]\n", text);
    else
        (void)printf("%s\n%zu of %zu are wrong\n", text, doctor->wrong,
                     doctor->count);
    return 0;
}
