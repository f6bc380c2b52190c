#include "ingest/group_path.h"

#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "metrics/metric.h"
#include "metrics/registry.h"

static const char base64_suffix[] = "@base64";
enum { SUFFIX_LEN = sizeof(base64_suffix) - 1 };

struct part {
    const char *bytes;
    size_t len;
};

struct reader {
    const char *next; /* NULL after the last part */
    const char *end;
    bool encoded;
    bool pushgateway;
    size_t value_max;
    struct arena *arena;
    struct err *err;
    struct label *labels;
    size_t count;
};

/* A part of the path for a message. */
struct shown {
    char text[101];
};

static struct shown show(struct part part) {
    struct shown shown = {""};
    utf8_show(part.bytes, part.len, shown.text, sizeof(shown.text));
    return shown;
}

static int out_of_memory(const struct reader *reader) {
    (void)err_set(reader->err, ERR_MEMORY, "path: out of memory");
    return -1;
}

/* Takes the next part, up to a slash or the end. */
static struct part take_part(struct reader *reader) {
    const char *start = reader->next;
    size_t left = (size_t)(reader->end - start);
    const char *slash = left > 0 ? memchr(start, '/', left) : NULL;
    reader->next = slash ? slash + 1 : NULL;
    return (struct part){start, slash ? (size_t)(slash - start) : left};
}

/* Sets *text to *len bytes and a NUL. */
static int decode_part(const struct reader *reader, struct part part,
                       char **text, size_t *len) {
    char *out = arena_copy(reader->arena, part.bytes, part.len);
    *text = out;
    *len = part.len;
    if (!out)
        return out_of_memory(reader);
    if (!reader->encoded)
        return 0;
    *len = 0;
    for (size_t i = 0; i < part.len; i++) {
        const char *at = part.bytes + i;
        int high = *at == '%' && part.len - i > 2 ? hex_digit(at[1]) : -1;
        int low = high >= 0 ? hex_digit(at[2]) : -1;
        if (*at == '%' && low < 0)
            return err_set(
                reader->err, ERR_SYNTAX,
                "path: the escape \"%s\" in \"%s\" is invalid, must be %% and "
                "two hexadecimal digits",
                show((struct part){at, part.len - i < 3 ? part.len - i : 3})
                    .text,
                show(part).text);
        if (*at == '%') {
            out[(*len)++] = (char)(unsigned char)(high << 4 | low);
            i += 2;
        } else {
            out[(*len)++] = *at == '+' ? ' ' : *at;
        }
    }
    out[*len] = '\0';
    return 0;
}

/* Removes @base64 from the name, in the form that has it. */
static bool take_suffix(const struct reader *reader, char *name, size_t *len) {
    if (!reader->pushgateway || *len < SUFFIX_LEN ||
        memcmp(name + *len - SUFFIX_LEN, base64_suffix, SUFFIX_LEN) != 0)
        return false;
    *len -= SUFFIX_LEN;
    name[*len] = '\0';
    return true;
}

static int check_name(const struct reader *reader, struct part part,
                      const char *name, size_t len) {
    switch (label_name_fault(name, len)) {
    case NAME_FINE:
        break;
    case NAME_MALFORMED:
        return err_set(reader->err, ERR_VALUE,
                       "path: \"%s\" is not a label name, must be "
                       "[a-zA-Z_][a-zA-Z0-9_]*",
                       show(part).text);
    case NAME_RESERVED:
        return err_set(reader->err, ERR_VALUE,
                       "path: the label name \"%.100s\" begins with __, which "
                       "is reserved for Prometheus, must have another name",
                       name);
    case NAME_LONG:
        return err_set(reader->err, ERR_LIMIT,
                       "path: the label name \"%.100s...\" has %zu bytes, must "
                       "have at most %d",
                       name, len, FAMILY_NAME_MAX);
    }
    return 0;
}

/* Decodes the label's value in place. */
static int decode_base64(const struct reader *reader, struct part part,
                         struct label *label, char *value) {
    char *out = arena_take(reader->arena, label->value_len + 1);
    if (!out)
        return out_of_memory(reader);
    label->value = out;
    if (label->value_len == 1 && *value == '=')
        label->value_len = 0;
    else if (!base64_decode(value, label->value_len, BASE64_URL, out,
                            &label->value_len))
        return err_set(reader->err, ERR_SYNTAX,
                       "path: \"%s\", the value of \"%.100s\", is not base64, "
                       "must be URL-safe (RFC 4648, section 5)",
                       show(part).text, label->name);
    out[label->value_len] = '\0';
    return 0;
}

static int check_value(const struct reader *reader, const struct label *label) {
    if (label->value_len > reader->value_max)
        return err_set(reader->err, ERR_LIMIT,
                       "path: the value of \"%.100s\" has %zu bytes, must have "
                       "at most %zu",
                       label->name, label->value_len, reader->value_max);
    if (memchr(label->value, '\0', label->value_len))
        return err_set(reader->err, ERR_VALUE,
                       "path: the value of \"%.100s\" has a NUL character, "
                       "must be plain text",
                       label->name);
    if (!utf8_valid(label->value, label->value_len))
        return err_set(reader->err, ERR_VALUE,
                       "path: the value of \"%.100s\" is not UTF-8",
                       label->name);
    return 0;
}

static int add_label(struct reader *reader, const struct label *label) {
    if (label_find(reader->labels, reader->count, label->name))
        return err_set(
            reader->err, ERR_VALUE,
            "path: the label \"%.100s\" is repeated, must appear once",
            label->name);
    reader->labels[reader->count++] = *label;
    return 0;
}

static int read_label(struct reader *reader, struct part name_part) {
    char *name;
    char *value;
    size_t name_len;
    struct label label = {0};
    struct part part = take_part(reader);
    if (reader->count == FAMILY_LABELS_MAX)
        return err_set(reader->err, ERR_LIMIT,
                       "path: has more than %d labels, must have at most %d",
                       FAMILY_LABELS_MAX, FAMILY_LABELS_MAX);
    if (decode_part(reader, name_part, &name, &name_len) != 0)
        return -1;
    bool base64 = take_suffix(reader, name, &name_len);
    if (check_name(reader, name_part, name, name_len) != 0 ||
        decode_part(reader, part, &value, &label.value_len) != 0)
        return -1;
    label.name = name;
    label.value = value;
    if (base64 && decode_base64(reader, part, &label, value) != 0)
        return -1;
    if (reader->pushgateway && reader->count == 0 && label.value_len == 0)
        return err_set(reader->err, ERR_VALUE,
                       "path: the job is empty, must be "
                       "metrics/job/<name>");
    return check_value(reader, &label) == 0 ? add_label(reader, &label) : -1;
}

/* Detects the form: a path of the Pushgateway begins with the job. */
static int find_form(struct reader *reader, struct part name_part) {
    char *name;
    size_t len;
    if (decode_part(reader, name_part, &name, &len) != 0)
        return -1;
    reader->pushgateway =
        strcmp(name, "job") == 0 || strcmp(name, "job@base64") == 0;
    return 0;
}

static int read_labels(struct reader *reader) {
    for (size_t pairs = 0; reader->next; pairs++) {
        struct part name = take_part(reader);
        bool slash_ends = reader->pushgateway ? pairs == 1 : true;
        if (!reader->next && name.len == 0 && slash_ends)
            return 0;
        if (pairs == 0 && find_form(reader, name) != 0)
            return -1;
        if (!reader->next)
            return err_set(reader->err, ERR_SYNTAX,
                           "path: the last label, \"%s\", has no value, must "
                           "be pairs of /<label>/<value>",
                           show(name).text);
        if (read_label(reader, name) != 0)
            return -1;
    }
    return 0;
}

static void drop_empty_values(struct reader *reader) {
    size_t kept = 0;
    for (size_t i = 0; i < reader->count; i++)
        if (reader->labels[i].value_len > 0)
            reader->labels[kept++] = reader->labels[i];
    reader->count = kept;
}

int group_path_read(const char *path, size_t len, bool encoded,
                    size_t label_value_max, struct arena *arena,
                    struct group_path *out, struct err *err) {
    struct reader reader = {.next = path,
                            .end = path + len,
                            .encoded = encoded,
                            .value_max = label_value_max,
                            .arena = arena,
                            .err = err};
    struct part first = take_part(&reader);
    if (first.len != 7 || memcmp(first.bytes, "metrics", 7) != 0)
        return err_set(err, ERR_VALUE,
                       "path: begins with \"%s\", must begin with metrics",
                       show(first).text);
    reader.labels =
        arena_take(arena, FAMILY_LABELS_MAX * sizeof(reader.labels[0]));
    if (!reader.labels)
        return out_of_memory(&reader);
    if (read_labels(&reader) != 0)
        return -1;
    drop_empty_values(&reader);
    label_sort(reader.labels, reader.count);
    *out = (struct group_path){reader.labels, reader.count, reader.pushgateway};
    return 0;
}
