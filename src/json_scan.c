#include "json_scan.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 512 };

struct scan {
    const char *text;
    size_t len;
    size_t at;
    char path[PATH_SIZE];
    json_scan_visit *visit;
    void *context;
};

static void skip_space(struct scan *scan) {
    while (scan->at < scan->len && strchr(" \t\r\n", scan->text[scan->at]))
        scan->at++;
}

static void skip_string(struct scan *scan) {
    for (scan->at++; scan->at < scan->len && scan->text[scan->at] != '"';
         scan->at++)
        if (scan->text[scan->at] == '\\')
            scan->at++;
    scan->at = scan->at < scan->len ? scan->at + 1 : scan->len;
}

static void scan_value(struct scan *scan, size_t path_len, size_t offset,
                       bool repeated);

/* The key that starts at `key` stands before it in the object whose members
 * begin at `first`. Keys are compared as written. */
static bool key_repeated(const struct scan *scan, size_t first, size_t key,
                         size_t key_len) {
    struct scan probe = *scan;
    int depth = 0;
    probe.at = first;
    while (probe.at < key) {
        size_t start = probe.at;
        char c = probe.text[probe.at];
        if (c == '"') {
            skip_string(&probe);
            size_t end = probe.at;
            skip_space(&probe);
            if (depth == 0 && probe.at < key && probe.text[probe.at] == ':' &&
                end - start == key_len &&
                memcmp(probe.text + start, probe.text + key, key_len) == 0)
                return true;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        probe.at++;
    }
    return false;
}

static size_t extend_path(struct scan *scan, size_t path_len,
                          const char *separator, const char *part,
                          size_t part_len, const char *end) {
    int added = snprintf(scan->path + path_len, PATH_SIZE - path_len,
                         "%s%.*s%s", separator, (int)part_len, part, end);
    size_t len = path_len + (added > 0 ? (size_t)added : 0);
    return len < PATH_SIZE ? len : PATH_SIZE - 1;
}

static void scan_object(struct scan *scan, size_t path_len) {
    size_t first = ++scan->at;
    for (;;) {
        skip_space(scan);
        if (scan->at >= scan->len || scan->text[scan->at] != '"')
            break;
        size_t key = scan->at;
        skip_string(scan);
        size_t key_len = scan->at - key;
        skip_space(scan);
        if (scan->at >= scan->len)
            break;
        scan->at++; /* the colon */
        bool repeated = key_repeated(scan, first, key, key_len);
        size_t len = extend_path(scan, path_len, path_len > 0 ? "." : "",
                                 scan->text + key + 1, key_len - 2, "");
        scan_value(scan, len, key, repeated);
        scan->path[path_len] = '\0';
        skip_space(scan);
        if (scan->at >= scan->len || scan->text[scan->at] != ',')
            break;
        scan->at++;
    }
    scan->at++; /* the brace */
}

static void scan_array(struct scan *scan, size_t path_len) {
    scan->at++;
    for (size_t index = 0;; index++) {
        char number[24];
        skip_space(scan);
        if (scan->at >= scan->len || scan->text[scan->at] == ']')
            break;
        int len = snprintf(number, sizeof(number), "%zu", index);
        size_t end = extend_path(scan, path_len, "[", number, (size_t)len, "]");
        scan_value(scan, end, scan->at, false);
        scan->path[path_len] = '\0';
        skip_space(scan);
        if (scan->at < scan->len && scan->text[scan->at] == ',')
            scan->at++;
    }
    scan->at++; /* the bracket */
}

static void scan_value(struct scan *scan, size_t path_len, size_t offset,
                       bool repeated) {
    skip_space(scan);
    if (offset < scan->at && scan->text[offset] != '"')
        offset = scan->at;
    scan->visit(scan->context, scan->path, offset, repeated);
    if (scan->at >= scan->len)
        return;
    switch (scan->text[scan->at]) {
    case '{':
        scan_object(scan, path_len);
        break;
    case '[':
        scan_array(scan, path_len);
        break;
    case '"':
        skip_string(scan);
        break;
    default:
        while (scan->at < scan->len &&
               !strchr(" \t\r\n,]}", scan->text[scan->at]))
            scan->at++;
    }
}

void json_scan(const char *text, size_t len, json_scan_visit *visit,
               void *context) {
    struct scan scan = {
        .text = text, .len = len, .visit = visit, .context = context};
    scan_value(&scan, 0, 0, false);
}

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
