#include "cli/send/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "cli/command/clock.h"

/* A started program. */
struct run {
    int input;  /* a file in memory */
    int file;   /* for PROGRAM_FILE; -1 without one */
    int output; /* the reading end of its pipe; -1 after its end */
    pid_t pid;
    bool killed;   /* after the time limit */
    bool given_up; /* it did not end even then */
    int status;    /* as of waitpid */
};

/* Duplicates a descriptor to a number above the standard ones. */
static int move_up(int fd) {
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fd >= 0)
        (void)close(fd);
    return moved;
}

int program_file(const char *text, size_t len) {
    int fd = move_up(memfd_create("tallyman-input", MFD_CLOEXEC));
    if (fd >= 0 && file_write(fd, text, len) == 0 &&
        lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static int make_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0 &&
        fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return 0;
    for (size_t i = 0; i < 2; i++)
        if (ends[i] >= 0)
            (void)close(ends[i]);
    return -1;
}

/* --- starting it ---------------------------------------------------------- */

static int set_files(posix_spawn_file_actions_t *files, const struct run *run,
                     int output) {
    const int first = run->file < 0 ? PROGRAM_FILE : PROGRAM_FILE + 1;
    int result =
        posix_spawn_file_actions_adddup2(files, run->input, STDIN_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
    if (result == 0)
        result = posix_spawn_file_actions_adddup2(files, output, STDERR_FILENO);
    if (result == 0 && run->file >= 0)
        result =
            posix_spawn_file_actions_adddup2(files, run->file, PROGRAM_FILE);
    if (result == 0)
        result = posix_spawn_file_actions_addclosefrom_np(files, first);
    return result;
}

static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none;
    sigset_t all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    (void)sigdelset(&all, SIGKILL);
    (void)sigdelset(&all, SIGSTOP);
    int result = posix_spawnattr_setflags(
        attributes,
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (result == 0)
        result = posix_spawnattr_setpgroup(attributes, 0);
    if (result == 0)
        result = posix_spawnattr_setsigmask(attributes, &none);
    if (result == 0)
        result = posix_spawnattr_setsigdefault(attributes, &all);
    return result;
}

/* Returns an error number. */
static int spawn(struct run *run, const char *const argv[], int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int result = posix_spawn_file_actions_init(&files);
    if (result != 0)
        return result;
    result = posix_spawnattr_init(&attributes);
    if (result == 0) {
        result = set_files(&files, run, output);
        if (result == 0)
            result = set_attributes(&attributes);
        /* posix_spawnp takes them as not const, but does not change them. */
        if (result == 0)
            result = posix_spawnp(&run->pid, argv[0], &files, &attributes,
                                  (char *const *)argv, environ);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return result;
}

static int start(struct run *run, const char *const argv[], const char *input,
                 size_t len, struct err *err) {
    int ends[2];
    run->input = program_file(input, len);
    if (run->input < 0)
        return err_set(err, ERR_IO,
                       "%s: cannot create a file for its input: %s", argv[0],
                       strerror(errno));
    if (make_pipe(ends) != 0)
        return err_set(err, ERR_IO,
                       "%s: cannot create a pipe for its output: %s", argv[0],
                       strerror(errno));
    /* With SIGCHLD ignored, waitpid would not return the status. */
    (void)signal(SIGCHLD, SIG_DFL);
    int error = spawn(run, argv, ends[1]);
    (void)close(ends[1]);
    run->output = ends[0];
    return error == 0 ? 0
                      : err_set(err, ERR_VALUE, "%s cannot be started: %s",
                                argv[0], strerror(error));
}

/* --- until it is over ----------------------------------------------------- */

/* Keeps the last bytes of the output. */
static void cut(struct strbuf *text) {
    if (text->len <= PROGRAM_OUTPUT_MAX)
        return;
    memmove(text->data, text->data + text->len - PROGRAM_OUTPUT_MAX,
            PROGRAM_OUTPUT_MAX + 1);
    text->len = PROGRAM_OUTPUT_MAX;
}

/* Reads from the pipe, a limited amount per call: the program may never stop
 * writing. */
static void take_output(struct run *run, struct strbuf *text) {
    char bytes[PROGRAM_OUTPUT_MAX];
    for (int i = 0; i < 16 && run->output >= 0; i++) {
        ssize_t got = read(run->output, bytes, sizeof(bytes));
        if (got > 0) {
            strbuf_add(text, bytes, (size_t)got);
            cut(text);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return;
        } else {
            (void)close(run->output);
            run->output = -1;
        }
    }
}

/* poll() wakes at the end of the output, not of the program. The interval
 * limits the delay for a program that closed its output or shares it with a
 * child. */
enum { LOOK_MS = 10 };

/* The status of a program for which waitpid failed. */
enum { EXIT_UNKNOWN = 255 };

/* How long a killed program may take to end. A setuid program, which has
 * another user, is not killed, and a program that waits for a disk does not
 * end. */
enum { GRACE_SECONDS = 5 };

/* The program may have left its group. */
static void kill_it(struct run *run) {
    (void)kill(-run->pid, SIGKILL);
    (void)kill(run->pid, SIGKILL);
    run->killed = true;
}

static void wait_for(struct run *run, int seconds, struct strbuf *text) {
    const double deadline = clock_seconds() + seconds;
    pid_t ended;
    while ((ended = waitpid(run->pid, &run->status, WNOHANG)) == 0) {
        struct pollfd output = {.fd = run->output, .events = POLLIN};
        run->given_up = clock_seconds() >= deadline + GRACE_SECONDS;
        if (run->given_up)
            break;
        if (!run->killed && clock_seconds() >= deadline)
            kill_it(run);
        (void)poll(&output, 1, LOOK_MS);
        take_output(run, text);
    }
    take_output(run, text);
    if (ended < 0)
        run->status = W_EXITCODE(EXIT_UNKNOWN, 0);
}

/* --- how it ended --------------------------------------------------------- */

/* Sets line to ": " and the last line of text that is not blank. */
static void last_line(const struct strbuf *text, char *line, size_t size) {
    size_t end = text->len;
    while (end > 0 && strchr(" \t\r\n", text->data[end - 1]))
        end--;
    size_t begin = end;
    while (begin > 0 && text->data[begin - 1] != '\n')
        begin--;
    *line = '\0';
    if (end > begin && size > 2) {
        memcpy(line, ": ", 3);
        utf8_show(text->data + begin, end - begin, line + 2, size - 2);
    }
}

static int tell(const struct run *run, const char *name, int seconds,
                const struct strbuf *text, struct err *err) {
    char line[200];
    last_line(text, line, sizeof(line));
    if (run->killed)
        return err_set(err, ERR_DEADLINE,
                       "%s did not end within %d seconds and %s killed%s", name,
                       seconds, run->given_up ? "could not be" : "was", line);
    if (WIFSIGNALED(run->status))
        return err_set(err, ERR_IO, "%s was ended by signal %d (%s)%s", name,
                       WTERMSIG(run->status), strsignal(WTERMSIG(run->status)),
                       line);
    if (WEXITSTATUS(run->status) != 0)
        return err_set(err, ERR_IO, "%s exited with %d%s", name,
                       WEXITSTATUS(run->status), line);
    return 0;
}

int program_run_with(const char *const argv[], int file, const char *input,
                     size_t len, int seconds, struct strbuf *output,
                     struct err *err) {
    struct run run = {.input = -1, .file = file, .output = -1};
    struct strbuf text = {0};
    int result = start(&run, argv, input, len, err);
    if (result == 0) {
        wait_for(&run, seconds, &text);
        result = tell(&run, argv[0], seconds, &text, err);
    }
    if (output && text.len > 0)
        strbuf_add(output, text.data, text.len);
    if (run.input >= 0)
        (void)close(run.input);
    if (run.output >= 0)
        (void)close(run.output);
    strbuf_free(&text);
    return result;
}

int program_run(const char *const argv[], const char *input, size_t len,
                int seconds, struct strbuf *output, struct err *err) {
    return program_run_with(argv, -1, input, len, seconds, output, err);
}
