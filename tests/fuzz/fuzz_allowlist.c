/* An allowlist file: an accepted family has an exposition that nothing can
 * collide with; a refused file has a message with its place. */
#include <assert.h>
#include <string.h>

#include "config/allowlist.h"
#include "config/config.h"
#include "text_file.h"

static const struct limits limits = {.samples_per_push = 1000,
                                     .observations_per_sample = 1000,
                                     .label_value_bytes = 128,
                                     .families = 100,
                                     .series = 10000};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_family(const struct family *family) {
    size_t len = strlen(family->name);
    assert(len <= FAMILY_NAME_MAX && metric_name_valid(family->name, len));
    assert(family_combinations(family) <= (size_t)limits.series);
    for (size_t i = 0; i < family->label_count; i++) {
        const struct label_rule *rule = &family->labels[i];
        assert(label_name_valid(rule->name, strlen(rule->name)));
        assert(i == 0 || strcmp(family->labels[i - 1].name, rule->name) < 0);
    }
    for (size_t i = 1; i < family->bound_count; i++)
        assert(family->bounds[i] > family->bounds[i - 1]);
}

static void check_query(const struct sql_query *query) {
    enum metric_shape shape = metric_shape(query->family->type);
    assert(shape == SHAPE_TOTAL || shape == SHAPE_VALUE);
    assert(query->family->internal && query->family->any_labels);
    assert(query->sql[strspn(query->sql, " \t\r\n")] != '\0');
    assert(strlen(query->sql) <= SQL_QUERY_TEXT_MAX && query->place);
    assert(!query->database || *query->database);
    assert(query->every >= 1 && query->every <= SQL_QUERY_EVERY_MAX);
    assert(query->timeout >= 0.1 && query->timeout < (double)query->every);
    assert(query->label_count <= FAMILY_LABELS_MAX);
    for (size_t i = 1; i < query->label_count; i++)
        assert(strcmp(query->labels[i - 1], query->labels[i]) < 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    struct registry registry = {.room = 0};
    struct diagnostics diagnostics = {.count = 0};
    struct allowlist allowlist = {
        .registry = &registry, .limits = &limits, .path = "tallyman.json"};
    allowlist_load(&allowlist, text_file("allowlist.json", bytes, len),
                   &diagnostics);
    assert((diagnostics.count > 0) == (diagnostics.text.len > 0));
    for (size_t i = 0; diagnostics.count == 0 && i < registry_count(&registry);
         i++)
        check_family(registry.families[i]);
    for (size_t i = 0; diagnostics.count == 0 && i < allowlist.queries.count;
         i++)
        check_query(&allowlist.queries.queries[i]);
    diagnostics_free(&diagnostics);
    registry_free(&registry);
    return 0;
}
