#include "cli/send/program.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "scratch.h"

enum { SECONDS = 30, SHORT = 1 };

static bool kills_fail;

/* Replaces that of libc. */
int kill(pid_t pid, int number) {
    if (!kills_fail)
        return (int)syscall(SYS_kill, pid, number);
    errno = EPERM;
    return -1;
}

/* A word for sh, or the path of a program. */
struct scene {
    const char *name;
    const char *script;
    const char *input;
    const char *output;
    const char *message; /* NULL: it exits with 0 */
    enum err_code code;
};

static const struct scene scenes[] = {
    {"input", "cat", "one\ntwo", "one\ntwo", NULL, ERR_NONE},
    {"empty input", "cat; echo end", "", "end\n", NULL, ERR_NONE},
    {"a file as input", "cat /dev/stdin", "text", "text", NULL, ERR_NONE},
    {"both outputs", "echo out; echo err >&2", "", "out\nerr\n", NULL,
     ERR_NONE},
    {"closed outputs", "exec >&- 2>&-; sleep 0.1", "", "", NULL, ERR_NONE},
    {"the environment", "echo \"$TALLYMAN_TEST\"", "", "kept\n", NULL,
     ERR_NONE},
    {"a new process group",
     "read -r pid name state parent group rest </proc/$$/stat; "
     "[ \"$group\" = $$ ] && echo own",
     "", "own\n", NULL, ERR_NONE},
    {"no other files",
     "for f in 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$f ] || "
     "echo $f; done",
     "", "", NULL, ERR_NONE},
    {"default signals", "kill -PIPE $$; echo ignored", "", "",
     "sh was ended by signal 13 (Broken pipe)", ERR_IO},
    {"exit code", "exit 3", "", "", "sh exited with 3", ERR_IO},
    {"the last line", "echo first; printf 'last\\n\\n \\n'; exit 75", "",
     "first\nlast\n\n \n", "sh exited with 75: last", ERR_IO},
    {"hidden characters in it", "printf 'a\\033[2Jb\\377' >&2; exit 1", "",
     "a\033[2Jb\377", "sh exited with 1: a?[2Jb?", ERR_IO},
    {"a signal", "echo here; kill -9 $$", "", "here\n",
     "sh was ended by signal 9 (Killed): here", ERR_IO},
};

static void ends(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(scenes); i++) {
        const struct scene *scene = &scenes[i];
        const char *argv[] = {"sh", "-c", scene->script, NULL};
        struct strbuf output = {0};
        struct err err = {.code = ERR_NONE};
        int result = program_run(argv, scene->input, strlen(scene->input),
                                 SECONDS, &output, &err);
        check_number(scene->name, result, scene->message ? -1 : 0);
        check_text(scene->name, err.message,
                   scene->message ? scene->message : "");
        check_number(scene->name, err.code, scene->code);
        check_text(scene->name, output.data ? output.data : "", scene->output);
        strbuf_free(&output);
    }
}

/* Programs that cannot be run. */
static void bad_program_is_an_error(void **state) {
    static const struct {
        const char *path;
        const char *why;
    } cases[] = {
        {"/nowhere/at-all", "No such file or directory"},
        {"tallyman-is-not-in-the-path", "No such file or directory"},
        {"/etc/passwd", "Permission denied"},
        {"/", "Permission denied"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *argv[] = {cases[i].path, NULL};
        struct err err;
        char want[100];
        (void)snprintf(want, sizeof(want), "%s cannot be started: %s",
                       cases[i].path, cases[i].why);
        assert_int_equal(program_run(argv, "", 0, SECONDS, NULL, &err), -1);
        check_text(cases[i].path, err.message, want);
        assert_int_equal(err.code, ERR_VALUE);
    }
}

/* More input than a pipe holds, to programs that read none, a part, and all. */
static void input_larger_than_a_pipe_is_written(void **state) {
    static const struct {
        const char *script;
        const char *output;
    } cases[] = {{"exit 0", ""}, {"head -c 3", "xxx"}, {"wc -c", "3000000\n"}};
    enum { LEN = 3000000 };
    char *input = malloc(LEN);
    (void)state;
    assert_non_null(input);
    memset(input, 'x', LEN);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *argv[] = {"sh", "-c", cases[i].script, NULL};
        struct strbuf output = {0};
        struct err err;
        assert_int_equal(program_run(argv, input, LEN, SECONDS, &output, &err),
                         0);
        check_text(cases[i].script, output.data ? output.data : "",
                   cases[i].output);
        strbuf_free(&output);
    }
    free(input);
}

/* The end of the output is kept. */
static void end_of_large_output_is_kept(void **state) {
    const char *argv[] = {"sh", "-c", "seq 100000; echo end; exit 1", NULL};
    struct strbuf output = {0};
    struct err err;
    (void)state;
    assert_int_equal(program_run(argv, "", 0, SECONDS, &output, &err), -1);
    check_text("message", err.message, "sh exited with 1: end");
    check_number("length", (long long)output.len, PROGRAM_OUTPUT_MAX);
    check_text("end", output.data + output.len - 18, "\n99999\n100000\nend\n");
    strbuf_free(&output);
}

static bool is_there(const struct strbuf *output) {
    pid_t pid = (pid_t)strtol(output->data, NULL, 10);
    assert_true(pid > 1);
    return kill(pid, 0) == 0;
}

/* A killed process is a zombie until its new parent reaps it. */
static bool is_gone(const struct strbuf *output) {
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int i = 0; i < 1000; i++) {
        char path[64];
        char text[512] = "";
        (void)snprintf(path, sizeof(path), "/proc/%ld/stat",
                       strtol(output->data, NULL, 10));
        FILE *file = fopen(path, "r");
        if (!file)
            return true;
        bool zombie = fgets(text, sizeof(text), file) && strstr(text, ") Z ");
        (void)fclose(file);
        if (zombie)
            return true;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

/* A program is killed with its children, even while it writes endlessly. */
static void deadline_kills_the_program(void **state) {
    const char *waits[] = {
        "sh", "-c", "trap '' TERM INT; sleep 1000 & echo $!; wait", NULL};
    const char *writes[] = {"yes", NULL};
    struct strbuf output = {0};
    struct err err;
    (void)state;
    assert_int_equal(program_run(waits, "", 0, SHORT, &output, &err), -1);
    assert_int_equal(err.code, ERR_DEADLINE);
    assert_ptr_equal(
        strstr(err.message, "sh did not end within 1 seconds and was killed: "),
        err.message);
    assert_true(is_gone(&output));
    strbuf_reset(&output);
    assert_int_equal(program_run(writes, "", 0, SHORT, &output, &err), -1);
    check_text("yes", err.message,
               "yes did not end within 1 seconds and was killed: y");
    check_number("length", (long long)output.len, PROGRAM_OUTPUT_MAX);
    strbuf_free(&output);
}

/* Such as a shell script with job control. */
static void deadline_kills_a_program_of_another_group(void **state) {
    const char *argv[] = {"perl", "-e",
                          "setpgrp(0, getpgrp(getppid())) or die; sleep 1000",
                          NULL};
    struct err err;
    (void)state;
    assert_int_equal(program_run(argv, "", 0, SHORT, NULL, &err), -1);
    check_text("message", err.message,
               "perl did not end within 1 seconds and was killed");
}

/* Such as a setuid program, which has the right to ignore us. */
static void program_that_cannot_be_killed_is_given_up(void **state) {
    struct strbuf output = {0};
    struct err err;
    const char *argv[] = {"sh", "-c", "echo $$; exec sleep 1000", NULL};
    (void)state;
    kills_fail = true;
    assert_int_equal(program_run(argv, "", 0, SHORT, &output, &err), -1);
    kills_fail = false;
    assert_int_equal(err.code, ERR_DEADLINE);
    assert_ptr_equal(strstr(err.message,
                            "sh did not end within 1 seconds and could not be "
                            "killed: "),
                     err.message);
    assert_int_equal(kill((pid_t)strtol(output.data, NULL, 10), SIGKILL), 0);
    strbuf_free(&output);
}

/* A child of the program keeps running; the run has the output so far. */
static void child_outlives_the_program(void **state) {
    const char *argv[] = {"sh", "-c", "sleep 1000 & echo $!", NULL};
    struct strbuf output = {0};
    struct err err;
    (void)state;
    assert_int_equal(program_run(argv, "", 0, SECONDS, &output, &err), 0);
    assert_true(is_there(&output));
    assert_int_equal(kill((pid_t)strtol(output.data, NULL, 10), SIGKILL), 0);
    strbuf_free(&output);
}

/* The state after a parent that ignores SIGCHLD. */
static void ignored_sigchld_does_not_matter(void **state) {
    const char *argv[] = {"sh", "-c", "exit 4", NULL};
    struct err err;
    (void)state;
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    assert_int_equal(program_run(argv, "", 0, SECONDS, NULL, &err), -1);
    check_text("message", err.message, "sh exited with 4");
}

/* Closed standard files are not reused for the program's pipes. */
static void closed_standard_files_are_not_reused(void **state) {
    const char *argv[] = {"cat", NULL};
    struct strbuf output = {0};
    struct err err;
    int kept = dup(STDIN_FILENO);
    (void)state;
    assert_true(kept >= 0);
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_int_equal(program_run(argv, "text", 4, SECONDS, &output, &err), 0);
    check_text("output", output.data, "text");
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(kept), 0);
    strbuf_free(&output);
}

static int open_files(void **state) {
    (void)state;
    for (int fd = 5; fd < 10; fd++)
        if (dup2(STDERR_FILENO, fd) < 0)
            return -1;
    return setenv("TALLYMAN_TEST", "kept", 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends),
        cmocka_unit_test(bad_program_is_an_error),
        cmocka_unit_test(input_larger_than_a_pipe_is_written),
        cmocka_unit_test(end_of_large_output_is_kept),
        cmocka_unit_test(deadline_kills_the_program),
        cmocka_unit_test(deadline_kills_a_program_of_another_group),
        cmocka_unit_test(program_that_cannot_be_killed_is_given_up),
        cmocka_unit_test(child_outlives_the_program),
        cmocka_unit_test(ignored_sigchld_does_not_matter),
        cmocka_unit_test(closed_standard_files_are_not_reused),
    };
    return cmocka_run_group_tests(tests, open_files, NULL);
}
