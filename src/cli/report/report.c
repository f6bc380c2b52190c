#include "cli/report/report.h"

#include <string.h>

static void *take(struct report *report, size_t size) {
    void *memory = arena_take(&report->arena, size);
    if (memory)
        memset(memory, 0, size);
    return memory;
}

void report_section(struct report *report, const char *name, const char *hint) {
    struct report_section *section = take(report, sizeof(*section));
    if (!section)
        return;
    section->name = name;
    section->hint = hint;
    if (report->last)
        report->last->next = section;
    else
        report->sections = section;
    report->last = section;
}

/* NULL when memory ran out. */
static struct report_block *add_block(struct report *report,
                                      enum report_kind kind, const char *text) {
    struct report_section *section = report->last;
    struct report_block *block = section ? take(report, sizeof(*block)) : NULL;
    if (!block)
        return NULL;
    block->kind = kind;
    block->text = text;
    if (section->last)
        section->last->next = block;
    else
        section->blocks = block;
    section->last = block;
    return block;
}

/* The last block, if it is of that kind. */
static struct report_block *last_block(const struct report *report,
                                       enum report_kind kind) {
    struct report_block *block = report->last ? report->last->last : NULL;
    return block && block->kind == kind ? block : NULL;
}

void report_figure(struct report *report, const struct report_figure *figure) {
    struct report_block *block = last_block(report, BLOCK_FIGURES);
    struct report_figure *copy = take(report, sizeof(*copy));
    if (!block)
        block = add_block(report, BLOCK_FIGURES, "");
    if (!block || !copy)
        return;
    *copy = *figure;
    copy->next = NULL;
    if (block->last_figure)
        block->last_figure->next = copy;
    else
        block->figures = copy;
    block->last_figure = copy;
}

void report_plot(struct report *report, const struct report_plot *plot) {
    struct report_plot *copy = take(report, sizeof(*copy));
    struct report_block *block =
        copy ? add_block(report, BLOCK_PLOT, plot->name) : NULL;
    if (!block)
        return;
    *copy = *plot;
    block->plot = copy;
}

void report_table(struct report *report, const char *caption,
                  const struct report_column *columns, size_t count) {
    struct report_block *block = add_block(report, BLOCK_TABLE, caption);
    if (!block)
        return;
    block->columns = columns;
    block->column_count = count;
}

void report_row(struct report *report, double part) {
    struct report_block *block = last_block(report, BLOCK_TABLE);
    struct report_row *row = block ? take(report, sizeof(*row)) : NULL;
    if (!row)
        return;
    row->cells = take(report, block->column_count * sizeof(*row->cells) + 1);
    row->part = part;
    row->detail = "";
    if (!row->cells)
        return;
    for (size_t i = 0; i < block->column_count; i++)
        row->cells[i].text = "";
    if (block->last_row)
        block->last_row->next = row;
    else
        block->rows = row;
    block->last_row = row;
}

static struct report_row *last_row(const struct report *report) {
    const struct report_block *block = last_block(report, BLOCK_TABLE);
    return block ? block->last_row : NULL;
}

void report_toned(struct report *report, const char *text,
                  enum report_tone tone) {
    const struct report_block *block = last_block(report, BLOCK_TABLE);
    struct report_row *row = last_row(report);
    if (row && row->cell_count < block->column_count)
        row->cells[row->cell_count++] = (struct report_cell){text, tone};
}

void report_cell(struct report *report, const char *text) {
    report_toned(report, text, TONE_PLAIN);
}

void report_detail(struct report *report, const char *text,
                   const double *shares) {
    struct report_row *row = last_row(report);
    if (!row)
        return;
    row->detail = text;
    row->shared = shares != NULL;
    if (shares)
        memcpy(row->shares, shares, sizeof(row->shares));
}

void report_note(struct report *report, const char *text) {
    (void)add_block(report, BLOCK_NOTE, text);
}

void report_free(struct report *report) {
    arena_free(&report->arena);
    *report = (struct report){.site = NULL};
}
