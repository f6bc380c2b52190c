#include <string.h>

#include "base/strbuf.h"
#include "ingest/builder.h"

/* Appends an exemplar to the series; NULL if memory ran out. The capacity is a
 * power of two. */
static struct exemplar *add(struct builder *builder) {
    struct pushed_series *series = builder_current(builder);
    size_t count = series->exemplar_count;
    bool full = (count & (count - 1)) == 0;
    if (full || series->exemplars != builder->exemplars) {
        size_t room = 1;
        while (room <= count)
            room *= 2;
        struct exemplar *all =
            arena_take(&builder->out->arena, room * sizeof(*all));
        if (!all)
            return NULL;
        if (count > 0)
            memcpy(all, series->exemplars, count * sizeof(*all));
        builder->exemplars = all;
        series->exemplars = all;
    }
    series->exemplar_count++;
    return &builder->exemplars[count];
}

int builder_exemplar(struct builder *builder, const struct label *labels,
                     size_t count, double value, double time) {
    struct arena *arena = &builder->out->arena;
    struct label sorted[PUSHED_LABELS_MAX];
    struct strbuf json = {0};
    struct exemplar *exemplar = add(builder);
    if (count > 0)
        memcpy(sorted, labels, count * sizeof(*labels));
    label_sort(sorted, count);
    label_set_write_json(sorted, count, &json);
    const char *text =
        json.failed ? NULL : arena_copy(arena, json.data, json.len);
    if (exemplar && text)
        *exemplar = (struct exemplar){text, json.len, value, time};
    strbuf_free(&json);
    return exemplar && text ? 0 : err_no_memory(builder->err);
}
