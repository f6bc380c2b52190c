#include "query/labels.h"

#include <string.h>

int labels_read(struct label_memo *memo, const char *json, size_t len,
                struct err *err) {
    if (label_memo_read(memo, json, len) == 0)
        return 1;
    return memo->json.failed || memo->text.failed ? err_no_memory(err) : 0;
}

bool labels_next(const char **at, const char *end, struct label_part *part) {
    if (*at >= end)
        return false;
    const char *name = *at + (**at == ',');
    const char *equals = memchr(name, '=', (size_t)(end - name));
    if (!equals || end - equals < 3)
        return false;
    const char *value = equals + 2;
    const char *quote = value;
    while (quote < end && *quote != '"')
        quote += *quote == '\\' ? 2 : 1;
    if (quote >= end)
        return false;
    *part = (struct label_part){name, (size_t)(equals - name), value,
                                (size_t)(quote - value)};
    *at = quote + 1;
    return true;
}

bool label_part_is(const struct label_part *part, const char *name) {
    return strlen(name) == part->name_len &&
           memcmp(part->name, name, part->name_len) == 0;
}

void labels_unescape(const struct label_part *part, struct strbuf *out) {
    const char *at = part->value;
    const char *end = at + part->value_len;
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        if (!escape || end - escape < 2) {
            strbuf_add(out, at, (size_t)(end - at));
            return;
        }
        strbuf_add(out, at, (size_t)(escape - at));
        strbuf_add_char(out, (char)(escape[1] == 'n' ? '\n' : escape[1]));
        at = escape + 2;
    }
}

bool labels_find(const char *text, size_t len, const char *name,
                 struct label_part *part) {
    const char *at = text;
    while (labels_next(&at, text + len, part))
        if (label_part_is(part, name))
            return true;
    return false;
}

static bool permits(const struct matcher *matcher, const char *text, size_t len,
                    struct strbuf *scratch) {
    struct label_part part;
    if (!labels_find(text, len, matcher->label, &part))
        return matcher_permits(matcher, "", 0);
    if (!memchr(part.value, '\\', part.value_len))
        return matcher_permits(matcher, part.value, part.value_len);
    strbuf_reset(scratch);
    labels_unescape(&part, scratch);
    return !scratch->failed &&
           matcher_permits(matcher, scratch->data, scratch->len);
}

bool labels_permitted(const struct selector *selector, const char *metric,
                      const char *but, const char *text, size_t len,
                      struct strbuf *scratch) {
    for (size_t i = 0; i < selector->matcher_count; i++) {
        const struct matcher *matcher = &selector->matchers[i];
        if (but && strcmp(matcher->label, but) == 0)
            continue;
        bool permitted = strcmp(matcher->label, "__name__") == 0
                             ? matcher_permits(matcher, metric, strlen(metric))
                             : permits(matcher, text, len, scratch);
        if (!permitted)
            return false;
    }
    return true;
}

static void add_part(const struct label_part *part, size_t begin,
                     struct strbuf *out) {
    if (out->len > begin)
        strbuf_add_char(out, ',');
    strbuf_add(out, part->name, part->name_len);
    strbuf_add(out, "=\"", 2);
    strbuf_add(out, part->value, part->value_len);
    strbuf_add_char(out, '"');
}

static bool is_kept(const struct grouping *grouping,
                    const struct label_part *part) {
    bool listed = false;
    for (size_t i = 0; i < grouping->count && !listed; i++)
        listed = label_part_is(part, grouping->labels[i]);
    return grouping->without ? !listed && !label_part_is(part, "__name__")
                             : listed;
}

void labels_group(const struct grouping *grouping, bool drop_bound,
                  const char *text, size_t len, struct strbuf *out) {
    const char *at = text;
    const size_t begin = out->len;
    struct label_part part;
    while (labels_next(&at, text + len, &part))
        if (is_kept(grouping, &part) &&
            !(drop_bound && label_part_is(&part, "le")))
            add_part(&part, begin, out);
}

void labels_with(const char *text, size_t len, const char *name,
                 const char *value, struct strbuf *out) {
    const char *at = text;
    const size_t begin = out->len;
    const struct label_part more = {name, strlen(name), value, strlen(value)};
    struct label_part part;
    bool added = false;
    while (labels_next(&at, text + len, &part)) {
        const size_t shorter =
            part.name_len < more.name_len ? part.name_len : more.name_len;
        int order = memcmp(part.name, name, shorter);
        if (order == 0)
            order = (part.name_len > more.name_len) -
                    (part.name_len < more.name_len);
        if (order >= 0 && !added) {
            add_part(&more, begin, out);
            added = true;
        }
        if (order != 0)
            add_part(&part, begin, out);
    }
    if (!added)
        add_part(&more, begin, out);
}

void labels_without(const char *text, size_t len, const char *name,
                    struct strbuf *out) {
    const char *at = text;
    const size_t begin = out->len;
    struct label_part part;
    while (labels_next(&at, text + len, &part))
        if (!label_part_is(&part, name))
            add_part(&part, begin, out);
}

void labels_write_part(struct json_writer *json, const struct label_part *part,
                       struct strbuf *scratch) {
    strbuf_reset(scratch);
    strbuf_add(scratch, part->name, part->name_len);
    strbuf_add_char(scratch, '\0');
    const size_t name_end = scratch->len;
    labels_unescape(part, scratch);
    if (scratch->failed)
        json->out->failed = true;
    else
        json_writer_text(json, scratch->data, scratch->data + name_end,
                         scratch->len - name_end);
}

void labels_write(struct json_writer *json, const char *key, const char *text,
                  size_t len, struct strbuf *scratch) {
    const char *at = text;
    struct label_part part;
    json_writer_open(json, key, '{');
    while (labels_next(&at, text + len, &part))
        labels_write_part(json, &part, scratch);
    json_writer_close(json, '}');
}
