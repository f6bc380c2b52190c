#include "cli/report/text.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "cli/command/terminal.h"
#include "cli/look/bars.h"

enum { WIDTH = 80, INDENT = 2, GAP = 2, BAR_WIDTH = 20, COLUMNS_MAX = 8 };

struct writer {
    struct strbuf *out;
    struct strbuf piece;
    bool utf8;
};

/* --- pieces --------------------------------------------------------------- */

/* ASCII replacements for the characters in reports. */
static const struct {
    const char *text;
    const char *plain;
    const char *ascii;
} substitutes[] = {{"\u00a0", " ", " "},
                   {"–", "–", "-"},
                   {"−", "−", "-"},
                   {"µ", "µ", "u"},
                   {"…", "…", "..."}};

enum { SUBSTITUTES = sizeof(substitutes) / sizeof(substitutes[0]) };

/* The text as shown, in writer->piece, of at most that many columns. */
static const char *make_piece(struct writer *writer, const char *text,
                              size_t columns) {
    struct strbuf *piece = &writer->piece;
    strbuf_reset(piece);
    while (*text) {
        size_t len = strcspn(text, "\xc2\xe2");
        utf8_escape(piece, text, len, writer->utf8);
        text += len;
        if (!*text)
            break;
        size_t i = 0;
        while (i < SUBSTITUTES && strncmp(text, substitutes[i].text,
                                          strlen(substitutes[i].text)) != 0)
            i++;
        if (i < SUBSTITUTES) {
            strbuf_add_string(piece, writer->utf8 ? substitutes[i].plain
                                                  : substitutes[i].ascii);
            text += strlen(substitutes[i].text);
            continue;
        }
        uint32_t code;
        len = utf8_decode(text, strlen(text), &code);
        utf8_escape(piece, text, len, writer->utf8);
        text += len;
    }
    if (piece->failed || piece->len == 0)
        return "";
    if (terminal_width(piece->data, piece->len) <= columns)
        return piece->data;
    const char *more = writer->utf8 ? "…" : "...";
    const size_t most = columns - terminal_width(more, strlen(more));
    size_t kept = 0;
    while (kept < piece->len) {
        uint32_t code;
        const size_t len =
            utf8_decode(piece->data + kept, piece->len - kept, &code);
        if (terminal_width(piece->data, kept + len) > most)
            break;
        kept += len;
    }
    piece->len = kept;
    strbuf_add_string(piece, more);
    return piece->failed ? "" : piece->data;
}

static size_t width_of(struct writer *writer, const char *text) {
    const char *piece = make_piece(writer, text, SIZE_MAX);
    return terminal_width(piece, strlen(piece));
}

static void add_spaces(struct writer *writer, size_t count) {
    while (count-- > 0)
        strbuf_add_char(writer->out, ' ');
}

static void add_cell(struct writer *writer, const char *text, size_t width,
                     bool left) {
    const char *piece = make_piece(writer, text, width);
    const size_t used = terminal_width(piece, strlen(piece));
    if (!left)
        add_spaces(writer, width - used);
    strbuf_add_string(writer->out, piece);
    if (left)
        add_spaces(writer, width - used);
}

/* Ends the line and strips trailing spaces. */
static void end_line(struct writer *writer) {
    struct strbuf *out = writer->out;
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
    strbuf_add_char(out, '\n');
}

/* Writes text in lines broken at spaces. */
static void add_filled(struct writer *writer, const char *text, size_t indent) {
    struct strbuf word = {0};
    size_t column = 0;
    while (*text) {
        const size_t len = strcspn(text, " ");
        strbuf_reset(&word);
        strbuf_add(&word, text, len);
        const char *piece = make_piece(writer, word.data, SIZE_MAX);
        const size_t width = terminal_width(piece, strlen(piece));
        if (column > 0 && column + 1 + width > WIDTH) {
            end_line(writer);
            column = 0;
        }
        add_spaces(writer, column == 0 ? indent : 1);
        strbuf_add_string(writer->out, piece);
        column += (column == 0 ? indent : 1) + width;
        text += len + strspn(text + len, " ");
    }
    end_line(writer);
    writer->out->failed |= word.failed;
    strbuf_free(&word);
}

static void add_rule(struct writer *writer, const char *text, char line) {
    size_t width = width_of(writer, text);
    add_filled(writer, text, 0);
    for (size_t i = 0; i < width && i < WIDTH; i++)
        strbuf_add_char(writer->out, line);
    strbuf_add_char(writer->out, '\n');
}

/* --- blocks --------------------------------------------------------------- */

static void add_figures(struct writer *writer,
                        const struct report_figure *first) {
    size_t names = 0;
    size_t values = 0;
    size_t ratings = 0;
    for (const struct report_figure *one = first; one; one = one->next) {
        const size_t name = width_of(writer, one->name);
        const size_t value = width_of(writer, one->value);
        const size_t rating = width_of(writer, one->rating);
        names = name > names ? name : names;
        values = value > values ? value : values;
        ratings = rating > ratings ? rating : ratings;
    }
    for (const struct report_figure *one = first; one; one = one->next) {
        add_spaces(writer, INDENT);
        add_cell(writer, one->name, names, true);
        add_spaces(writer, GAP);
        add_cell(writer, one->value, values, false);
        add_spaces(writer, GAP);
        add_cell(writer, one->rating, ratings, true);
        add_spaces(writer, ratings > 0 ? GAP : 0);
        add_cell(writer, one->change, width_of(writer, one->change), true);
        end_line(writer);
    }
}

/* The widths of a table's columns, and of its bars. */
struct layout {
    size_t widths[COLUMNS_MAX];
    size_t columns;
    size_t bar;
};

/* Names are shortened if the table does not fit. */
static void find_layout(struct writer *writer, const struct report_block *block,
                        struct layout *layout) {
    enum { NAME_LEAST = 12, BAR_LEAST = 8 };
    size_t rest = INDENT;
    bool bars = false;
    *layout = (struct layout){.columns = block->column_count};
    if (layout->columns > COLUMNS_MAX)
        layout->columns = COLUMNS_MAX;
    for (size_t i = 0; i < layout->columns; i++) {
        size_t *widest = &layout->widths[i];
        *widest = width_of(writer, block->columns[i].name);
        for (const struct report_row *row = block->rows; row; row = row->next) {
            const size_t width = width_of(writer, row->cells[i].text);
            *widest = width > *widest ? width : *widest;
            bars |= isfinite(row->part);
        }
        rest += i > 0 ? *widest + GAP : 0;
    }
    const size_t room = rest + NAME_LEAST < WIDTH ? WIDTH - rest : NAME_LEAST;
    if (layout->widths[0] > room)
        layout->widths[0] = room;
    const size_t left = room - layout->widths[0];
    if (bars && left >= GAP + BAR_LEAST)
        layout->bar = left < GAP + BAR_WIDTH ? left - GAP : BAR_WIDTH;
}

static void add_bar(struct writer *writer, const struct layout *layout,
                    double part) {
    if (layout->bar == 0 || !isfinite(part))
        return;
    add_spaces(writer, GAP);
    bars_add_bar(writer->out, part, (int)layout->bar, writer->utf8);
}

static void add_table(struct writer *writer, const struct report_block *block) {
    struct layout layout;
    find_layout(writer, block, &layout);
    for (size_t i = 0; i < layout.columns; i++) {
        add_spaces(writer, i == 0 ? INDENT : GAP);
        add_cell(writer, block->columns[i].name, layout.widths[i],
                 block->columns[i].text);
    }
    end_line(writer);
    for (const struct report_row *row = block->rows; row; row = row->next) {
        for (size_t i = 0; i < layout.columns; i++) {
            add_spaces(writer, i == 0 ? INDENT : GAP);
            add_cell(writer, row->cells[i].text, layout.widths[i],
                     block->columns[i].text);
        }
        add_bar(writer, &layout, row->part);
        end_line(writer);
        if (*row->detail)
            add_filled(writer, row->detail, (size_t)INDENT + INDENT);
    }
}

static void add_block(struct writer *writer, const struct report_block *block,
                      const struct report_section *section) {
    switch (block->kind) {
    case BLOCK_FIGURES:
        strbuf_add_char(writer->out, '\n');
        add_figures(writer, block->figures);
        break;
    case BLOCK_PLOT: /* its numbers are in the table that follows */
        break;
    case BLOCK_TABLE:
        strbuf_add_char(writer->out, '\n');
        if (strcmp(block->text, section->name) != 0)
            add_filled(writer, block->text, 0);
        add_table(writer, block);
        break;
    case BLOCK_NOTE:
        add_filled(writer, block->text, INDENT);
        break;
    }
}

void text_write(const struct report *report, bool utf8, struct strbuf *out) {
    struct writer writer = {.out = out, .utf8 = utf8};
    struct strbuf title = {0};
    strbuf_printf(&title, "Weekly report: %s, %s", report->site,
                  report->period);
    add_rule(&writer, strbuf_text(&title), '=');
    add_filled(&writer, report->compared, 0);
    for (const struct report_section *section = report->sections; section;
         section = section->next) {
        if (*section->name) {
            strbuf_add_char(out, '\n');
            strbuf_add_char(out, '\n');
            add_rule(&writer, section->name, '-');
        }
        if (*section->hint)
            add_filled(&writer, section->hint, 0);
        for (const struct report_block *block = section->blocks; block;
             block = block->next)
            add_block(&writer, block, section);
    }
    if (report->address) {
        strbuf_add_char(out, '\n');
        add_filled(&writer, "More is on the dashboard:", 0);
        add_filled(&writer, report->address, 0);
    }
    out->failed |= title.failed || writer.piece.failed;
    strbuf_free(&title);
    strbuf_free(&writer.piece);
}
