#include "cli/look/bars.h"

#include <math.h>

#include "base/number.h"
#include "base/utf8.h"
#include "cli/look/sheet.h"

/* The longest bar, in columns of the terminal. */
enum { BAR_WIDTH = 40 };

void bars_add_bar(struct strbuf *bar, double share, int width, bool utf8) {
    long eighths = lround(share * width * 8);
    if (eighths == 0 && share > 0)
        eighths = 1;
    if (!utf8) {
        for (long i = 0; i < (eighths + 7) / 8; i++)
            strbuf_add_char(bar, '#');
        return;
    }
    for (long i = 0; i < eighths / 8; i++)
        strbuf_add_string(bar, "\u2588");
    if (eighths % 8 > 0) {
        /* U+2588 is the full block, U+258F an eighth of it. */
        const char part[] = {'\xE2', '\x96', (char)(0x90 - eighths % 8)};
        strbuf_add(bar, part, sizeof(part));
    }
}

static void add_heading(const struct family *family,
                        const struct json_object *labels, bool utf8,
                        struct strbuf *out) {
    struct strbuf pairs = {0};
    strbuf_add_char(out, '\n');
    if (labels)
        label_json_show(labels, &pairs);
    if (pairs.len > 0)
        utf8_escape(out, pairs.data, pairs.len, utf8);
    else
        strbuf_add_string(out, family->name);
    strbuf_add_char(out, '\n');
    out->failed |= pairs.failed;
    strbuf_free(&pairs);
}

void bars_add(const struct family *family, const struct json_object *labels,
              const uint64_t *buckets, bool utf8, struct strbuf *out) {
    struct sheet sheet;
    struct strbuf bar = {0};
    uint64_t most = 1;
    for (size_t i = 0; i <= family->bound_count; i++)
        if (buckets[i] > most)
            most = buckets[i];
    add_heading(family, labels, utf8, out);
    sheet_begin(&sheet, SHEET_TABLE, utf8, out);
    sheet_column(&sheet, NULL, "up to");
    sheet_column(&sheet, NULL, "count");
    sheet_column(&sheet, NULL, "");
    for (size_t i = 0; i <= family->bound_count; i++) {
        sheet_row(&sheet);
        sheet_number(&sheet, family_bound(family, i));
        sheet_count(&sheet, buckets[i]);
        strbuf_reset(&bar);
        bars_add_bar(&bar, (double)buckets[i] / (double)most, BAR_WIDTH, utf8);
        sheet_text(&sheet, strbuf_text(&bar), bar.len);
    }
    out->failed |= bar.failed;
    sheet_end(&sheet, "  ", NULL);
    strbuf_free(&bar);
}

void bars_write_json(const struct family *family, const uint64_t *buckets,
                     struct json_writer *json, const char *key) {
    json_writer_open(json, key, '[');
    for (size_t i = 0; i <= family->bound_count; i++) {
        json_writer_open(json, NULL, '{');
        if (i < family->bound_count)
            json_writer_number(json, "le", family->bounds[i]);
        else
            json_writer_string(json, "le", "+Inf");
        json_writer_natural(json, "count", buckets[i]);
        json_writer_close(json, '}');
    }
    json_writer_close(json, ']');
}
