#include "ingest/otlp/attributes.h"

#include <string.h>

static int compare_bytes(const ProtobufCBinaryData *a,
                         const ProtobufCBinaryData *b) {
    size_t len = a->len < b->len ? a->len : b->len;
    int order = len > 0 ? memcmp(a->data, b->data, len) : 0;
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

const Otlp__AnyValue *otlp_attribute(struct otlp_attributes attributes,
                                     const char *key) {
    const ProtobufCBinaryData wanted = {strlen(key), (uint8_t *)key};
    for (size_t i = 0; i < attributes.count; i++)
        if (compare_bytes(&attributes.items[i]->key, &wanted) == 0)
            return attributes.items[i]->value;
    return NULL;
}

size_t otlp_attributes_sort(struct otlp_attributes attributes,
                            const Otlp__KeyValue **sorted) {
    size_t count = 0;
    for (; count < attributes.count && count < OTLP_ATTRIBUTES_MAX; count++) {
        const Otlp__KeyValue *item = attributes.items[count];
        size_t at = count;
        for (; at > 0 && compare_bytes(&sorted[at - 1]->key, &item->key) > 0;
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = item;
    }
    return count;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_label_character(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Names such as __this__ are reserved for Prometheus and stay unchanged. */
static bool is_reserved(const char *key, size_t len) {
    return len > 4 && memcmp(key, "__", 2) == 0 &&
           memcmp(key + len - 2, "__", 2) == 0;
}

/* Returns a label name, NUL-terminated; NULL if memory ran out. */
static const char *name_label(const char *prefix, const char *key, size_t len,
                              struct arena *arena) {
    const char digit_prefix[] = "key_";
    size_t prefix_len = strlen(prefix);
    char *name = arena_take(arena, prefix_len + sizeof(digit_prefix) + len);
    if (!name)
        return NULL;
    char *end = mempcpy(name, prefix, prefix_len);
    if (prefix_len == 0 && len > 0 && is_digit(*key))
        end = mempcpy(end, digit_prefix, sizeof(digit_prefix) - 1);
    bool kept = is_reserved(key, len);
    for (size_t i = 0; i < len; i++) {
        bool fits = is_label_character(key[i]);
        if (fits || kept || end == name || end[-1] != '_')
            *end++ = fits ? key[i] : '_';
    }
    *end = '\0';
    return name;
}

/* Joins the values of two keys that convert to the same name. */
static int join(struct label *label, const char *text, size_t len,
                struct arena *arena) {
    char *joined = arena_take(arena, label->value_len + len + 2);
    if (!joined)
        return -1;
    char *end = mempcpy(joined, label->value, label->value_len);
    *end++ = ';';
    end = mempcpy(end, text, len);
    *end = '\0';
    label->value = joined;
    label->value_len += len + 1;
    return 0;
}

static int add_label(struct otlp_labels *labels, const char *prefix,
                     const Otlp__KeyValue *item, struct arena *arena) {
    static const char metric_name[] = "__name__";
    const ProtobufCBinaryData *key = &item->key;
    const char *key_text = key->len > 0 ? (const char *)key->data : "";
    size_t len;
    const char *text = otlp_text(item->value, arena, &len);
    const char *name = name_label(prefix, key_text, key->len, arena);
    if (!text || !name)
        return -1;
    if (len == 0 || strcmp(name, metric_name) == 0)
        return 0;
    for (size_t i = 0; i < labels->count; i++)
        if (strcmp(labels->labels[i].name, name) == 0)
            return join(&labels->labels[i], text, len, arena);
    labels->cut = labels->count == PUSHED_LABELS_MAX;
    if (!labels->cut)
        labels->labels[labels->count++] = (struct label){name, text, len};
    return 0;
}

int otlp_labels_read(struct otlp_attributes attributes, const char *prefix,
                     struct arena *arena, struct otlp_labels *labels) {
    const Otlp__KeyValue *sorted[OTLP_ATTRIBUTES_MAX];
    size_t count = otlp_attributes_sort(attributes, sorted);
    labels->count = 0;
    labels->cut = false;
    for (size_t i = 0; i < count && !labels->cut; i++)
        if (add_label(labels, prefix, sorted[i], arena) != 0)
            return -1;
    labels->cut = labels->cut || count < attributes.count;
    return 0;
}

/* True if no letter or digit is left, which is invalid in Prometheus. */
static bool is_nothing(const char *name) {
    return name[strspn(name, "_")] == '\0';
}

enum point_result otlp_label_point(struct points *points,
                                   struct otlp_attributes attributes) {
    struct otlp_labels labels;
    enum point_result result = POINT_FINE;
    if (otlp_labels_read(attributes, "", &points->out->arena, &labels) != 0)
        return POINT_NO_MEMORY;
    if (labels.cut)
        return points_refuse(points, REJECT_INVALID_LABELS, NULL,
                             "it has more than %d attributes, must have at "
                             "most %d",
                             PUSHED_LABELS_MAX, FAMILY_LABELS_MAX);
    for (size_t i = 0; i < labels.count && result == POINT_FINE; i++) {
        const struct label *label = &labels.labels[i];
        result = is_nothing(label->name)
                     ? points_refuse(points, REJECT_INVALID_LABELS, NULL,
                                     "the key of an attribute has no letter or "
                                     "digit, must have one")
                     : points_label(points, label->name, strlen(label->name),
                                    label->value, label->value_len);
    }
    return result;
}
