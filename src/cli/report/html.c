#include "cli/report/html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "cli/report/show.h"
#include "cli/report/svg.h"

/* Backgrounds and text colours are always set together, so a mail program with
 * a dark theme changes both or none. All text has a contrast of 4.5 or more on
 * white and on the page's grey. */
#define PAGE "background-color:#f4f6f6;color:#14201e;"
#define CARD "background-color:#ffffff;color:#14201e;"
#define FONT                                                                   \
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',"       \
    "Arial,sans-serif;"
#define QUIET "color:#54635f"
#define BREAKS "word-break:break-word;overflow-wrap:anywhere"

/* Some mail programs cut a text of 102 KB: names and details are cut, here in
 * characters, and after that many bytes no table gets further rows. */
enum { NAME_MAX_SHOWN = 80, DETAIL_MAX_SHOWN = 300, ROWS_END = 80000 };

static const char *const tones[] = {[TONE_PLAIN] = "",
                                    [TONE_GOOD] = "#1a7f37",
                                    [TONE_MIDDLING] = "#8a5d00",
                                    [TONE_POOR] = "#c0281c"};

static const char *const fills[REPORT_SHARES] = {"#2f9e58", "#c98a12",
                                                 "#d6493d"};

/* --- text ----------------------------------------------------------------- */

static void add_text(struct strbuf *out, const char *text) {
    svg_escape(out, text, NAME_MAX_SHOWN);
}

/* In colour, if it has a tone. */
static void add_toned(struct strbuf *out, const char *text,
                      enum report_tone tone) {
    if (tone != TONE_PLAIN && *text)
        strbuf_printf(out, "<span style=\"color:%s\">", tones[tone]);
    add_text(out, text);
    if (tone != TONE_PLAIN && *text)
        strbuf_add_string(out, "</span>");
}

/* A name may break after these characters, even without styles. */
static void add_name(struct strbuf *out, const char *text) {
    struct strbuf name = {0};
    svg_escape(&name, text, NAME_MAX_SHOWN);
    const char *at = strbuf_text(&name);
    while (*at) {
        size_t len = strcspn(at, "_/");
        len += strspn(at + len, "_/");
        strbuf_add(out, at, len);
        at += len;
        strbuf_add_string(out, *at ? "<wbr>" : "");
    }
    out->failed |= name.failed;
    strbuf_free(&name);
}

/* Words in backquotes are code. */
static void add_hint(struct strbuf *out, const char *text) {
    char part[DETAIL_MAX_SHOWN];
    bool code = false;
    while (*text) {
        size_t len = strcspn(text, "`");
        const size_t room = len < sizeof(part) ? len : sizeof(part) - 1;
        memcpy(part, text, room);
        part[room] = '\0';
        strbuf_add_string(out, code ? "<code>" : "");
        svg_escape(out, part, SIZE_MAX);
        strbuf_add_string(out, code ? "</code>" : "");
        code = !code;
        text += len + (text[len] == '`');
    }
}

/* --- blocks --------------------------------------------------------------- */

/* Side by side if there is room. */
static void add_figures(struct strbuf *out, const struct report_figure *first) {
    for (const struct report_figure *one = first; one; one = one->next) {
        strbuf_add_string(
            out, "<div style=\"display:inline-block;vertical-align:top;"
                 "width:31%;min-width:142px;padding:8px 0\">"
                 "<div style=\"font-size:13px;" QUIET "\">");
        add_text(out, one->name);
        strbuf_add_string(out, "</div><div><b style=\"font-size:22px\">");
        add_text(out, one->value);
        strbuf_add_string(out, "</b>");
        if (*one->rating) {
            strbuf_add_string(out, " <b style=\"font-size:13px\">");
            add_toned(out, one->rating, one->rating_tone);
            strbuf_add_string(out, "</b>");
        }
        strbuf_add_string(out, "</div><div style=\"font-size:13px\">");
        add_toned(out, one->change, one->change_tone);
        strbuf_add_string(out, "</div></div>\n");
    }
}

static void add_legend(struct strbuf *out, const struct report_plot *plot) {
    strbuf_add_string(out, "<p style=\"margin:4px 0 8px;font-size:13px\">");
    for (size_t i = 0; i < plot->line_count; i++) {
        const struct report_line *line = &plot->lines[i];
        const bool drawn = line->look == LOOK_LINE || line->look == LOOK_BEFORE;
        strbuf_printf(out,
                      "%s<span style=\"white-space:nowrap\"><span "
                      "style=\"color:%s\" aria-hidden=\"true\">%s</span> ",
                      i > 0 ? " &nbsp; " : "", svg_color(line->look),
                      line->look == LOOK_BEFORE ? "╌"
                      : drawn                   ? "━"
                                                : "■");
        add_text(out, line->name);
        strbuf_add_string(out, " <b>");
        add_text(out, line->whole);
        strbuf_add_string(out, "</b></span>");
    }
    strbuf_add_string(out, "</p>\n");
}

/* The name of a step, such as `Mon 16 Nov`, on two lines. */
static void add_step(struct strbuf *out, const char *step) {
    const char *space = strchr(step, ' ');
    char day[16];
    const size_t len = space ? (size_t)(space - step) : strlen(step);
    (void)memcpy(day, step, len < sizeof(day) ? len : sizeof(day) - 1);
    day[len < sizeof(day) ? len : sizeof(day) - 1] = '\0';
    strbuf_add_string(out, "<td width=\"14%\" align=\"center\" "
                           "style=\"font-size:12px;" QUIET "\">");
    add_text(out, day);
    strbuf_add_string(out, space ? "<br>" : "");
    add_text(out, space ? space + 1 : "");
    strbuf_add_string(out, "</td>");
}

static void add_plot(struct strbuf *out, const struct report_plot *plot) {
    struct arena arena = {0};
    const char *top = show_number(&arena, svg_top(plot));
    strbuf_add_string(out, "<h3 style=\"margin:12px 0 0;font-size:15px\">");
    add_text(out, plot->name);
    strbuf_add_string(out, "</h3>\n");
    add_legend(out, plot);
    strbuf_add_string(out, "<div aria-hidden=\"true\" style=\"font-size:12px;"
                           "line-height:1.2;" QUIET "\">");
    add_text(out, top);
    strbuf_add_string(out, "</div>\n");
    svg_write(plot, top, out);
    strbuf_add_string(out, "<table role=\"presentation\" aria-hidden=\"true\" "
                           "width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
                           "border=\"0\"><tr>");
    for (size_t i = 0; i < REPORT_STEPS; i++)
        add_step(out, plot->steps[i]);
    strbuf_add_string(out, "</tr></table>\n");
    out->failed |= arena.failed;
    arena_free(&arena);
}

static void add_bar(struct strbuf *out, double part) {
    if (!isfinite(part))
        return;
    strbuf_printf(out,
                  "<div style=\"width:%.0f%%;height:4px;font-size:0;"
                  "background-color:#45a399\"></div>",
                  fmin(fmax(part * 100, part > 0 ? 1 : 0), 100));
}

/* A line below a row, as wide as the table. */
static void add_detail(struct strbuf *out, const struct report_row *row,
                       size_t columns) {
    strbuf_printf(out,
                  "<tr><td colspan=\"%zu\" style=\"padding:0 4px 8px;"
                  "font-size:12px;" QUIET ";" BREAKS "\">",
                  columns);
    if (row->shared) {
        strbuf_add_string(out, "<table role=\"presentation\" "
                               "aria-hidden=\"true\" width=\"100%\" "
                               "cellpadding=\"0\" cellspacing=\"0\" "
                               "border=\"0\"><tr>");
        for (size_t i = 0; i < REPORT_SHARES; i++)
            if (row->shares[i] > 0)
                strbuf_printf(out,
                              "<td width=\"%.1f%%\" height=\"6\" "
                              "style=\"font-size:0;line-height:0;"
                              "background-color:%s\"></td>",
                              row->shares[i] * 100, fills[i]);
        strbuf_add_string(out, "</tr></table>");
    }
    svg_escape(out, row->detail, DETAIL_MAX_SHOWN);
    strbuf_add_string(out, "</td></tr>\n");
}

static void add_row(struct strbuf *out, const struct report_block *block,
                    const struct report_row *row) {
    strbuf_add_string(out, "<tr style=\"border-top:1px solid #d5dedc\">");
    for (size_t i = 0; i < block->column_count; i++) {
        const struct report_cell *cell = &row->cells[i];
        if (i == 0) {
            strbuf_add_string(out, "<th scope=\"row\" align=\"left\" style=\""
                                   "font-weight:normal;text-align:left;" BREAKS
                                   "\">");
            add_name(out, cell->text);
            add_bar(out, row->part);
            strbuf_add_string(out, "</th>");
            continue;
        }
        strbuf_add_string(out, block->columns[i].text ? "<td>"
                                                      : "<td align=\"right\">");
        add_toned(out, cell->text, cell->tone);
        strbuf_add_string(out, "</td>");
    }
    strbuf_add_string(out, "</tr>\n");
    if (*row->detail)
        add_detail(out, row, block->column_count);
}

/* Rows that would make the file too long are left out. */
static void add_rows(struct strbuf *out, const struct report_block *block) {
    const struct report_row *row = block->rows;
    for (; row && out->len < ROWS_END; row = row->next)
        add_row(out, block, row);
    if (row)
        strbuf_printf(out,
                      "<tr><td colspan=\"%zu\">More rows are left out: mail "
                      "programs cut long texts.</td></tr>\n",
                      block->column_count);
}

static void add_table(struct strbuf *out, const struct report_block *block,
                      const char *section) {
    strbuf_add_string(
        out, "<table width=\"100%\" cellpadding=\"4\" cellspacing=\"0\" "
             "border=\"0\" style=\"margin-top:12px;font-size:14px;"
             "border-collapse:collapse\">\n");
    if (strcmp(block->text, section) != 0) {
        strbuf_add_string(out, "<caption style=\"text-align:left\"><h3 "
                               "align=\"left\" style=\"margin:0;padding:4px 0;"
                               "font-size:15px\">");
        add_text(out, block->text);
        strbuf_add_string(out, "</h3></caption>\n");
    }
    strbuf_add_string(out, "<tr>");
    for (size_t i = 0; i < block->column_count; i++) {
        const char *side = block->columns[i].text ? "left" : "right";
        strbuf_printf(out,
                      "<th scope=\"col\" align=\"%s\" style=\"font-size:12px;"
                      "text-align:%s;" QUIET "\">",
                      side, side);
        add_text(out, block->columns[i].name);
        strbuf_add_string(out, "</th>");
    }
    strbuf_add_string(out, "</tr>\n");
    add_rows(out, block);
    strbuf_add_string(out, "</table>\n");
}

static void add_block(struct strbuf *out, const struct report_block *block,
                      const struct report_section *section) {
    switch (block->kind) {
    case BLOCK_FIGURES:
        add_figures(out, block->figures);
        break;
    case BLOCK_PLOT:
        add_plot(out, block->plot);
        break;
    case BLOCK_TABLE:
        add_table(out, block, section->name);
        break;
    case BLOCK_NOTE:
        strbuf_add_string(out, "<p style=\"margin:8px 0;font-size:14px;" BREAKS
                               "\">");
        add_hint(out, block->text);
        strbuf_add_string(out, "</p>\n");
        break;
    }
}

/* --- all of it ------------------------------------------------------------ */

static void add_section(struct strbuf *out,
                        const struct report_section *section) {
    if (!section->blocks && !*section->name)
        return;
    strbuf_add_string(out, "<tr><td style=\"padding:0 0 16px\">\n"
                           "<table role=\"presentation\" width=\"100%\" "
                           "cellpadding=\"14\" cellspacing=\"0\" border=\"0\" "
                           "style=\"" CARD "border:1px solid #d5dedc;"
                           "border-radius:12px;border-collapse:separate\">"
                           "<tr><td style=\"" CARD "border-radius:12px\">\n");
    if (*section->name) {
        strbuf_add_string(out, "<h2 style=\"margin:0;font-size:18px\">");
        add_text(out, section->name);
        strbuf_add_string(out, "</h2>\n");
    }
    if (*section->hint) {
        strbuf_add_string(out, "<p style=\"margin:2px 0 0;font-size:13px;" QUIET
                               "\">");
        add_hint(out, section->hint);
        strbuf_add_string(out, "</p>\n");
    }
    for (const struct report_block *block = section->blocks; block;
         block = block->next)
        add_block(out, block, section);
    strbuf_add_string(out, "</td></tr></table>\n</td></tr>\n");
}

static void add_head(struct strbuf *out, const struct report *report) {
    strbuf_add_string(
        out, "<!doctype html>\n<html lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" "
             "content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light\">\n<title>");
    add_text(out, report->site);
    strbuf_add_string(out, ": ");
    add_text(out, report->period);
    strbuf_add_string(
        out, "</title>\n</head>\n<body style=\"margin:0;padding:0;" PAGE
             "\">\n<div role=\"main\">\n"
             "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
             "cellspacing=\"0\" border=\"0\" style=\"" PAGE FONT
             "font-size:15px;line-height:1.45\"><tr><td align=\"center\" "
             "style=\"padding:16px 8px\">\n"
             "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
             "cellspacing=\"0\" border=\"0\" style=\"max-width:680px;"
             "text-align:left\">\n<tr><td style=\"padding:0 6px 16px\">\n"
             "<p style=\"margin:0;font-size:13px;" QUIET ";" BREAKS "\">"
             "Weekly report of ");
    add_text(out, report->site);
    strbuf_add_string(out, "</p>\n<h1 style=\"margin:2px 0;font-size:24px;"
                           "line-height:1.25\">");
    add_text(out, report->period);
    strbuf_add_string(out,
                      "</h1>\n<p style=\"margin:0;font-size:13px;" QUIET "\">");
    add_text(out, report->compared);
    strbuf_add_string(out, "</p>\n</td></tr>\n");
}

void html_write(const struct report *report, struct strbuf *out) {
    add_head(out, report);
    for (const struct report_section *section = report->sections; section;
         section = section->next)
        add_section(out, section);
    if (report->address) {
        strbuf_add_string(out, "<tr><td style=\"padding:0 6px 16px;" BREAKS
                               "\">More is on the <a style=\"color:#0b5d56\" "
                               "href=\"");
        svg_escape(out, report->address, SIZE_MAX);
        strbuf_add_string(out, "\">dashboard</a>.</td></tr>\n");
    }
    strbuf_add_string(
        out, "</table>\n</td></tr></table>\n</div>\n</body>\n</html>\n");
}
