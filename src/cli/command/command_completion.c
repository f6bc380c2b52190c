/* tallyman completion: what a shell can complete, made from the list of
 * commands, and behind it the shell's own completion.bash or .zsh. */
#include <stdio.h>
#include <string.h>

#include "cli/command/call.h"
#include "completion.h"

/* `'totals -l' | 'totals --label'` of the options that must have a value, if it
 * is a file, or anything else. Returns what stands before the next one. */
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

/* The case for options whose value is a file, or is anything else. */
static void print_case(bool file, const char *action) {
    const char *separator = "    ";
    for (const struct command *const *one = commands; *one; one++)
        separator = print_patterns(*one, file, separator);
    (void)printf(") %s ;;\n", action);
}

/* What is not an option is a file, a name that the command itself lists, a word
 * of its usage, or nothing. */
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

/* Functions that both shells understand. A summary has no quote. */
static void print_functions(const char *shell) {
    (void)printf("# %s completion of tallyman(1); made by tallyman completion "
                 "%s.\n"
                 "_tallyman_commands() {\n"
                 "    echo '",
                 shell, shell);
    for (const struct command *const *one = commands; *one; one++)
        (void)printf("%s%s:%s", one == commands ? "" : "\n", (*one)->name,
                     (*one)->summary);
    (void)fputs("'\n"
                "}\n"
                "# Sets what the next word can be: flags, or a file if "
                "files=yes, or a line of\n"
                "# names. The arguments are those of the program, its command, "
                "the word before\n"
                "# the next one, and -c with its file.\n"
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
    .summary = "Print what a shell needs to complete it",
    .help = "For bash: source <(tallyman completion bash). make install puts "
            "both where the shells look for them.",
    .least = 1,
    .most = 1,
    .needs = "the shell must be bash or zsh",
    .run = run};
