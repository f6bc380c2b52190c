/* corpus: test inputs as files, each with a file of its expected output. */
#ifndef TALLYMAN_TESTS_CORPUS_H
#define TALLYMAN_TESTS_CORPUS_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/file.h"
#include "base/strbuf.h"
#include "unit.h"

/* Returns the whole file; the caller frees it. */
static inline struct strbuf corpus_read(const char *path) {
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    if (file_read(path, 16 << 20, &text, &err) != 0)
        fail_msg("%s: %s", path, err.message);
    return text;
}

/* Returns the line at the offset. */
static inline const char *corpus_line(const char *text, size_t offset,
                                      int *len) {
    while (offset > 0 && text[offset - 1] != '\n')
        offset--;
    *len = (int)strcspn(text + offset, "\n");
    return text + offset;
}

/* Writes got to a file below build/, for comparison, and fails with the first
 * different line. */
static inline void corpus_fail(const char *path, const char *want,
                               const char *got) {
    char copy[PATH_MAX + 16];
    size_t same = 0;
    int want_len;
    int got_len;
    int start = snprintf(copy, sizeof(copy), "build/tests/");
    (void)snprintf(copy + start, sizeof(copy) - (size_t)start, "%s", path);
    for (char *c = copy + start; *c; c++)
        *c = *c == '/' ? '-' : *c;
    FILE *file = fopen(copy, "w");
    if (file) {
        (void)fputs(got, file);
        (void)fclose(file);
    }
    while (want[same] && want[same] == got[same])
        same++;
    const char *want_line = corpus_line(want, same, &want_len);
    const char *got_line = corpus_line(got, same, &got_len);
    fail_msg("%s wants\n  %.*s\nbut it is\n  %.*s\nall of it is in %s", path,
             want_len, want_line, got_len, got_line, copy);
}

/* Fails unless got equals the file with the given suffix beside the input. */
static inline void corpus_expect(const char *input, const char *suffix,
                                 const struct strbuf *got) {
    char path[PATH_MAX];
    int stem = (int)(strrchr(input, '.') - input);
    (void)snprintf(path, sizeof(path), "%.*s%s", stem, input, suffix);
    const char *text = got->data ? got->data : "";
    struct strbuf want = corpus_read(path);
    if (strcmp(text, want.data) != 0)
        corpus_fail(path, want.data, text);
    strbuf_free(&want);
}

static int corpus_is_input(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".txt") == 0 ||
                   strcmp(dot, ".bin") == 0);
}

/* Appends one test for each *.json, *.txt and *.bin of the directory to tests,
 * which has room for `room`; returns the new count. The path is the test's name
 * and its initial state, and lives as long as the program. */
static inline size_t corpus_add(const char *directory, CMUnitTestFunction test,
                                struct CMUnitTest *tests, size_t count,
                                size_t room) {
    struct dirent **entries;
    int found = scandir(directory, &entries, corpus_is_input, alphasort);
    if (found <= 0) {
        (void)fprintf(stderr, "no test inputs in %s\n", directory);
        exit(1);
    }
    for (int i = 0; i < found; i++) {
        char *path = NULL;
        if (count == room ||
            asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
            abort();
        tests[count++] = (struct CMUnitTest){
            .name = path, .test_func = test, .initial_state = path};
        free(entries[i]);
    }
    free(entries);
    return count;
}

#endif
