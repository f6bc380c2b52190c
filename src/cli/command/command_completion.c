/* tallyman completion: what a shell can complete, made from the list of
 * commands and their help. */
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
        if (option->letter)
            (void)printf("%s'%s -%c' | '%s --%s'", separator, command->name,
                         option->letter, command->name, option->name);
        else
            (void)printf("%s'%s --%s'", separator, command->name, option->name);
        separator = " | ";
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

/* How a shell writes a list of options, a list of names, and the names that
 * the command %s prints. */
struct shell {
    const char *options[2]; /* what stands around them */
    const char *names[3];   /* around them, and between */
    const char *printed;
};

/* What is not an option is a file, a name that the command itself lists, a word
 * of its usage, or nothing. */
static void print_command(const struct command *command,
                          const struct shell *shell) {
    const char *arguments = command->arguments ? command->arguments : "";
    const struct command_option *option;
    (void)printf("    %s)\n        options=%s", command->name,
                 shell->options[0]);
    for (size_t i = 0; (option = command_option(command, i)); i++)
        (void)printf(" --%s", option->name);
    (void)printf("%s\n", shell->options[1]);
    for (size_t i = 0; (option = command_option(command, i)); i++)
        if (strcmp(option->name, "names") == 0)
            (void)printf(shell->printed, command->name);
    if (command_is_file(arguments)) {
        (void)puts("        files=yes");
    } else if (strchr(arguments, '|')) {
        const char *before = shell->names[0];
        (void)fputs("        names=", stdout);
        for (const char *word = arguments; *word; word += *word == '|') {
            int len = (int)strcspn(word, "|");
            (void)printf("%s%.*s", before, len, word);
            before = shell->names[1];
            word += len;
        }
        (void)puts(shell->names[2]);
    }
    (void)puts("        ;;");
}

static void print_commands(const struct shell *shell) {
    for (const struct command *const *one = commands; *one; one++)
        print_command(*one, shell);
}

/* --- bash ------------------------------------------------------------------
 */

static const struct shell bash = {
    {"'", "'"},
    {"$'", "\\n", "'"},
    "        names=$(\"${COMP_WORDS[0]}\" %s \"${config[@]}\" --names "
    "2>/dev/null)\n"};

static void print_bash(void) {
    (void)fputs(
        "# bash completion of tallyman(1); made by tallyman completion bash.\n"
        "_tallyman() {\n"
        "    local cur=${COMP_WORDS[COMP_CWORD]} word i\n"
        "    local options='' names='' files='' config=()\n"
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
        "    case \"${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}\" in\n",
        stdout);
    print_case(true,
               "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return");
    print_case(false, "return");
    (void)fputs("    esac\n"
                "    case ${COMP_WORDS[1]} in\n",
                stdout);
    print_commands(&bash);
    (void)fputs("    esac\n"
                "    if [[ $cur == -* ]]; then\n"
                "        COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
                "        return\n"
                "    fi\n"
                "    if [[ $files ]]; then\n"
                "        mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
                "        return\n"
                "    fi\n"
                "    # Names are of others: nothing in them is expanded.\n"
                "    while read -r word; do\n"
                "        [[ $word && $word == \"$cur\"* ]] && "
                "COMPREPLY+=(\"$word\")\n"
                "    done <<< \"$names\"\n"
                "}\n"
                "complete -o filenames -F _tallyman tallyman\n",
                stdout);
}

/* --- zsh -------------------------------------------------------------------
 */

static const struct shell zsh = {
    {"(", " )"},
    {"(", " ", ")"},
    "        names=(${(f)\"$($words[1] %s $config --names 2>/dev/null)\"})\n"};

/* A summary has no quote and no colon. */
static void print_zsh(void) {
    (void)fputs(
        "#compdef tallyman\n"
        "# zsh completion of tallyman(1); made by tallyman completion zsh.\n"
        "_tallyman() {\n"
        "    local -a commands options names config\n"
        "    local files='' i\n"
        "    commands=(\n",
        stdout);
    for (const struct command *const *one = commands; *one; one++)
        (void)printf("        '%s:%s'\n", (*one)->name, (*one)->summary);
    (void)fputs("    )\n"
                "    if (( CURRENT == 2 )); then\n"
                "        _describe command commands\n"
                "        return\n"
                "    fi\n"
                "    for (( i = 4; i < CURRENT; i++ )); do\n"
                "        case $words[i-1] in\n"
                "        -c | --config) config=(-c "
                "${${(Q)words[i]}/#\\~\\//$HOME/}) ;;\n"
                "        esac\n"
                "    done\n"
                "    case \"$words[2] $words[CURRENT-1]\" in\n",
                stdout);
    print_case(true, "_files; return");
    print_case(false, "return 1");
    (void)fputs("    esac\n"
                "    case $words[2] in\n",
                stdout);
    print_commands(&zsh);
    (void)fputs("    esac\n"
                "    if [[ $words[CURRENT] == -* ]]; then\n"
                "        compadd -- $options\n"
                "    elif [[ -n $files ]]; then\n"
                "        _files\n"
                "    else\n"
                "        compadd -- $names\n"
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
