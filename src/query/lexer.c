#include "query/lexer.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"

int lexer_fail(const struct lexer *lexer, size_t at, struct err *err,
               const char *format, ...) {
    char message[sizeof(err->message)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    (void)err_set(err, ERR_SYNTAX, "%s", message);
    err_locate(err, lexer->text, lexer->len, at);
    return -1;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Skips spaces and comments from `at`. */
static size_t skip_space(const char *text, size_t len, size_t at) {
    while (at < len) {
        if (text[at] == '#')
            while (at < len && text[at] != '\n')
                at++;
        else if (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' ||
                 text[at] == '\r')
            at++;
        else
            break;
    }
    return at;
}

static size_t name_length(const char *text, size_t len) {
    size_t at = 0;
    while (at < len &&
           (is_letter(text[at]) || is_digit(text[at]) || text[at] == ':'))
        at++;
    return at;
}

/* Counts digits, letters and dots, and a sign after the e of an exponent. */
static size_t number_length(const char *text, size_t len) {
    size_t at = 0;
    while (at < len &&
           (is_letter(text[at]) || is_digit(text[at]) || text[at] == '.' ||
            (at > 0 && (text[at] == '+' || text[at] == '-') &&
             (text[at - 1] == 'e' || text[at - 1] == 'E'))))
        at++;
    return at;
}

/* The length with both quotes; 0 if the closing quote is missing. */
static size_t string_length(const char *text, size_t len) {
    const char quote = *text;
    for (size_t at = 1; at < len; at++) {
        if (text[at] == quote)
            return at + 1;
        if (quote != '`' && text[at] == '\n')
            return 0;
        if (quote != '`' && text[at] == '\\')
            at++;
    }
    return 0;
}

static size_t sign_length(const char *text, size_t len) {
    static const char *const signs[] = {"!=", "!~", "=~", "==", "<=", ">="};
    for (size_t i = 0; len > 1 && i < sizeof(signs) / sizeof(signs[0]); i++)
        if (memcmp(text, signs[i], 2) == 0)
            return 2;
    return *text != '\0' && strchr("(){}[],:@+-*/%^=<>", *text) ? 1 : 0;
}

int lexer_next(struct lexer *lexer, struct err *err) {
    struct token *token = &lexer->token;
    char shown[20];
    token->at = skip_space(lexer->text, lexer->len, token->at + token->len);
    const char *text = lexer->text + token->at;
    const size_t left = lexer->len - token->at;
    token->kind = TOKEN_END;
    token->len = 0;
    if (left == 0)
        return 0;
    if (is_digit(*text) || (*text == '.' && left > 1 && is_digit(text[1]))) {
        token->kind = TOKEN_NUMBER;
        token->len = number_length(text, left);
    } else if (is_letter(*text) ||
               (*text == ':' && left > 1 && is_letter(text[1]))) {
        token->kind = TOKEN_NAME;
        token->len = name_length(text, left);
    } else if (*text == '"' || *text == '\'' || *text == '`') {
        token->kind = TOKEN_STRING;
        token->len = string_length(text, left);
        if (token->len == 0)
            return lexer_fail(lexer, token->at, err,
                              "the string has no closing %c", *text);
    } else {
        token->kind = TOKEN_SIGN;
        token->len = sign_length(text, left);
        utf8_show(text, left < 4 ? left : 4, shown, sizeof(shown));
        if (token->len == 0)
            return lexer_fail(lexer, token->at, err,
                              "unexpected character at `%s`", shown);
    }
    return 0;
}

/* The value of count digits of that base; UINT32_MAX if one is invalid. */
static uint32_t digits_value(const char *text, size_t count, unsigned base) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        const int digit = hex_digit(text[i]);
        if (digit < 0 || digit >= (int)base)
            return UINT32_MAX;
        value = value * base + (uint32_t)digit;
    }
    return value;
}

/* Reads the escape at text[0..len), which begins with a backslash. Returns its
 * length, 0 if it is invalid. The output is never longer. */
static size_t take_escape(const char *text, size_t len, char **out) {
    static const char names[] = "abfnrtv\\'\"";
    static const char meanings[] = "\a\b\f\n\r\t\v\\'\"";
    static const struct {
        char name;
        unsigned char digits, base;
    } numbers[] = {{'x', 2, 16}, {'u', 4, 16}, {'U', 8, 16}};
    const char *name = len > 1 && text[1] ? strchr(names, text[1]) : NULL;
    if (name) {
        *(*out)++ = meanings[name - names];
        return 2;
    }
    if (len > 3 && digits_value(text + 1, 3, 8) <= 0xFF) {
        *(*out)++ = (char)digits_value(text + 1, 3, 8);
        return 4;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const size_t digits = numbers[i].digits;
        if (len < 2 + digits || text[1] != numbers[i].name)
            continue;
        uint32_t code = digits_value(text + 2, digits, numbers[i].base);
        if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
            return 0;
        if (digits == 2)
            *(*out)++ = (char)code;
        else
            *out += utf8_encode(code, *out);
        return 2 + digits;
    }
    return 0;
}

const char *lexer_string(const struct lexer *lexer, struct arena *arena,
                         size_t *len, struct err *err) {
    const char *text = lexer->text + lexer->token.at;
    const size_t end = lexer->token.len - 1;
    char *string = arena_take(arena, lexer->token.len);
    char *out = string;
    if (!string) {
        (void)err_no_memory(err);
        return NULL;
    }
    for (size_t at = 1; at < end;) {
        if (*text == '`' || text[at] != '\\') {
            *out++ = text[at++];
            continue;
        }
        const size_t taken = take_escape(text + at, end - at, &out);
        if (taken == 0) {
            (void)lexer_fail(lexer, lexer->token.at + at, err,
                             "invalid escape in a string");
            return NULL;
        }
        at += taken;
    }
    *out = '\0';
    *len = (size_t)(out - string);
    if (utf8_valid(string, *len))
        return string;
    (void)lexer_fail(lexer, lexer->token.at, err, "the string is not UTF-8");
    return NULL;
}
