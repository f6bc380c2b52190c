#include "cli/monitoring/files.h"

#include <stdio.h>
#include <string.h>

#include "cli/monitoring/board.h"
#include "cli/monitoring/dashboard.h"
#include "cli/monitoring/values.h"
#include "templates.h"

/* A file while it is made; its memory is freed afterwards. */
struct making {
    const struct monitoring *monitoring;
    const struct template_scope *scope; /* of all files */
    struct arena arena;
    struct output *output;
    struct err *err;
};

static bool is_dashboard(const char *path) {
    const size_t len = strlen(path);
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

/* The values of the board that the entry of the manifest names. */
static const struct template_value *
find_board(const struct template_entry *entry,
           const struct monitoring *monitoring, struct arena *arena) {
    static const struct template_value none[] = {{.name = NULL}};
    for (const struct board *board = boards; entry->name && board->name;
         board++)
        if (strcmp(entry->name, "board") == 0 &&
            strcmp(entry->text, board->name) == 0)
            return board_values(board, monitoring, arena);
    return none;
}

static int add_file(struct making *making, const struct template_entry *entry) {
    struct err *err = making->err;
    const size_t len = strlen(entry->template);
    struct strbuf *out = output_add(making->output, entry->output);
    const struct template_value own[] = {
        {.name = entry->name, .text = entry->text}, {.name = NULL}};
    const struct template_scope around = {own, making->scope};
    const struct template_scope scope = {
        find_board(entry, making->monitoring, &making->arena), &around};
    if (making->arena.failed)
        return err_set(err, ERR_MEMORY, "out of memory");
    return is_dashboard(entry->path)
               ? dashboard_expand(entry->path, entry->template, len, &scope,
                                  &making->arena, out, err)
               : template_expand(entry->path, entry->template, len, &scope, out,
                                 err);
}

/* Prints the notes for the user. */
static int print_notes(const struct template_scope *scope, struct err *err) {
    struct strbuf notes = {0};
    const int result =
        template_expand("notes.txt", template_notes, strlen(template_notes),
                        scope, &notes, err);
    if (result == 0 && notes.len > 0)
        (void)fputs(notes.data, stderr);
    strbuf_free(&notes);
    return result;
}

int files_add(const struct monitoring *monitoring, struct output *output,
              struct err *err) {
    struct arena arena = {0};
    const struct template_scope scope = {values_of(monitoring, &arena), NULL};
    struct making making = {.monitoring = monitoring,
                            .scope = &scope,
                            .output = output,
                            .err = err};
    int result = scope.values ? 0 : err_set(err, ERR_MEMORY, "out of memory");
    for (const struct template_entry *entry = template_entries;
         entry->output && result == 0; entry++) {
        bool wanted;
        struct err inner;
        if (template_holds(&scope, entry->conditions, strlen(entry->conditions),
                           &wanted, &inner) != 0)
            result = err_set(err, inner.code, "MANIFEST:%u: %s", entry->line,
                             inner.message);
        else if (wanted)
            result = add_file(&making, entry);
        arena_free(&making.arena);
    }
    if (result == 0)
        result = print_notes(&scope, err);
    arena_free(&arena);
    return result;
}
