#include "cli/monitoring/template.h"

#include <string.h>

/* The deepest nesting of #if and #each. */
enum { BLOCKS_MAX = 8 };

struct text {
    const char *at;
    const char *end;
};

struct expansion {
    const char *file;
    const char *start; /* of the whole text */
    struct strbuf *out;
    struct err *err;
    int depth;
};

enum directive {
    DIRECTIVE_NONE,
    DIRECTIVE_IF,
    DIRECTIVE_ELSE,
    DIRECTIVE_EACH,
    DIRECTIVE_END
};

struct line {
    struct text text; /* with its line feed */
    enum directive directive;
    struct text operand; /* of #if and #each */
};

static int refuse(const struct expansion *expansion, const char *at,
                  enum err_code code, const char *what, struct text name) {
    unsigned line = 1;
    if (!expansion->file)
        return err_set(expansion->err, code, "%s%.*s", what,
                       (int)(name.end - name.at), name.at ? name.at : "");
    for (const char *c = expansion->start; c < at; c++)
        line += *c == '\n';
    return err_set(expansion->err, code, "%s:%u: %s%.*s", expansion->file, line,
                   what, (int)(name.end - name.at), name.at ? name.at : "");
}

static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '_';
}

static struct text take_name(const char *at, const char *end) {
    struct text name = {at, at};
    while (name.end < end && is_name_char(*name.end))
        name.end++;
    return name;
}

static bool starts_with(struct text text, const char *word) {
    size_t len = strlen(word);
    return (size_t)(text.end - text.at) >= len &&
           memcmp(text.at, word, len) == 0;
}

const struct template_value *template_find(const struct template_scope *scope,
                                           const char *name, size_t len) {
    for (; scope; scope = scope->around)
        for (const struct template_value *value = scope->values; value->name;
             value++)
            if (strlen(value->name) == len &&
                memcmp(value->name, name, len) == 0)
                return value;
    return NULL;
}

static const struct template_value *find(const struct template_scope *scope,
                                         struct text name) {
    return template_find(scope, name.at, (size_t)(name.end - name.at));
}

static bool is_there(const struct template_value *value) {
    return value->row_count > 0 || (value->text && *value->text);
}

/* Takes the next word off the text; empty at the end. */
static struct text take_word(struct text *text) {
    while (text->at < text->end && *text->at == ' ')
        text->at++;
    struct text word = {text->at, text->at};
    while (word.end < text->end && *word.end != ' ')
        word.end++;
    text->at = word.end;
    return word;
}

int template_holds(const struct template_scope *scope, const char *conditions,
                   size_t len, bool *holds, struct err *err) {
    struct text rest = {conditions, conditions + len};
    *holds = true;
    for (struct text word = take_word(&rest); word.at < word.end;
         word = take_word(&rest)) {
        const bool negated = *word.at == '!';
        word.at += negated;
        const struct template_value *value = find(scope, word);
        if (!value)
            return err_set(err, ERR_VALUE, "no value has the name %.*s",
                           (int)(word.end - word.at), word.at);
        *holds = *holds && is_there(value) != negated;
    }
    return 0;
}

/* Reads the operand of a directive. */
static int read_operand(const struct expansion *expansion, struct line *line,
                        const char *at, const char *end, bool wanted) {
    const struct text whole = {line->text.at, end};
    while (at < end && *at == ' ')
        at++;
    line->operand = (struct text){at, end};
    return (at < end) == wanted ? 0
                                : refuse(expansion, line->text.at, ERR_SYNTAX,
                                         wanted ? "must be followed by a name: "
                                                : "must stand alone: ",
                                         whole);
}

/* Takes the next line off the text. */
static int read_line(const struct expansion *expansion, struct text *rest,
                     struct line *line) {
    static const struct {
        const char *word;
        enum directive directive;
    } words[] = {{"#if", DIRECTIVE_IF},
                 {"#else", DIRECTIVE_ELSE},
                 {"#each", DIRECTIVE_EACH},
                 {"#end", DIRECTIVE_END}};
    const char *feed = memchr(rest->at, '\n', (size_t)(rest->end - rest->at));
    const char *end = feed ? feed : rest->end;
    *line = (struct line){.text = {rest->at, feed ? feed + 1 : end}};
    rest->at = line->text.end;
    struct text trimmed = {line->text.at, end};
    while (trimmed.at < end && *trimmed.at == ' ')
        trimmed.at++;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *behind = trimmed.at + strlen(words[i].word);
        if (!starts_with(trimmed, words[i].word) ||
            (behind < end && *behind != ' '))
            continue;
        line->directive = words[i].directive;
        return read_operand(expansion, line, behind, end,
                            line->directive == DIRECTIVE_IF ||
                                line->directive == DIRECTIVE_EACH);
    }
    return 0;
}

/* Expands `${name}` at *at and moves *at after it. */
static int add_value(const struct expansion *expansion, struct text line,
                     const char **at, const struct template_scope *scope) {
    struct text name = take_name(*at + 2, line.end);
    struct text open = {*at, line.end};
    if (name.end == name.at || name.end == line.end || *name.end != '}')
        return refuse(expansion, *at, ERR_SYNTAX,
                      "${ must be followed by a name and }: ", open);
    const struct template_value *value = find(scope, name);
    if (!value)
        return refuse(expansion, *at, ERR_VALUE, "no value has the name ",
                      name);
    if (value->text)
        strbuf_add_string(expansion->out, value->text);
    *at = name.end + 1;
    return 0;
}

static int add_line(const struct expansion *expansion, struct text line,
                    const struct template_scope *scope) {
    const char *at = line.at;
    while (at < line.end) {
        struct text rest = {at, line.end};
        if (starts_with(rest, "$${")) {
            strbuf_add_string(expansion->out, "${");
            at += 3;
        } else if (starts_with(rest, "${")) {
            if (add_value(expansion, line, &at, scope) != 0)
                return -1;
        } else {
            strbuf_add_char(expansion->out, *at++);
        }
    }
    return 0;
}

/* Splits a block: the lines up to #else or #end, and the lines after #else.
 * Then `rest` begins after its #end. */
static int read_block(const struct expansion *expansion,
                      const struct line *opening, struct text *rest,
                      struct text *first, struct text *second) {
    const struct text none = {NULL, NULL};
    int open = 1;
    struct line line;
    *first = (struct text){rest->at, NULL};
    *second = (struct text){NULL, NULL};
    while (rest->at < rest->end) {
        if (read_line(expansion, rest, &line) != 0)
            return -1;
        if (line.directive == DIRECTIVE_IF || line.directive == DIRECTIVE_EACH)
            open++;
        if (line.directive == DIRECTIVE_ELSE && open == 1) {
            if (opening->directive != DIRECTIVE_IF || second->at)
                return refuse(expansion, line.text.at, ERR_SYNTAX,
                              "#else without #if", none);
            first->end = line.text.at;
            second->at = rest->at;
        }
        if (line.directive == DIRECTIVE_END && --open == 0) {
            *(second->at ? &second->end : &first->end) = line.text.at;
            return 0;
        }
    }
    return refuse(expansion, opening->text.at, ERR_SYNTAX,
                  opening->directive == DIRECTIVE_IF ? "#if without #end"
                                                     : "#each without #end",
                  none);
}

static int expand(struct expansion *expansion, struct text text,
                  const struct template_scope *scope);

/* The longest name, and the longest word, of an #each. */
enum { WORD_MAX = 31 };

static bool copy_word(char copy[WORD_MAX + 1], struct text word) {
    const size_t len = (size_t)(word.end - word.at);
    if (len > WORD_MAX)
        return false;
    memcpy(copy, word.at, len);
    copy[len] = '\0';
    return true;
}

/* Expands the lines of an #each once for each word.
 * NOLINTNEXTLINE(misc-no-recursion) */
static int expand_words(struct expansion *expansion, struct text variable,
                        struct text words, struct text lines,
                        const struct template_scope *scope) {
    const struct text all = words;
    int result = 0;
    for (struct text word = take_word(&words);
         word.at < word.end && result == 0; word = take_word(&words)) {
        char name[WORD_MAX + 1];
        char text[WORD_MAX + 1];
        if (!copy_word(name, variable) || !copy_word(text, word))
            return refuse(expansion, variable.at, ERR_SYNTAX,
                          "a word is too long: ", all);
        const struct template_value value[] = {{.name = name, .text = text},
                                               {.name = NULL}};
        const struct template_scope inner = {value, scope};
        result = expand(expansion, lines, &inner);
    }
    return result;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int expand_each(struct expansion *expansion, struct text operand,
                       struct text lines, const struct template_scope *scope) {
    const struct text name = take_word(&operand);
    const struct template_value *value = find(scope, name);
    int result = 0;
    if (operand.at < operand.end)
        return expand_words(expansion, name, operand, lines, scope);
    if (!value)
        return refuse(expansion, name.at, ERR_VALUE, "no value has the name ",
                      name);
    for (size_t i = 0; i < value->row_count && result == 0; i++) {
        const struct template_scope inner = {value->rows[i].values, scope};
        result = expand(expansion, lines, &inner);
    }
    return result;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int expand_if(struct expansion *expansion, struct text operand,
                     struct text lines, struct text others,
                     const struct template_scope *scope) {
    const struct text none = {NULL, NULL};
    bool holds;
    struct err inner;
    if (template_holds(scope, operand.at, (size_t)(operand.end - operand.at),
                       &holds, &inner) != 0)
        return refuse(expansion, operand.at, inner.code, inner.message, none);
    return expand(expansion, holds ? lines : others, scope);
}

/* BLOCKS_MAX bounds the depth. NOLINTNEXTLINE(misc-no-recursion) */
static int expand_block(struct expansion *expansion, const struct line *line,
                        struct text *rest, const struct template_scope *scope) {
    struct text first, second;
    if (expansion->depth == BLOCKS_MAX)
        return refuse(expansion, line->text.at, ERR_SYNTAX,
                      "nested too deep: ", line->operand);
    if (read_block(expansion, line, rest, &first, &second) != 0)
        return -1;
    expansion->depth++;
    const int result =
        line->directive == DIRECTIVE_IF
            ? expand_if(expansion, line->operand, first, second, scope)
            : expand_each(expansion, line->operand, first, scope);
    expansion->depth--;
    return result;
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int expand(struct expansion *expansion, struct text text,
                  const struct template_scope *scope) {
    struct line line;
    struct text none = {NULL, NULL};
    int result = 0;
    while (text.at < text.end && result == 0) {
        if (read_line(expansion, &text, &line) != 0)
            return -1;
        switch (line.directive) {
        case DIRECTIVE_NONE:
            result = add_line(expansion, line.text, scope);
            break;
        case DIRECTIVE_IF:
        case DIRECTIVE_EACH:
            result = expand_block(expansion, &line, &text, scope);
            break;
        case DIRECTIVE_ELSE:
            return refuse(expansion, line.text.at, ERR_SYNTAX,
                          "#else without #if", none);
        case DIRECTIVE_END:
            return refuse(expansion, line.text.at, ERR_SYNTAX,
                          "#end without #if or #each", none);
        }
    }
    return result;
}

int template_expand(const char *file, const char *text, size_t len,
                    const struct template_scope *scope, struct strbuf *out,
                    struct err *err) {
    struct expansion expansion = {
        .file = file, .start = text, .out = out, .err = err};
    struct text whole = {text, text + len};
    if (expand(&expansion, whole, scope) != 0)
        return -1;
    return out->failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}
