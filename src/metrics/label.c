#include "metrics/label.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_writer.h"
#include "base/utf8.h"
#include "metrics/metric.h"

static int compare_names(const void *a, const void *b) {
    const struct label *left = a;
    const struct label *right = b;
    return strcmp(left->name, right->name);
}

void label_sort(struct label *labels, size_t count) {
    if (count > 1)
        qsort(labels, count, sizeof(*labels), compare_names);
}

const struct label *label_find(const struct label *labels, size_t count,
                               const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(labels[i].name, name) == 0)
            return &labels[i];
    return NULL;
}

void label_set_write_json(const struct label *labels, size_t count,
                          struct strbuf *out) {
    strbuf_add_char(out, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strbuf_add_char(out, ',');
        json_write_string(labels[i].name, strlen(labels[i].name),
                          JSON_ESCAPE_CONTROL, out);
        strbuf_add_char(out, ':');
        json_write_string(labels[i].value, labels[i].value_len,
                          JSON_ESCAPE_CONTROL, out);
    }
    strbuf_add_char(out, '}');
}

/* The length of `"name":"value"` at text[0..len). */
static size_t member_length(const char *text, size_t len) {
    size_t quotes = 0;
    size_t at = 0;
    while (at < len && quotes < 4) {
        quotes += text[at] == '"';
        at += text[at] == '\\' ? 2 : 1;
    }
    return at < len ? at : len;
}

/* State of a list that is being written. */
struct showing {
    struct strbuf *out;
    const char *separator;
};

static int show_label(void *context, const char *key,
                      const struct json_object *value) {
    struct showing *showing = context;
    size_t len;
    const char *text = json_text(value, &len);
    strbuf_printf(showing->out, "%s%s=", showing->separator, key);
    json_write_string(text, len, JSON_ESCAPE_CONTROL, showing->out);
    showing->separator = ", ";
    return 0;
}

void label_json_show(const struct json_object *labels, struct strbuf *out) {
    struct showing showing = {out, ""};
    (void)json_members(labels, show_label, &showing);
}

/* The text of a member occurs in a label set only as that label, because quotes
 * in values are escaped. */
bool label_json_includes(const char *labels, size_t len, const char *subset,
                         size_t subset_len) {
    for (size_t at = 1; at + 1 < subset_len;) {
        size_t member = member_length(subset + at, subset_len - 1 - at);
        if (!memmem(labels, len, subset + at, member))
            return false;
        at += member + 1;
    }
    return true;
}

/* Reads a label set and writes it. The output is never longer than the
 * input. */
struct cursor {
    const char *json;
    const char *next;
    const char *end;
    char *out;
    const char *name; /* the previous label's, in the output */
    size_t name_len;
};

static bool take(struct cursor *at, char c) {
    if (at->next == at->end || *at->next != c)
        return false;
    at->next++;
    return true;
}

/* Accepts only the escapes that json_write_string writes. \u00xx is a control
 * character, which the exposition formats carry unescaped. */
static bool copy_escape(struct cursor *at) {
    static const char hex[] = "0123456789abcdef";
    if (at->next == at->end)
        return false;
    char c = *at->next++;
    if (c == '"' || c == '\\' || c == 'n') {
        *at->out++ = '\\';
        *at->out++ = c;
        return true;
    }
    if (c != 'u' || at->end - at->next < 4)
        return false;
    if (memcmp(at->next, "00", 2) != 0)
        return false;
    const char *high = strchr(hex, at->next[2]);
    const char *low = strchr(hex, at->next[3]);
    if (!high || !low || !*high || !*low || high - hex > 1 ||
        memcmp(at->next, "000a", 4) == 0) /* this character is written as \n */
        return false;
    *at->out++ = (char)((high - hex) * 16 + (low - hex));
    at->next += 4;
    return true;
}

/* Copies bytes up to the next quote, backslash or control character. */
static void copy_plain(struct cursor *at) {
    const char *next = at->next;
    const char *const end = at->end;
    char *out = at->out;
    while (next < end && *next != '"' && *next != '\\' &&
           (unsigned char)*next >= 0x20)
        *out++ = *next++;
    at->next = next;
    at->out = out;
}

/* Copies the content of a string, from its opening quote on. */
static bool copy_string(struct cursor *at) {
    if (!take(at, '"'))
        return false;
    for (;;) {
        copy_plain(at);
        if (take(at, '"'))
            return true;
        if (!take(at, '\\') || !copy_escape(at))
            return false;
    }
}

static bool name_fits(const char *name, size_t len, const char *last,
                      size_t last_len) {
    size_t common = len < last_len ? len : last_len;
    int order = last && common > 0 ? memcmp(last, name, common) : 0;
    return label_name_fault(name, len) == NAME_FINE &&
           (order < 0 || (order == 0 && last_len < len));
}

/* Copies a name, up to the value. Prometheus rejects a whole scrape in which a
 * label name repeats. */
static bool copy_name(struct cursor *at) {
    const char *name = at->out;
    if (!copy_string(at) ||
        !name_fits(name, (size_t)(at->out - name), at->name, at->name_len))
        return false;
    at->name = name;
    at->name_len = (size_t)(at->out - name);
    *at->out++ = '=';
    *at->out++ = '"';
    return take(at, ':');
}

/* memo may be NULL. */
static void add_mark(struct label_memo *memo, const struct cursor *at) {
    if (memo && memo->mark_count < LABEL_MARKS)
        memo->marks[memo->mark_count++] = (struct label_mark){
            (size_t)(at->next - at->json), (size_t)(at->out - memo->text.data),
            (size_t)(at->name - memo->text.data), at->name_len};
}

/* Copies from the value of a label to the end. */
static bool copy_rest(struct cursor *at, struct label_memo *memo) {
    for (;;) {
        if (!copy_string(at))
            return false;
        *at->out++ = '"';
        if (take(at, '}'))
            return at->next == at->end;
        *at->out++ = ',';
        if (!take(at, ',') || !copy_name(at))
            return false;
        add_mark(memo, at);
    }
}

static bool copy_set(struct cursor *at, struct label_memo *memo) {
    if (!take(at, '{'))
        return false;
    if (take(at, '}'))
        return at->next == at->end;
    if (!copy_name(at))
        return false;
    add_mark(memo, at);
    return copy_rest(at, memo);
}

int label_json_write_exposition(const char *json, size_t len,
                                struct strbuf *out) {
    if (!utf8_valid(json, len) || !strbuf_reserve(out, len))
        return -1;
    struct cursor at = {json, json, json + len, out->data + out->len, NULL, 0};
    bool valid = copy_set(&at, NULL);
    if (valid)
        out->len = (size_t)(at.out - out->data);
    out->data[out->len] = '\0';
    return valid ? 0 : -1;
}

static size_t common_length(const struct strbuf *last, const char *json,
                            size_t len) {
    size_t least = len < last->len ? len : last->len;
    size_t common = 0;
    while (least - common >= 8 &&
           memcmp(last->data + common, json + common, 8) == 0)
        common += 8;
    while (common < least && last->data[common] == json[common])
        common++;
    return common;
}

/* The last mark within the common prefix of json[0..len) and the previous label
 * set; NULL for none. */
static const struct label_mark *find_mark(struct label_memo *memo,
                                          const char *json, size_t len) {
    size_t common = common_length(&memo->json, json, len);
    while (memo->mark_count > 0 &&
           memo->marks[memo->mark_count - 1].json > common)
        memo->mark_count--;
    return memo->mark_count > 0 ? &memo->marks[memo->mark_count - 1] : NULL;
}

static bool copy_from(struct label_memo *memo, const struct label_mark *mark,
                      struct cursor *at) {
    if (!mark)
        return copy_set(at, memo);
    at->next += mark->json;
    at->out += mark->text;
    at->name = memo->text.data + mark->name;
    at->name_len = mark->name_len;
    return copy_rest(at, memo);
}

int label_memo_read(struct label_memo *memo, const char *json, size_t len) {
    const struct label_mark *mark = find_mark(memo, json, len);
    const size_t known = mark ? mark->json : 0;
    memo->json.len = 0;
    memo->text.len = 0;
    if (utf8_valid(json + known, len - known) &&
        strbuf_reserve(&memo->json, len) && strbuf_reserve(&memo->text, len)) {
        struct cursor at = {json, json, json + len, memo->text.data, NULL, 0};
        if (copy_from(memo, mark, &at)) {
            memcpy(memo->json.data + known, json + known, len - known);
            memo->json.len = len;
            memo->text.len = (size_t)(at.out - memo->text.data);
            return 0;
        }
    }
    return -1; /* and the known part has no mark */
}

void label_memo_free(struct label_memo *memo) {
    strbuf_free(&memo->json);
    strbuf_free(&memo->text);
}

void label_set_show(const struct label *labels, size_t count,
                    struct strbuf *out) {
    struct label sorted[PUSHED_LABELS_MAX];
    struct strbuf json = {0};
    if (count == 0)
        return;
    memcpy(sorted, labels, count * sizeof(*sorted));
    label_sort(sorted, count);
    label_set_write_json(sorted, count, &json);
    strbuf_add_char(out, '{');
    if (!json.failed)
        (void)label_json_write_exposition(json.data, json.len, out);
    strbuf_add_char(out, '}');
    strbuf_free(&json);
}
