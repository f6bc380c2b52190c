#include "ingest/text/line.h"

#include <string.h>

#include "base/number.h"
#include "base/utf8.h"

int text_line_open(struct text_line *line, const char *text, size_t len,
                   enum text_format format, struct builder *builder) {
    if (!text) /* an empty input needs a position, too */
        text = "";
    line->source.text = line->next = text;
    line->source.len = len;
    line->source.format = format;
    line->source.builder = builder;
    line->number = 0;
    line->name = (struct text_part){text, 0};
    line->labels.known = 0;
    line->exemplar_labels.known = 0;
    const char *nul = len > 0 ? memchr(text, '\0', len) : NULL;
    size_t valid = utf8_prefix(text, nul ? (size_t)(nul - text) : len);
    if (nul && text + valid == nul)
        return text_source_fail(&line->source, nul, ERR_SYNTAX,
                                "unexpected NUL byte");
    if (valid < len)
        return text_source_fail(&line->source, text + valid, ERR_SYNTAX,
                                "malformed UTF-8");
    return 0;
}

/* Names */

/* Reads the name of a family or sample, often the one of the previous line. */
static const char *read_name(struct text_line *line, const char *at) {
    const struct text_part *last = &line->name;
    const char *start = at;
    line->source.builder->at[BUILDER_SERIES] = at;
    if (last->len > 0 && (size_t)(line->source.end - at) > last->len &&
        !text_source_in_name(at[last->len]) &&
        memcmp(at, last->at, last->len) == 0) {
        line->name.at = at;
        return at + last->len;
    }
    while (at < line->source.end && text_source_in_name(*at))
        at++;
    if (text_source_quoted(&line->source, start))
        return NULL;
    if (at == start || (*start >= '0' && *start <= '9')) {
        (void)text_source_fail(&line->source, start, ERR_SYNTAX,
                               "expected a metric name");
        return NULL;
    }
    line->name = (struct text_part){start, (size_t)(at - start)};
    return at;
}

/* Samples */

static size_t count_characters(const char *bytes, size_t len) {
    size_t count = 0;
    uint32_t code;
    for (size_t at = 0; at < len; count++)
        at += utf8_decode(bytes + at, len - at, &code);
    return count;
}

static int check_exemplar_size(const struct text_line *line) {
    const struct text_labels *set = &line->exemplar_labels;
    size_t characters = 0;
    for (size_t i = 0; i < set->count; i++)
        characters +=
            set->names[i].len +
            count_characters(set->labels[i].value, set->labels[i].value_len);
    if (characters > EXEMPLAR_CHARACTERS_MAX)
        return text_source_fail(&line->source, line->exemplar, ERR_LIMIT,
                                "the labels of an exemplar have more than %d "
                                "characters",
                                EXEMPLAR_CHARACTERS_MAX);
    return 0;
}

/* Reads an exemplar, from the byte after # to the line's end (OpenMetrics 1.0,
 * "exemplar"). */
static int read_exemplar(struct text_line *line, const char *at) {
    line->exemplar_time = 0;
    at = text_source_space(&line->source, at, "the # of an exemplar");
    if (!at)
        return -1;
    if (!text_source_at(&line->source, at, '{'))
        return text_source_fail(&line->source, at, ERR_SYNTAX,
                                "expected { with the labels of an exemplar");
    at = text_labels_read(&line->source, &line->exemplar_labels, at + 1);
    if (!at || check_exemplar_size(line) != 0)
        return -1;
    at = text_source_space(&line->source, at, "the labels of an exemplar");
    if (!at)
        return -1;
    struct text_part part = text_source_token(&line->source, at);
    if (text_source_number(&line->source, "the value of an exemplar", part,
                           &line->exemplar_value) != 0)
        return -1;
    at = part.at + part.len;
    if (at == line->source.end)
        return 0;
    at = text_source_space(&line->source, at, "the value of an exemplar");
    if (!at)
        return -1;
    part = text_source_token(&line->source, at);
    if (text_source_number(&line->source, "the time of an exemplar", part,
                           &line->exemplar_time) != 0)
        return -1;
    if (line->exemplar_time - line->exemplar_time != 0)
        return text_source_fail(&line->source, part.at, ERR_VALUE,
                                "the time of an exemplar must be finite");
    at = part.at + part.len;
    if (at < line->source.end)
        return text_source_fail(&line->source, at, ERR_SYNTAX,
                                "expected the line's end after the exemplar");
    return 0;
}

/* Reads the rest after the value: nothing or an exemplar. */
static int read_tail(struct text_line *line, const char *at) {
    double number;
    const char *start = at;
    at = text_source_skip(&line->source, at);
    if (at == line->source.end)
        return 0;
    if (line->source.format == TEXT_OPENMETRICS && *at == ' ') {
        at++;
        if (text_source_at(&line->source, at, '#')) {
            line->exemplar = at;
            return read_exemplar(line, at + 1);
        }
    }
    struct text_part part = text_source_token(&line->source, at);
    if (number_read(part.at, part.len, false, &number) == NUMBER_FINE)
        return text_source_fail(
            &line->source, at, ERR_VALUE,
            "the sample has a timestamp, must not have one in a push");
    return text_source_fail(&line->source, start, ERR_SYNTAX,
                            "expected the line's end after the value");
}

static int read_sample(struct text_line *line, const char *at) {
    line->kind = TEXT_SAMPLE;
    line->labels.count = 0;
    line->exemplar = NULL;
    if (text_source_at(&line->source, at, '{') &&
        text_source_quoted(&line->source,
                           text_source_skip(&line->source, at + 1)))
        return -1;
    at = read_name(line, at);
    if (!at)
        return -1;
    const char *brace = text_source_skip(&line->source, at);
    bool labelled = text_source_at(&line->source, brace, '{');
    if (labelled) {
        at = text_labels_read(&line->source, &line->labels, brace + 1);
        if (!at)
            return -1;
    }
    /* 0.0.4 does not require a blank between } and the value. */
    if (line->source.format == TEXT_PROMETHEUS && labelled)
        at = text_source_skip(&line->source, at);
    else
        at = text_source_space(&line->source, at,
                               labelled ? "the labels" : "the name");
    if (!at)
        return -1;
    line->number_text = text_source_token(&line->source, at);
    line->source.builder->at[BUILDER_VALUE] = at;
    if (text_source_number(&line->source, "the value", line->number_text,
                           &line->value))
        return -1;
    return read_tail(line, at + line->number_text.len);
}

/* Descriptions */

static int read_help(struct text_line *line, const char *at) {
    size_t len;
    line->help =
        text_source_unescape(&line->source, at, line->source.end,
                             line->source.format == TEXT_OPENMETRICS, &len);
    return line->help ? 0 : -1;
}

/* A type or a unit, up to the line's end. */
static int read_rest(struct text_line *line, const char *at, const char *what) {
    line->rest = text_source_token(&line->source, at);
    if (line->rest.len == 0 && line->kind == TEXT_TYPE)
        return text_source_fail(&line->source, at, ERR_SYNTAX, "expected %s",
                                what);
    at = text_source_skip(&line->source, at + line->rest.len);
    if (at < line->source.end)
        return text_source_fail(&line->source, at, ERR_SYNTAX,
                                "expected the line's end after %s", what);
    return 0;
}

/* Reads a description after its keyword. */
static int read_description(struct text_line *line, const char *at) {
    at = text_source_space(&line->source, at, "the keyword");
    if (!at || !(at = read_name(line, at)))
        return -1;
    if (line->kind == TEXT_HELP && line->source.format == TEXT_PROMETHEUS &&
        at == line->source.end)
        return read_help(line, at); /* an empty docstring */
    at = text_source_space(&line->source, at, "the name");
    if (!at)
        return -1;
    if (line->kind == TEXT_HELP)
        return read_help(line, at);
    return read_rest(line, at,
                     line->kind == TEXT_TYPE ? "the type" : "the unit");
}

/* Reads a line after its #. */
static int read_hash(struct text_line *line, const char *at) {
    const char *hash = at - 1;
    bool strict = line->source.format == TEXT_OPENMETRICS;
    at = strict ? at + text_source_at(&line->source, at, ' ')
                : text_source_skip(&line->source, at);
    struct text_part keyword = text_source_token(&line->source, at);
    line->kind = TEXT_NOTHING;
    if (TEXT_IS(keyword, "HELP"))
        line->kind = TEXT_HELP;
    else if (TEXT_IS(keyword, "TYPE"))
        line->kind = TEXT_TYPE;
    else if (strict && TEXT_IS(keyword, "UNIT"))
        line->kind = TEXT_UNIT;
    if (strict && TEXT_IS(keyword, "EOF") && at == hash + 2 &&
        at + keyword.len == line->source.end) {
        line->kind = TEXT_EOF;
        return 0;
    }
    if (strict && (line->kind == TEXT_NOTHING || at != hash + 2))
        return text_source_fail(
            &line->source, hash, ERR_SYNTAX,
            "expected \"# HELP\", \"# TYPE\", \"# UNIT\" or \"# EOF\": "
            "OpenMetrics does not permit comments");
    if (line->kind == TEXT_NOTHING)
        return 0;
    return read_description(line, at + keyword.len);
}

/* Sets start and end of the line. */
static void find_line(struct text_line *line) {
    const char *end = line->source.text + line->source.len;
    const char *feed =
        line->next < end ? memchr(line->next, '\n', (size_t)(end - line->next))
                         : NULL;
    line->source.builder->line = ++line->number;
    line->start = line->next;
    line->source.end = feed ? feed : end;
    line->next = feed ? feed + 1 : end;
    if (feed && feed > line->start && feed[-1] == '\r')
        line->source.end = feed - 1;
}

int text_line_next(struct text_line *line) {
    bool ended = line->next == line->source.text + line->source.len;
    find_line(line);
    line->kind = TEXT_END;
    if (ended)
        return 0;
    const char *at = text_source_skip(&line->source, line->start);
    if (at == line->source.end && line->source.format == TEXT_PROMETHEUS) {
        line->kind = TEXT_NOTHING;
        return 0;
    }
    if (at == line->source.end)
        return text_source_fail(
            &line->source, at, ERR_SYNTAX,
            "unexpected blank line: OpenMetrics does not permit blank lines");
    if (*at == '#')
        return read_hash(line, at + 1);
    return read_sample(line, at);
}
