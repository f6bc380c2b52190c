/* tallyman completion: what a shell can complete, made from the list of
 * commands and their help. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command/command.h"

/* One option of a line of help, such as `  -c, --config FILE  the ...`. */
struct option_line {
    char letter; /* NUL without one */
    const char *name;
    int name_len;
    bool value; /* takes one */
    bool file;  /* which is a file or a directory */
};

/* What every command has, see command_option. */
static const char common[] = "  -c, --config FILE  x\n  -h, --help  x\n";

static bool is_file(const char *placeholder) {
    return strncmp(placeholder, "FILE", 4) == 0 ||
           strncmp(placeholder, "DIR", 3) == 0 ||
           strncmp(placeholder, "PATH", 4) == 0;
}

/* Reads the next line of help with an option and moves behind it. False at the
 * end. A value in brackets may be left out. */
static bool next_option(const char **help, struct option_line *option) {
    while (**help) {
        const char *line = *help + strspn(*help, " ");
        size_t rest = strcspn(*help, "\n");
        bool indented = line > *help;
        *help += rest + ((*help)[rest] == '\n');
        *option = (struct option_line){.letter = '\0'};
        if (indented && line[0] == '-' && line[1] != '-' && line[2] == ',') {
            option->letter = line[1];
            line += 3 + strspn(line + 3, " ");
        }
        if (!indented || strncmp(line, "--", 2) != 0)
            continue;
        option->name = line;
        option->name_len = (int)strcspn(line, " \n");
        const char *value = line + option->name_len;
        option->value = value[0] == ' ' && value[1] >= 'A' && value[1] <= 'Z';
        option->file = option->value && is_file(value + 1);
        return true;
    }
    return false;
}

/* The first argument that is no option. */
static bool takes_file(const struct command *command) {
    return is_file(command->arguments) ||
           strncmp(command->arguments, "OTHER.db", 8) == 0;
}

/* --- parts that both shells have
 * ----------------------------------------------- */

static void print_options(const char *help) {
    struct option_line option;
    while (next_option(&help, &option))
        (void)printf(" %.*s", option.name_len, option.name);
}

/* `'totals -l' | 'totals --label'` of the options whose value is a file, or is
 * anything else. *separator stands before the next one. */
static void print_patterns(const char *help, const struct command *command,
                           bool file, const char **separator) {
    struct option_line option;
    while (next_option(&help, &option)) {
        if (!option.value || option.file != file)
            continue;
        if (option.letter) {
            (void)printf("%s'%s -%c'", *separator, command->name,
                         option.letter);
            *separator = " | ";
        }
        (void)printf("%s'%s %.*s'", *separator, command->name, option.name_len,
                     option.name);
        *separator = " | ";
    }
}

/* The case for options whose value is a file, or is anything else. */
static void print_case(bool file, const char *action) {
    const char *separator = "";
    (void)fputs("    ", stdout);
    for (const struct command *const *one = commands; *one; one++) {
        print_patterns((*one)->help, *one, file, &separator);
        print_patterns(common, *one, file, &separator);
    }
    (void)printf(") %s ;;\n", action);
}

/* --- bash
 * ------------------------------------------------------------------------ */

/* What is not an option is a file, a name that the command itself lists, or
 * nothing. */
static void print_bash_command(const struct command *command) {
    (void)printf("    %s)\n        options='", command->name);
    print_options(command->help);
    print_options(common);
    (void)fputs("'\n", stdout);
    if (command == &command_totals || command == &command_query)
        (void)printf("        names=$(\"${COMP_WORDS[0]}\" %s \"${config[@]}\" "
                     "--names 2>/dev/null)\n",
                     command->name);
    if (command == &command_completion)
        (void)puts("        names=$'bash\\nzsh'");
    if (takes_file(command))
        (void)puts("        files=yes");
    (void)puts("        ;;");
}

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
    for (const struct command *const *one = commands; *one; one++)
        print_bash_command(*one);
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

/* --- zsh
 * ----------------------------------------------------------------------------
 */

static void print_zsh_command(const struct command *command) {
    (void)printf("    %s)\n        options=(", command->name);
    print_options(command->help);
    print_options(common);
    (void)fputs(" )\n", stdout);
    if (command == &command_totals || command == &command_query)
        (void)printf("        names=(${(f)\"$($words[1] %s $config --names "
                     "2>/dev/null)\"})\n",
                     command->name);
    if (command == &command_completion)
        (void)puts("        names=(bash zsh)");
    if (takes_file(command))
        (void)puts("        files=yes");
    (void)puts("        ;;");
}

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
    for (const struct command *const *one = commands; *one; one++)
        print_zsh_command(*one);
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

static int run(const struct command *command, int argc, char **argv) {
    static const struct option options[] = {COMMAND_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS, options, NULL)) !=
           -1) {
        int status = command_option(command, option, &path);
        if (status >= 0)
            return status;
    }
    const char *shell = optind + 1 == argc ? argv[optind] : "";
    if (strcmp(shell, "bash") == 0)
        print_bash();
    else if (strcmp(shell, "zsh") == 0)
        print_zsh();
    else
        return command_misused(command, "the shell must be bash or zsh");
    return COMMAND_OK;
}

const struct command command_completion = {
    "completion", "bash|zsh", "Print what a shell needs to complete it",
    "For bash: source <(tallyman completion bash). make install puts both "
    "where\n"
    "the shells look for them.\n\n",
    run};
