/* tallyman completion: what a shell can complete, made from the list of
 * commands. */
#include <stdio.h>
#include <string.h>

#include "cli/command/call.h"

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

/* A function that both shells understand. */
static void print_offer(const char *shell) {
    (void)printf(
        "# %s completion of tallyman(1); made by tallyman completion %s.\n"
        "# Sets what the next word can be: flags, or a file if files=yes, or a "
        "line of\n"
        "# names. The arguments are those of the program, its command, the "
        "word before\n"
        "# the next one, and -c with its file.\n"
        "_tallyman_offer() {\n"
        "    local program=$1 command=$2 before=$3\n"
        "    shift 3\n"
        "    flags='' names='' files=''\n"
        "    case \"$command $before\" in\n",
        shell, shell);
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

static void print_bash(void) {
    print_offer("bash");
    (void)fputs("_tallyman() {\n"
                "    local cur=${COMP_WORDS[COMP_CWORD]} word i\n"
                "    local flags names files config=()\n"
                "    COMPREPLY=()\n"
                "    if ((COMP_CWORD == 1)); then\n"
                "        COMPREPLY=($(compgen -W '",
                stdout);
    for (const struct command *const *one = commands; *one; one++)
        (void)printf("%s ", (*one)->name);
    (void)fputs(
        "--help --version' -- \"$cur\"))\n"
        "        return\n"
        "    fi\n"
        "    for ((i = 3; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i - 1]} in\n"
        "        -c | --config) config=(-c "
        "\"${COMP_WORDS[i]/#\\~\\//$HOME/}\") ;;\n"
        "        esac\n"
        "    done\n"
        "    _tallyman_offer \"${COMP_WORDS[0]}\" \"${COMP_WORDS[1]}\" \\\n"
        "        \"${COMP_WORDS[COMP_CWORD - 1]}\" \"${config[@]}\"\n"
        "    if [[ $cur == -* && $flags ]]; then\n"
        "        COMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n"
        "    elif [[ $files ]]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
        "    else\n"
        "        # Names are of others: nothing in them is expanded.\n"
        "        while read -r word; do\n"
        "            [[ $word && $word == \"$cur\"* ]] && "
        "COMPREPLY+=(\"$word\")\n"
        "        done <<< \"$names\"\n"
        "    fi\n"
        "}\n"
        "complete -o filenames -F _tallyman tallyman\n",
        stdout);
}

/* A summary has no quote and no colon. */
static void print_zsh(void) {
    (void)puts("#compdef tallyman");
    print_offer("zsh");
    (void)fputs("_tallyman() {\n"
                "    local -a list config\n"
                "    local flags names files i\n"
                "    list=(\n",
                stdout);
    for (const struct command *const *one = commands; *one; one++)
        (void)printf("        '%s:%s'\n", (*one)->name, (*one)->summary);
    (void)fputs(
        "    )\n"
        "    if (( CURRENT == 2 )); then\n"
        "        _describe command list\n"
        "        return\n"
        "    fi\n"
        "    for (( i = 4; i < CURRENT; i++ )); do\n"
        "        case $words[i-1] in\n"
        "        -c | --config) config=(-c "
        "${${(Q)words[i]}/#\\~\\//$HOME/}) ;;\n"
        "        esac\n"
        "    done\n"
        "    _tallyman_offer $words[1] $words[2] $words[CURRENT-1] $config\n"
        "    if [[ $words[CURRENT] == -* && -n $flags ]]; then\n"
        "        compadd -- ${=flags}\n"
        "    elif [[ -n $files ]]; then\n"
        "        _files\n"
        "    else\n"
        "        compadd -- ${(f)names}\n"
        "    fi\n"
        "}\n"
        "_tallyman \"$@\"\n",
        stdout);
}

static int run(const struct call *call) {
    if (strcmp(call->arguments[0], "bash") == 0)
        print_bash();
    else if (strcmp(call->arguments[0], "zsh") == 0)
        print_zsh();
    else
        return call_misused(call, "%s", call->command->needs);
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
