#include "cli/command/command.h"

#include <string.h>

/* See SYSCONFDIR in the Makefile. */
#ifndef TALLYMAN_SYSCONFDIR
#define TALLYMAN_SYSCONFDIR "/etc"
#endif
#define SYSTEM_CONFIG TALLYMAN_SYSCONFDIR "/tallyman/tallyman.json"

const char command_system_config[] = SYSTEM_CONFIG;

/* Options of every command. */
static const struct command_option common[] = {
    {"config", 'c', "FILE",
     "the configuration; else the file that\n"
     "TALLYMAN_CONFIG names, else ./tallyman.json,\n"
     "else " SYSTEM_CONFIG},
    {"help", 'h', NULL, "print this"},
};

const struct command_option *command_option(const struct command *command,
                                            size_t index) {
    const struct command_option *own = command->options;
    for (; own && own->name; own++)
        if (index-- == 0)
            return own;
    return index < sizeof(common) / sizeof(common[0]) ? &common[index] : NULL;
}

bool command_is_file(const char *value) {
    static const char *const files[] = {"FILE", "DIR", "PATH", "OTHER.db"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strncmp(value, files[i], strlen(files[i])) == 0)
            return true;
    return false;
}

/* Prints text from that column, broken at width; further lines are indented.
 */
static void print_filled(const char *text, int column, int indent, int width,
                         FILE *out) {
    bool begins = true;
    while (*text) {
        int len = (int)strcspn(text, " \n");
        if (!begins && column + 1 + len > width) {
            column = fprintf(out, "\n%*s", indent, "") - 1;
            begins = true;
        }
        column += fprintf(out, "%s%.*s", begins ? "" : " ", len, text);
        text += len;
        begins = *text == '\n';
        if (begins)
            column = fprintf(out, "\n%*s", indent, "") - 1;
        text += *text != '\0';
    }
    (void)fputc('\n', out);
}

/* The help is in a separate column, or after a longer name. */
static void print_option(const struct command_option *option, FILE *out) {
    enum { COLUMN = 21, WIDTH = 78 };
    int column = option->letter ? fprintf(out, "  -%c, ", option->letter)
                                : fprintf(out, "      ");
    column += fprintf(out, "--%s%s%s  ", option->name, option->value ? " " : "",
                      option->value ? option->value : "");
    if (column < COLUMN)
        column += fprintf(out, "%*s", COLUMN - column, "");
    print_filled(option->help, column, COLUMN, WIDTH, out);
}

void command_print_help(const struct command *command, FILE *out) {
    enum { WIDTH = 76 };
    const struct command_option *option;
    (void)fprintf(out, "Usage: tallyman %s [-c FILE]%s%s\n\n%s.\n\n",
                  command->name, command->arguments ? " " : "",
                  command->arguments ? command->arguments : "",
                  command->summary);
    if (command->help) {
        print_filled(command->help, 0, 0, WIDTH, out);
        (void)fputc('\n', out);
    }
    for (size_t i = 0; (option = command_option(command, i)); i++)
        print_option(option, out);
}
