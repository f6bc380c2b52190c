#include "text_line.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "utf8.h"

int text_line_fail(const struct text_line *line, const char *at,
                   enum err_code code, const char *format, ...) {
    char message[sizeof(line->err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)err_set(line->err, code, "%s", message);
    err_locate(line->err, line->text, line->len, (size_t)(at - line->text));
    return -1;
}

static int fail_memory(const struct text_line *line) {
    return err_set(line->err, ERR_MEMORY, "out of memory");
}

int text_line_open(struct text_line *line, const char *text, size_t len,
                   enum text_format format, struct pushed *pushed,
                   struct err *err) {
    if (!text) /* nothing to read is a place, too */
        text = "";
    line->text = line->next = text;
    line->len = len;
    line->format = format;
    line->pushed = pushed;
    line->err = err;
    line->number = 0;
    line->name = (struct text_part){text, 0};
    line->labels.known = 0;
    line->exemplar_labels.known = 0;
    const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
    size_t valid = utf8_prefix(text, nul ? (size_t)(nul - text) : len);
    if (nul && text + valid == nul)
        return text_line_fail(line, nul, ERR_SYNTAX, "a NUL byte");
    if (valid < len)
        return text_line_fail(line, text + valid, ERR_SYNTAX,
                              "this is not UTF-8");
    return 0;
}

/* Characters */

/* [a-zA-Z0-9_:] as a set of ASCII characters, the lower half first. */
static const uint64_t name_characters[] = {0x07FF000000000000u,
                                           0x07FFFFFE87FFFFFEu};

static bool in_name(char c) {
    unsigned char u = (unsigned char)c;
    return u < 128 && (name_characters[u / 64] >> u % 64 & 1);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Behind the blanks that the format permits between two tokens. */
static const char *skip(const struct text_line *line, const char *at) {
    if (line->format == TEXT_PROMETHEUS)
        while (at < line->end && is_blank(*at))
            at++;
    return at;
}

static bool is_at(const struct text_line *line, const char *at, char c) {
    return at < line->end && *at == c;
}

/* Behind the blanks that must stand there: one space in OpenMetrics. NULL
 * with an error when there is none. */
static const char *skip_some(const struct text_line *line, const char *at,
                             const char *behind) {
    const char *next =
        line->format == TEXT_OPENMETRICS && is_at(line, at, ' ') ? at + 1 : at;
    next = skip(line, next);
    if (next > at)
        return next;
    (void)text_line_fail(line, at, ERR_SYNTAX, "expected a space behind %s",
                         behind);
    return NULL;
}

/* Up to the next blank. */
static struct text_part token_at(const struct text_line *line, const char *at) {
    const char *start = at;
    while (at < line->end && !is_blank(*at))
        at++;
    return (struct text_part){start, (size_t)(at - start)};
}

static bool refuse_quoted(const struct text_line *line, const char *at) {
    if (!is_at(line, at, '"'))
        return false;
    (void)text_line_fail(line, at, ERR_SYNTAX,
                         "names in quotes (version 1.0.0 of the text format) "
                         "are not supported");
    return true;
}

/* Names */

/* The name of a family or sample, which often is that of the line before. */
static const char *read_name(struct text_line *line, const char *at) {
    const struct text_part *last = &line->name;
    const char *start = at;
    if (last->len > 0 && (size_t)(line->end - at) > last->len &&
        !in_name(at[last->len]) && memcmp(at, last->at, last->len) == 0) {
        line->name.at = at;
        return at + last->len;
    }
    while (at < line->end && in_name(*at))
        at++;
    if (refuse_quoted(line, start))
        return NULL;
    if (at == start || (*start >= '0' && *start <= '9')) {
        (void)text_line_fail(line, start, ERR_SYNTAX,
                             "expected the name of a metric");
        return NULL;
    }
    line->name = (struct text_part){start, (size_t)(at - start)};
    return at;
}

/* Checks a label name that the line before did not have, and interns it. */
static int add_label_name(const struct text_line *line, struct text_labels *set,
                          struct text_part name) {
    if (refuse_quoted(line, name.at))
        return -1;
    if (!label_name_valid(name.at, name.len))
        return text_line_fail(line, name.at, ERR_SYNTAX,
                              "expected the name of a label");
    if (name.len > FAMILY_NAME_MAX)
        return text_line_fail(line, name.at, ERR_LIMIT,
                              "the name of a label has more than %d bytes",
                              FAMILY_NAME_MAX);
    if (name.len > 1 && memcmp(name.at, "__", 2) == 0)
        return text_line_fail(line, name.at, ERR_VALUE,
                              "the label \"%.*s\": names that begin with __ "
                              "are reserved",
                              TEXT_SHOWN(name));
    const char *kept = pushed_label_name(line->pushed, name.at, name.len);
    if (!kept)
        return fail_memory(line);
    set->labels[set->count].name = kept;
    set->names[set->count] = name;
    set->known = set->count + 1;
    return 0;
}

/* The name of label set->count, which often is that of the line before. */
static const char *read_label_name(const struct text_line *line,
                                   struct text_labels *set, const char *at) {
    size_t i = set->count;
    struct text_part *last = &set->names[i];
    const char *start = at;
    if (i < set->known && (size_t)(line->end - at) > last->len &&
        at[last->len] == '=' && memcmp(at, last->at, last->len) == 0) {
        last->at = at;
        at += last->len;
    } else {
        while (at < line->end && in_name(*at))
            at++;
        struct text_part name = {start, (size_t)(at - start)};
        if (add_label_name(line, set, name) != 0)
            return NULL;
    }
    for (size_t k = 0; k < i; k++)
        if (set->labels[k].name == set->labels[i].name) {
            (void)text_line_fail(line, start, ERR_VALUE,
                                 "the label \"%.100s\" is repeated",
                                 set->labels[i].name);
            return NULL;
        }
    return at;
}

/* Escapes */

/* Copies [at, end), with its escapes resolved, behind a NUL. Both formats know
 * \\ and \n; \" is one in label values and in OpenMetrics, where a backslash
 * before anything else stands for itself ("escaped-char"). */
static char *unescape(const struct text_line *line, const char *at,
                      const char *end, bool quotes, size_t *len) {
    char *copy = arena_take(&line->pushed->arena, (size_t)(end - at) + 1);
    char *out = copy;
    if (!copy) {
        (void)fail_memory(line);
        return NULL;
    }
    while (at < end) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        out = mempcpy(out, at, (size_t)((escape ? escape : end) - at));
        if (!escape)
            break;
        char c = escape + 1 < end ? escape[1] : '\0';
        if (c == 'n') {
            *out++ = '\n';
        } else if (c == '\\' || (c == '"' && quotes)) {
            *out++ = c;
        } else if (line->format == TEXT_OPENMETRICS && c != '\0') {
            *out++ = '\\';
            *out++ = c;
        } else {
            (void)text_line_fail(line, escape, ERR_SYNTAX,
                                 quotes ? "expected \\\\, \\\" or \\n"
                                        : "expected \\\\ or \\n");
            return NULL;
        }
        at = escape + 2;
    }
    *out = '\0';
    *len = (size_t)(out - copy);
    return copy;
}

/* Labels */

/* The first quote or backslash, or end. The highest bit of each byte is set
 * that is 0, and perhaps of some behind it. */
static const char *find_quote(const char *at, const char *end) {
    const uint64_t ones = 0x0101010101010101u;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof(word));
        word = le64toh(word);
        uint64_t quote = word ^ ones * '"';
        uint64_t backslash = word ^ ones * '\\';
        uint64_t found =
            ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
        found &= ones << 7;
        if (found != 0)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

/* Reads the value behind its opening quote; returns what is behind its closing
 * one. It points into the input unless something in it is escaped. */
static const char *read_label_value(const struct text_line *line,
                                    struct label *label, const char *at) {
    const char *start = at;
    bool escaped = false;
    at = find_quote(at, line->end);
    while (line->end - at >= 2 && *at == '\\') {
        escaped = true;
        at = find_quote(at + 2, line->end);
    }
    if (!is_at(line, at, '"')) {
        (void)text_line_fail(line, start - 1, ERR_SYNTAX,
                             "the value of the label \"%.100s\" has no closing "
                             "quote on its line",
                             label->name);
        return NULL;
    }
    label->value = start;
    label->value_len = (size_t)(at - start);
    if (escaped) {
        label->value = unescape(line, start, at, true, &label->value_len);
        if (!label->value)
            return NULL;
    }
    return at + 1;
}

static const char *read_label(const struct text_line *line,
                              struct text_labels *set, const char *at) {
    if (set->count == PUSHED_LABELS_MAX) {
        (void)text_line_fail(line, at, ERR_LIMIT, "more than %d labels",
                             PUSHED_LABELS_MAX);
        return NULL;
    }
    at = read_label_name(line, set, at);
    if (!at)
        return NULL;
    struct label *label = &set->labels[set->count++];
    at = skip(line, at);
    if (!is_at(line, at, '=')) {
        (void)text_line_fail(line, at, ERR_SYNTAX,
                             "expected = behind the label \"%.100s\"",
                             label->name);
        return NULL;
    }
    at = skip(line, at + 1);
    if (!is_at(line, at, '"')) {
        (void)text_line_fail(line, at, ERR_SYNTAX,
                             "expected the value of the label \"%.100s\" in "
                             "double quotes",
                             label->name);
        return NULL;
    }
    return read_label_value(line, label, at + 1);
}

/* Reads labels from behind { to behind }. A comma may be the last only in
 * 0.0.4. */
static const char *read_labels(const struct text_line *line,
                               struct text_labels *set, const char *at) {
    set->count = 0;
    at = skip(line, at);
    if (is_at(line, at, '}'))
        return at + 1;
    for (;;) {
        at = read_label(line, set, at);
        if (!at)
            return NULL;
        at = skip(line, at);
        if (is_at(line, at, '}'))
            return at + 1;
        if (!is_at(line, at, ',')) {
            (void)text_line_fail(line, at, ERR_SYNTAX,
                                 "expected , or } behind the label \"%.100s\"",
                                 set->labels[set->count - 1].name);
            return NULL;
        }
        at = skip(line, at + 1);
        if (line->format == TEXT_PROMETHEUS && is_at(line, at, '}'))
            return at + 1;
    }
}

/* Samples */

int text_line_number(const struct text_line *line, const char *what,
                     struct text_part part, double *out) {
    switch (
        number_read(part.at, part.len, line->format == TEXT_PROMETHEUS, out)) {
    case NUMBER_FINE:
        return 0;
    case NUMBER_LONG:
        return text_line_fail(line, part.at, ERR_LIMIT,
                              "%s has more than %d bytes", what,
                              NUMBER_TEXT_MAX);
    case NUMBER_LARGE:
        return text_line_fail(line, part.at, ERR_VALUE,
                              "%s \"%.*s\" is beyond what a double can hold",
                              what, TEXT_SHOWN(part));
    case NUMBER_MALFORMED:
        break;
    }
    if (part.len == 0)
        return text_line_fail(line, part.at, ERR_SYNTAX, "expected %s", what);
    return text_line_fail(line, part.at, ERR_SYNTAX,
                          "%s \"%.*s\" is not a number", what,
                          TEXT_SHOWN(part));
}

static size_t count_characters(const char *bytes, size_t len) {
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}

static int check_exemplar_size(const struct text_line *line) {
    const struct text_labels *set = &line->exemplar_labels;
    size_t characters = 0;
    for (size_t i = 0; i < set->count; i++)
        characters +=
            set->names[i].len +
            count_characters(set->labels[i].value, set->labels[i].value_len);
    if (characters > TEXT_EXEMPLAR_MAX)
        return text_line_fail(line, line->exemplar, ERR_LIMIT,
                              "the labels of an exemplar have more than %d "
                              "characters",
                              TEXT_EXEMPLAR_MAX);
    return 0;
}

/* From behind its # to the line's end (OpenMetrics 1.0, "exemplar"). */
static int read_exemplar(struct text_line *line, const char *at) {
    double number;
    at = skip_some(line, at, "the # of an exemplar");
    if (!at)
        return -1;
    if (!is_at(line, at, '{'))
        return text_line_fail(line, at, ERR_SYNTAX,
                              "expected { with the labels of an exemplar");
    at = read_labels(line, &line->exemplar_labels, at + 1);
    if (!at || check_exemplar_size(line) != 0)
        return -1;
    at = skip_some(line, at, "the labels of an exemplar");
    if (!at)
        return -1;
    struct text_part part = token_at(line, at);
    if (text_line_number(line, "the value of an exemplar", part, &number) != 0)
        return -1;
    at = part.at + part.len;
    if (at == line->end)
        return 0;
    at = skip_some(line, at, "the value of an exemplar");
    if (!at)
        return -1;
    part = token_at(line, at);
    if (text_line_number(line, "the time of an exemplar", part, &number) != 0)
        return -1;
    if (number - number != 0)
        return text_line_fail(line, part.at, ERR_VALUE,
                              "the time of an exemplar must be finite");
    at = part.at + part.len;
    if (at < line->end)
        return text_line_fail(line, at, ERR_SYNTAX,
                              "expected the line's end behind the exemplar");
    return 0;
}

/* What stands behind the value: nothing, or an exemplar. */
static int read_tail(struct text_line *line, const char *at) {
    double number;
    const char *start = at;
    at = skip(line, at);
    if (at == line->end)
        return 0;
    if (line->format == TEXT_OPENMETRICS && *at == ' ') {
        at++;
        if (is_at(line, at, '#')) {
            line->exemplar = at;
            return read_exemplar(line, at + 1);
        }
    }
    struct text_part part = token_at(line, at);
    if (number_read(part.at, part.len, false, &number) == NUMBER_FINE)
        return text_line_fail(line, at, ERR_VALUE,
                              "the sample has a timestamp, which a push must "
                              "not have");
    return text_line_fail(line, start, ERR_SYNTAX,
                          "expected the line's end behind the value");
}

static int read_sample(struct text_line *line, const char *at) {
    line->kind = TEXT_SAMPLE;
    line->labels.count = 0;
    line->exemplar = NULL;
    if (is_at(line, at, '{') && refuse_quoted(line, skip(line, at + 1)))
        return -1;
    at = read_name(line, at);
    if (!at)
        return -1;
    const char *brace = skip(line, at);
    bool labelled = is_at(line, brace, '{');
    if (labelled) {
        at = read_labels(line, &line->labels, brace + 1);
        if (!at)
            return -1;
    }
    /* 0.0.4 needs no blank where tokens do not merge. */
    if (line->format == TEXT_PROMETHEUS && labelled)
        at = skip(line, at);
    else
        at = skip_some(line, at, labelled ? "the labels" : "the name");
    if (!at)
        return -1;
    line->number_text = token_at(line, at);
    if (text_line_number(line, "the value", line->number_text, &line->value))
        return -1;
    return read_tail(line, at + line->number_text.len);
}

/* Descriptions */

static int read_help(struct text_line *line, const char *at) {
    size_t len;
    line->help =
        unescape(line, at, line->end, line->format == TEXT_OPENMETRICS, &len);
    return line->help ? 0 : -1;
}

/* A type or a unit, up to the line's end. */
static int read_rest(struct text_line *line, const char *at, const char *what) {
    line->rest = token_at(line, at);
    if (line->rest.len == 0 && line->kind == TEXT_TYPE)
        return text_line_fail(line, at, ERR_SYNTAX, "expected %s", what);
    at = skip(line, at + line->rest.len);
    if (at < line->end)
        return text_line_fail(line, at, ERR_SYNTAX,
                              "expected the line's end behind %s", what);
    return 0;
}

/* From behind the keyword on. */
static int read_description(struct text_line *line, const char *at) {
    at = skip_some(line, at, "the keyword");
    if (!at || !(at = read_name(line, at)))
        return -1;
    if (line->kind == TEXT_HELP && line->format == TEXT_PROMETHEUS &&
        at == line->end)
        return read_help(line, at); /* a docstring of no tokens */
    at = skip_some(line, at, "the name");
    if (!at)
        return -1;
    if (line->kind == TEXT_HELP)
        return read_help(line, at);
    return read_rest(line, at,
                     line->kind == TEXT_TYPE ? "the type" : "the unit");
}

/* From behind the # on. */
static int read_hash(struct text_line *line, const char *at) {
    const char *hash = at - 1;
    bool strict = line->format == TEXT_OPENMETRICS;
    at = strict ? at + is_at(line, at, ' ') : skip(line, at);
    struct text_part keyword = token_at(line, at);
    line->kind = TEXT_NOTHING;
    if (TEXT_IS(keyword, "HELP"))
        line->kind = TEXT_HELP;
    else if (TEXT_IS(keyword, "TYPE"))
        line->kind = TEXT_TYPE;
    else if (strict && TEXT_IS(keyword, "UNIT"))
        line->kind = TEXT_UNIT;
    if (strict && TEXT_IS(keyword, "EOF") && at == hash + 2 &&
        at + keyword.len == line->end) {
        line->kind = TEXT_EOF;
        return 0;
    }
    if (strict && (line->kind == TEXT_NOTHING || at != hash + 2))
        return text_line_fail(line, hash, ERR_SYNTAX,
                              "expected \"# HELP\", \"# TYPE\", \"# UNIT\" or "
                              "\"# EOF\": OpenMetrics has no comments");
    if (line->kind == TEXT_NOTHING)
        return 0;
    return read_description(line, at + keyword.len);
}

/* Where it begins and ends. */
static void find_line(struct text_line *line) {
    const char *end = line->text + line->len;
    const char *feed =
        line->next < end ? memchr(line->next, '\n', (size_t)(end - line->next))
                         : NULL;
    line->number++;
    line->start = line->next;
    line->end = feed ? feed : end;
    line->next = feed ? feed + 1 : end;
    if (feed && feed > line->start && feed[-1] == '\r')
        line->end = feed - 1;
}

int text_line_next(struct text_line *line) {
    bool ended = line->next == line->text + line->len;
    find_line(line);
    line->kind = TEXT_END;
    if (ended)
        return 0;
    const char *at = skip(line, line->start);
    if (at == line->end && line->format == TEXT_PROMETHEUS) {
        line->kind = TEXT_NOTHING;
        return 0;
    }
    if (at == line->end)
        return text_line_fail(line, at, ERR_SYNTAX,
                              "a blank line: OpenMetrics has none");
    if (*at == '#')
        return read_hash(line, at + 1);
    return read_sample(line, at);
}
