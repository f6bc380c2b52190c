#include "cli/send/mime.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* In characters, without the line end. */
enum { LINE_MAX_LEN = 76 };

static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */

struct character {
    const char *bytes;
    size_t len;
    uint32_t code;
};

/* Takes the character at the front of *text, which has at least one byte. */
static struct character take(const char **text) {
    struct character one = {.bytes = *text};
    one.len = utf8_decode(*text, strlen(*text), &one.code);
    *text += one.len;
    if (one.code == UTF8_MALFORMED)
        one = (struct character){replacement, sizeof(replacement) - 1, 0xFFFD};
    return one;
}

/* --- headers -------------------------------------------------------------- */

/* The text without the characters that a header must not have. */
static void clean(const char *text, struct strbuf *out) {
    while (*text) {
        struct character one = take(&text);
        if (one.code == '\n' || one.code == '\t')
            strbuf_add_char(out, ' ');
        else if (!utf8_hidden(one.code))
            strbuf_add(out, one.bytes, one.len);
    }
    strbuf_add(out, "", 0);
}

/* True for printable ASCII that does not look like an encoded word and can be
 * folded at single spaces. */
static bool is_plain(const char *text) {
    size_t word = 0;
    if (*text == ' ' || strstr(text, "=?"))
        return false;
    for (; *text; text++) {
        if (*text < ' ' || *text > '~' ||
            (*text == ' ' && (text[1] == ' ' || !text[1])))
            return false;
        word = *text == ' ' ? 0 : word + 1;
        if (word > LINE_MAX_LEN - 20) /* room for the longest header name */
            return false;
    }
    return true;
}

static void write_plain(const char *text, size_t column, struct strbuf *out) {
    while (*text) {
        size_t len = 1 + strcspn(text + 1, " ");
        if (column + len > LINE_MAX_LEN && *text == ' ') {
            strbuf_add_char(out, '\n');
            column = 0;
        }
        strbuf_add(out, text, len);
        column += len;
        text += len;
    }
}

/* Writes one character of an encoded word. Returns its length. */
static size_t encode_character(const struct character *one, char out[13]) {
    size_t len = 0;
    for (size_t i = 0; i < one->len; i++) {
        unsigned char byte = (unsigned char)one->bytes[i];
        if (byte == ' ')
            out[len++] = '_';
        else if (byte < 0x80 && (isalnum(byte) || strchr("!*+-/", byte)))
            out[len++] = (char)byte;
        else
            len += (size_t)sprintf(out + len, "=%02X", byte);
    }
    return len;
}

/* A word never splits a character; each line has one word. */
static void write_words(const char *text, size_t column, struct strbuf *out) {
    static const char begin[] = "=?utf-8?Q?";
    static const char end[] = "?=";
    strbuf_add_string(out, begin);
    column += sizeof(begin) - 1;
    while (*text) {
        char code[13];
        struct character one = take(&text);
        size_t len = encode_character(&one, code);
        if (column + len + sizeof(end) - 1 > LINE_MAX_LEN) {
            strbuf_printf(out, "%s\n %s", end, begin);
            column = sizeof(begin);
        }
        strbuf_add(out, code, len);
        column += len;
    }
    strbuf_add_string(out, end);
}

void mime_header(const char *name, const char *text, struct strbuf *out) {
    struct strbuf shown = {0};
    size_t column = strlen(name) + 2;
    clean(text, &shown);
    if (shown.failed) {
        out->failed = true;
    } else {
        strbuf_printf(out, "%s: ", name);
        if (is_plain(shown.data))
            write_plain(shown.data, column, out);
        else
            write_words(shown.data, column, out);
        strbuf_add_char(out, '\n');
    }
    strbuf_free(&shown);
}

/* --- text ----------------------------------------------------------------- */

/* The byte needs no encoding here; next points to the following byte. */
static bool stands(unsigned char byte, size_t column, const char *next) {
    if (byte == ' ' || byte == '\t')
        return *next && *next != '\n';
    if (column == 0 &&
        (byte == '.' || (byte == 'F' && strncmp(next, "rom ", 4) == 0)))
        return false;
    return byte > ' ' && byte <= '~' && byte != '=';
}

/* next points to the following character, or to "" within one. A soft line
 * break is an equals sign at the end of a line. */
static void write_byte(unsigned char byte, const char *next, size_t *column,
                       struct strbuf *out) {
    size_t room = LINE_MAX_LEN - (*next == '\n' ? 0 : 1);
    if (*column + (stands(byte, *column, next) ? 1 : 3) > room) {
        strbuf_add_string(out, "=\n");
        *column = 0;
    }
    bool plain = stands(byte, *column, next);
    if (plain)
        strbuf_add_char(out, (char)byte);
    else
        strbuf_printf(out, "=%02X", byte);
    *column += plain ? 1 : 3;
}

void mime_quoted_printable(const char *text, struct strbuf *out) {
    size_t column = 0;
    while (*text) {
        struct character one = take(&text);
        if (one.code == '\n') {
            strbuf_add_char(out, '\n');
            column = 0;
            continue;
        }
        for (size_t i = 0; i < one.len; i++)
            write_byte((unsigned char)one.bytes[i], i + 1 < one.len ? "" : text,
                       &column, out);
    }
    if (column > 0)
        strbuf_add_char(out, '\n');
}
