#include "ingest/groups.h"

#include <stdlib.h>
#include <string.h>

#include "metrics/registry.h"

struct group_labels {
    const struct label *list; /* sorted by name */
    size_t count;
};

struct finding {
    struct pushed *pushed;
    struct value_set sets; /* the groups' labels as JSON; the index is that of
                              groups and labels */
    struct batch_group *groups;
    struct group_labels *labels; /* sorted, for each group */
    size_t room;
};

/* Makes room for one more group. Returns false if memory ran out. */
static bool grow(struct finding *finding) {
    size_t count = finding->sets.count;
    if (count < finding->room)
        return true;
    size_t room = finding->room > 0 ? finding->room * 2 : 16;
    struct arena *arena = &finding->pushed->arena;
    struct batch_group *groups = arena_take(arena, room * sizeof(*groups));
    struct group_labels *labels =
        realloc(finding->labels, room * sizeof(*labels));
    if (labels)
        finding->labels = labels;
    if (!groups || !labels)
        return false;
    if (count > 0)
        memcpy(groups, finding->groups, count * sizeof(*groups));
    finding->groups = groups;
    finding->room = room;
    return true;
}

/* Gets or adds the group with the labels of a series; NULL if memory ran out.
 */
static struct batch_group *add_group(struct finding *finding,
                                     const struct pushed_series *series) {
    struct strbuf json = {0};
    struct arena *arena = &finding->pushed->arena;
    const size_t count = series->label_count;
    const size_t before = finding->sets.count;
    struct label *sorted = arena_take(arena, count * sizeof(*sorted));
    if (!sorted || !grow(finding))
        return NULL;
    memcpy(sorted, series->labels, count * sizeof(*sorted));
    label_sort(sorted, count);
    label_set_write_json(sorted, count, &json);
    uint32_t index = json.failed
                         ? VALUE_NONE
                         : value_set_add(&finding->sets, json.data, json.len);
    struct batch_group *group =
        index == VALUE_NONE ? NULL : &finding->groups[index];
    if (group && finding->sets.count > before) {
        finding->labels[index] = (struct group_labels){sorted, count};
        *group = (struct batch_group){
            .labels = arena_copy(arena, json.data, json.len),
            .labels_len = json.len};
        if (!group->labels)
            group = NULL;
    }
    strbuf_free(&json);
    return group;
}

static int read_times(struct finding *finding, const char *name, bool failure) {
    const struct pushed_family *family =
        pushed_find(finding->pushed, name, strlen(name));
    for (size_t i = 0; family && i < family->count; i++) {
        const struct pushed_series *series = &family->series[i];
        double time = series->value;
        if (series->label_count == 0 ||
            series->label_count > FAMILY_LABELS_MAX ||
            !(time >= 0 && time <= METRIC_VALUE_MAX))
            continue;
        struct batch_group *group = add_group(finding, series);
        if (!group)
            return -1;
        *(failure ? &group->failed_at : &group->pushed_at) = time;
    }
    return 0;
}

static bool has_all(const struct pushed_series *series,
                    const struct group_labels *labels) {
    for (size_t i = 0; i < labels->count; i++)
        if (!pushed_has_label(series, &labels->list[i]))
            return false;
    return true;
}

static void place(const struct finding *finding, struct pushed_series *series) {
    size_t most = 0;
    for (size_t i = 0; i < finding->sets.count; i++) {
        const struct group_labels *labels = &finding->labels[i];
        if (labels->count > most && has_all(series, labels)) {
            most = labels->count;
            series->group = &finding->groups[i];
        }
    }
}

static void place_all(const struct finding *finding) {
    struct pushed *pushed = finding->pushed;
    for (size_t i = 0; i < pushed_count(pushed); i++) {
        const struct pushed_family *family = &pushed->families[i];
        for (size_t j = 0; j < family->count; j++)
            place(finding, &family->series[j]);
    }
}

int pushed_groups_find(struct pushed *pushed, struct batch_group **groups,
                       size_t *count) {
    struct finding finding = {.pushed = pushed};
    int result = -1;
    if (read_times(&finding, METRIC_PUSH_TIME, false) == 0 &&
        read_times(&finding, METRIC_PUSH_FAILURE_TIME, true) == 0) {
        place_all(&finding);
        *groups = finding.groups;
        *count = finding.sets.count;
        result = 0;
    }
    value_set_free(&finding.sets);
    free(finding.labels);
    return result;
}
