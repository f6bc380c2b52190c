/* program: runs another program with a text as its input. */
#ifndef TALLYMAN_CLI_SEND_PROGRAM_H
#define TALLYMAN_CLI_SEND_PROGRAM_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* The last bytes of a program's output, which are kept. */
enum { PROGRAM_OUTPUT_MAX = 4096 };

/* Runs argv, which ends with NULL, without a shell; its first word is a path or
 * a name in PATH. input[0..len) is its standard input; output (NULL: dropped)
 * gets the end of its standard output and error. The program inherits the
 * environment but no open files, and has its own process group. After the time
 * limit it is killed with its children, and 5 seconds later it is given up. The
 * call does not wait for children of a program that ended.
 *
 * The input is complete before the program starts: a program that outlives this
 * process never takes a part of it for the whole.
 *
 * Returns 0 if the exit status is 0, else -1 with err set to a message that
 * names the program, how it ended and its last line: ERR_VALUE if it could not
 * be started, ERR_DEADLINE if it reached the limit, else ERR_IO. */
int program_run(const char *const argv[], const char *input, size_t len,
                int seconds, struct strbuf *output, struct err *err);

/* A second file for a program. */
enum { PROGRAM_FILE = 3 };
#define PROGRAM_FILE_PATH "/proc/self/fd/3"

/* Opens a file in memory with text[0..len), at its beginning, for
 * program_run_with. The caller closes it. Returns -1 with errno set. */
int program_file(const char *text, size_t len);

/* The same as program_run; file (-1: none) is PROGRAM_FILE in the program. */
int program_run_with(const char *const argv[], int file, const char *input,
                     size_t len, int seconds, struct strbuf *output,
                     struct err *err);

#endif
