/* tallyman completion: the words of all commands, made from their tables,
 * followed by the shell's own completion.bash or completion.zsh. */
#include <stdio.h>
#include <string.h>

#include "cli/command/call.h"
#include "completion.h"

/* Prints `'totals -l' | 'totals --label'` for options with a required value
 * that is a file, or is not. Returns the separator for the next call. */
static const char *print_patterns(const struct command *command, bool file,
                                  const char *separator) {
    const struct command_option *option;
    for (size_t i = 0; (option = command_option(command, i)); i++) {
        if (!option->value || *option->value == '[' ||
            command_is_file(option->value) != file)
            continue;
        (void)printf("%s'%s --%s'", separator, command->name, option->name);
        separator = " | ";
        if (option->letter)
            (void)printf(" | '%s -%c'", command->name, option->letter);
    }
    return separator;
}

/* The case of options whose value is a file, or is not. */
static void print_case(bool file, const char *action) {
    const char *separator = "    ";
    for (const struct command *const *one = commands; *one; one++)
        separator = print_patterns(*one, file, separator);
    (void)printf(") %s ;;\n", action);
}

/* An argument is a file, a name that the command lists, a word of its usage, or
 * not completed. */
static void print_command(const struct command *command) {
    const char *arguments = command->arguments ? command->arguments : "";
    const struct command_option *option;
    const char *separator = "\n        flags='";
    (void)printf("    %s)", command->name);
    for (size_t i = 0; (option = command_option(command, i)); i++) {
        (void)printf("%s--%s", separator, option->name);
        separator = " ";
    }
    (void)puts("'");
    for (size_t i = 0; (option = command_option(command, i)); i++)
        if (strcmp(option->name, "names") == 0)
            (void)printf("        names=$(\"$program\" %s \"$@\" --names "
                         "2>/dev/null)\n",
                         command->name);
    if (command_is_file(arguments))
        (void)puts("        files=yes");
    else if (strchr(arguments, '|'))
        (void)printf("        names=$(echo '%s' | tr '|' '\\n')\n", arguments);
    (void)puts("        ;;");
}

/* Functions for both shells. Summaries contain no quotes. */
static void print_functions(const char *shell) {
    (void)printf("# %s completion of tallyman(1); made by tallyman completion "
                 "%s.\n"
                 "_tallyman_commands() {\n"
                 "    echo '",
                 shell, shell);
    for (const struct command *const *one = commands; *one; one++)
        (void)printf("%s%s:%s", one == commands ? "" : "\n", (*one)->name,
                     (*one)->summary);
    (void)fputs(
        "'\n"
        "}\n"
        "# Sets the choices for the next word: flags, files=yes for a file, or "
        "one\n# name per line in names. Arguments: the program, its command, "
        "the previous\n# word, and -c with its file.\n"
        "_tallyman_offer() {\n"
        "    local program=$1 command=$2 before=$3\n"
        "    shift 3\n"
        "    flags='' names='' files=''\n"
        "    case \"$command $before\" in\n",
        stdout);
    print_case(true, "files=yes; return");
    print_case(false, "return");
    (void)fputs("    esac\n"
                "    case $command in\n",
                stdout);
    for (const struct command *const *one = commands; *one; one++)
        print_command(*one);
    (void)fputs("    esac\n"
                "}\n",
                stdout);
}

static int run(const struct call *call) {
    const char *shell = call->arguments[0];
    const bool bash = strcmp(shell, "bash") == 0;
    if (!bash && strcmp(shell, "zsh") != 0)
        return call_misused(call, "%s", call->command->needs);
    if (!bash)
        (void)puts("#compdef tallyman");
    print_functions(shell);
    (void)fputs(bash ? completion_bash : completion_zsh, stdout);
    return COMMAND_OK;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "Print completion code for a shell",
    .help = "For bash: source <(tallyman completion bash). `make install` "
            "installs the completions of both shells.",
    .least = 1,
    .most = 1,
    .needs = "the shell must be bash or zsh",
    .run = run};
