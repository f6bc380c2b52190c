#include "base/json_comments.h"

#include <stdbool.h>

static size_t comment_end(const char *text, size_t len, size_t at) {
    if (text[at + 1] == '/') {
        while (at < len && text[at] != '\n')
            at++;
        return at;
    }
    for (at += 2; at + 1 < len; at++)
        if (text[at] == '*' && text[at + 1] == '/')
            return at + 2;
    return len;
}

void json_blank_comments(char *text, size_t len) {
    bool in_string = false;
    for (size_t at = 0; at + 1 < len; at++) {
        if (in_string && text[at] == '\\') {
            at++;
        } else if (text[at] == '"') {
            in_string = !in_string;
        } else if (!in_string && text[at] == '/' &&
                   (text[at + 1] == '/' || text[at + 1] == '*')) {
            size_t end = comment_end(text, len, at);
            for (; at < end; at++)
                if (text[at] != '\n')
                    text[at] = ' ';
            at--;
        }
    }
}
