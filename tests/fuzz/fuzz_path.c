/* The path of a push: nothing beyond it is read, and accepted labels are
 * sorted, valid and within the limits. */
#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "ingest/group_path.h"
#include "metrics/metric.h"
#include "metrics/registry.h"

enum { VALUE_MAX = 128 };

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len);

static void check_label(const struct label *label) {
    assert(label_name_valid(label->name, strlen(label->name)));
    assert(label->value_len > 0 && label->value_len <= VALUE_MAX);
    assert(strlen(label->value) == label->value_len);
    assert(utf8_valid(label->value, label->value_len));
}

static void read_path(const char *path, size_t len, bool encoded) {
    struct arena arena = {0};
    struct group_path group = {0};
    struct err err = {.code = ERR_NONE};
    if (group_path_read(path, len, encoded, VALUE_MAX, &arena, &group, &err) !=
        0)
        assert(err.code != ERR_NONE && strncmp(err.message, "path: ", 6) == 0);
    assert(group.count <= FAMILY_LABELS_MAX);
    for (size_t i = 0; i < group.count; i++) {
        check_label(&group.labels[i]);
        if (i > 0)
            assert(strcmp(group.labels[i - 1].name, group.labels[i].name) < 0);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t len) {
    read_path((const char *)bytes, len, true);
    read_path((const char *)bytes, len, false);
    return 0;
}
