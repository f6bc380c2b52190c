/* corpus: test inputs as files, each beside the output that it must give. */
#ifndef TALLYMAN_TESTS_CORPUS_H
#define TALLYMAN_TESTS_CORPUS_H

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "file.h"
#include "strbuf.h"
#include "unit.h"

/* The whole file; the caller frees it. */
static inline struct strbuf corpus_read(const char *path) {
    struct strbuf text = {0};
    struct err err = {.code = ERR_NONE};
    if (file_read(path, 16 << 20, &text, &err) != 0)
        fail_msg("%s: %s", path, err.message);
    return text;
}

/* Fails unless got is what the file with the given suffix beside the input
 * says. */
static inline void corpus_expect(const char *input, const char *suffix,
                                 const struct strbuf *got) {
    char path[PATH_MAX];
    int stem = (int)(strrchr(input, '.') - input);
    (void)snprintf(path, sizeof(path), "%.*s%s", stem, input, suffix);
    const char *text = got->data ? got->data : "";
    struct strbuf want = corpus_read(path);
    if (strcmp(text, want.data) != 0)
        print_error("%s wants:\n%sbut it is:\n%s", path, want.data, text);
    assert_string_equal(text, want.data);
    strbuf_free(&want);
}

static int corpus_is_json(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

/* Appends one test for each *.json of the directory to tests, which has room
 * for `room`; returns the new count. The path is the test's name and its
 * initial state, and lives as long as the program. */
static inline size_t corpus_add(const char *directory, CMUnitTestFunction test,
                                struct CMUnitTest *tests, size_t count,
                                size_t room) {
    struct dirent **entries;
    int found = scandir(directory, &entries, corpus_is_json, alphasort);
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
