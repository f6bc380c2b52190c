#include "ingest/otlp/name.h"

#include <stdbool.h>
#include <string.h>

/* A part of a name or a unit. */
struct part {
    const char *text;
    size_t len;
};

struct word {
    const char *unit;
    const char *word;
};

/* The table of otlptranslator, and kBy of UCUM. */
static const struct word unit_words[] = {
    {"d", "days"},         {"h", "hours"},         {"min", "minutes"},
    {"s", "seconds"},      {"ms", "milliseconds"}, {"us", "microseconds"},
    {"ns", "nanoseconds"}, {"By", "bytes"},        {"KiBy", "kibibytes"},
    {"MiBy", "mebibytes"}, {"GiBy", "gibibytes"},  {"TiBy", "tebibytes"},
    {"KBy", "kilobytes"},  {"kBy", "kilobytes"},   {"MBy", "megabytes"},
    {"GBy", "gigabytes"},  {"TBy", "terabytes"},   {"m", "meters"},
    {"V", "volts"},        {"A", "amperes"},       {"J", "joules"},
    {"W", "watts"},        {"g", "grams"},         {"Cel", "celsius"},
    {"Hz", "hertz"},       {"%", "percent"},       {"1", ""},
    {NULL, NULL}};

static const struct word per_words[] = {
    {"s", "second"}, {"m", "minute"}, {"h", "hour"}, {"d", "day"},
    {"w", "week"},   {"mo", "month"}, {"y", "year"}, {NULL, NULL}};

static bool is(struct part part, const char *text) {
    return part.len == strlen(text) && memcmp(part.text, text, part.len) == 0;
}

static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == ':';
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct part trim(struct part part) {
    while (part.len > 0 && is_space(*part.text)) {
        part.text++;
        part.len--;
    }
    while (part.len > 0 && is_space(part.text[part.len - 1]))
        part.len--;
    return part;
}

/* Appends the word for a unit. In units outside the table, invalid characters
 * become an underscore. Annotations such as {order} are skipped. */
static void write_word(struct part unit, const struct word *words,
                       struct strbuf *out) {
    size_t start = out->len;
    if (memchr(unit.text, '{', unit.len) || memchr(unit.text, '}', unit.len))
        return;
    for (; words->unit; words++)
        if (is(unit, words->unit)) {
            strbuf_add_string(out, words->word);
            return;
        }
    for (size_t i = 0; i < unit.len; i++) {
        bool fits = is_name_character(unit.text[i]);
        if (fits || (out->len > start && out->data[out->len - 1] != '_'))
            strbuf_add_char(out, fits ? unit.text[i] : '_');
    }
}

static struct part whole(const struct strbuf *text) {
    return (struct part){strbuf_text(text), text->len};
}

static void drop_last_underscore(struct strbuf *text) {
    if (text->len > 0 && text->data[text->len - 1] == '_')
        text->data[--text->len] = '\0';
}

/* Sets main_word and per_word, which includes `per_`, from a unit. */
static void read_unit(const ProtobufCBinaryData *unit, struct strbuf *main_word,
                      struct strbuf *per_word) {
    const char *text = unit->len > 0 ? (const char *)unit->data : "";
    const char *slash = unit->len > 0 ? memchr(text, '/', unit->len) : NULL;
    size_t main_len = slash ? (size_t)(slash - text) : unit->len;
    write_word(trim((struct part){text, main_len}), unit_words, main_word);
    if (!slash)
        return;
    strbuf_add_string(per_word, "per_");
    size_t start = per_word->len;
    write_word(trim((struct part){slash + 1, unit->len - main_len - 1}),
               per_words, per_word);
    drop_last_underscore(per_word);
    if (per_word->len > start)
        drop_last_underscore(main_word);
    else
        per_word->len = 0; /* keeps `failed` */
}

/* Takes the next run of valid characters; false at the end. */
static bool next_token(struct part *rest, struct part *token) {
    while (rest->len > 0 && !is_name_character(*rest->text)) {
        rest->text++;
        rest->len--;
    }
    token->text = rest->text;
    token->len = 0;
    while (token->len < rest->len && is_name_character(rest->text[token->len]))
        token->len++;
    rest->text += token->len;
    rest->len -= token->len;
    return token->len > 0;
}

/* Appends a token unless it equals `last`, which is appended at the end. */
static void write_token(struct part token, const char *last,
                        struct strbuf *out) {
    if (token.len == 0 || is(token, last))
        return;
    if (out->len > 0)
        strbuf_add_char(out, '_');
    strbuf_add(out, token.text, token.len);
}

/* Appends the words of the unit that the name does not contain. */
static void write_name(struct part name, struct part main_word,
                       struct part per_word, const char *last,
                       struct strbuf *out) {
    struct part token;
    while (next_token(&name, &token)) {
        if (token.len == main_word.len &&
            memcmp(token.text, main_word.text, token.len) == 0)
            main_word.len = 0;
        write_token(token, last, out);
    }
    write_token(main_word, last, out);
    write_token(per_word, last, out);
    write_token((struct part){last, strlen(last)}, "", out);
}

void otlp_name(const ProtobufCBinaryData *name, const ProtobufCBinaryData *unit,
               enum otlp_suffix suffix, struct strbuf *out,
               struct strbuf *unit_out) {
    struct strbuf per_word = {0};
    const struct part whole_unit = {(const char *)unit->data, unit->len};
    bool ratio = suffix == OTLP_SUFFIX_RATIO && is(whole_unit, "1");
    const char *last = suffix == OTLP_SUFFIX_TOTAL ? "total"
                       : ratio                     ? "ratio"
                                                   : "";
    const struct part text = {name->len > 0 ? (const char *)name->data : "",
                              name->len};
    read_unit(unit, unit_out, &per_word);
    write_name(text, whole(unit_out), whole(&per_word), last, out);
    if (out->len > 0 && *out->data >= '0' && *out->data <= '9')
        strbuf_insert(out, 0, "_", 1);
    write_token(whole(&per_word), "", unit_out);
    out->failed = out->failed || per_word.failed;
    strbuf_free(&per_word);
}
