/* text_file: a fuzzer's input as a file. */
#ifndef TALLYMAN_TESTS_TEXT_FILE_H
#define TALLYMAN_TESTS_TEXT_FILE_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text_file_directory[] = "/tmp/tallyman-fuzz-XXXXXX";
static char text_file_path[sizeof(text_file_directory) + 32];

static inline void text_file_remove(void) {
    (void)unlink(text_file_path);
    (void)rmdir(text_file_directory);
}

/* Overwrites the file, in a directory of its own that is removed when the
 * process exits. The path is valid as long. */
static inline const char *text_file(const char *name,
                                    const unsigned char *bytes, size_t len) {
    if (text_file_path[0] == '\0') {
        assert(mkdtemp(text_file_directory));
        assert(snprintf(text_file_path, sizeof(text_file_path), "%s/%s",
                        text_file_directory,
                        name) < (int)sizeof(text_file_path));
        assert(atexit(text_file_remove) == 0);
    }
    FILE *file = fopen(text_file_path, "wb");
    assert(file && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
    return text_file_path;
}

#endif
