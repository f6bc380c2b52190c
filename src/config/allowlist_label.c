#include "config/allowlist_label.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_VALUES_MAX = 1000000 };

static void add_value(struct place *place, struct label_rule *rule,
                      size_t index, const struct json_object *value) {
    char name[40];
    size_t len = 0;
    long long max = place->limits->label_value_bytes;
    (void)snprintf(name, sizeof(name), "allowedValues[%zu]", index);
    const char *text =
        json_kind(value) == JSON_STRING ? json_string(value, &len) : NULL;
    if (!text)
        place_report(place, name, "is %s, must be a string",
                     json_kind_name(json_kind(value)));
    else if (strlen(text) != len)
        place_report(place, name, "has a NUL character, must be plain text");
    else if (len > (size_t)max)
        place_report(
            place, name,
            "has %zu bytes, must have at most limits.label_value_bytes, "
            "%lld",
            len, max);
    else if (value_set_find(&rule->values, text, len) != VALUE_NONE)
        place_report(place, name, "\"%.100s\" is repeated, must appear once",
                     text);
    else if (value_set_add(&rule->values, text, len) == VALUE_NONE)
        place->registry->failed = true;
}

static void read_values(struct place *place, const struct json_object *object,
                        struct label_rule *rule) {
    const struct json_object *list =
        place_get(place, object, "allowedValues", JSON_ARRAY, NULL);
    const struct json_object *max =
        place_get(place, object, "maxValues", JSON_INTEGER, NULL);
    if (!json_get(object, "allowedValues") == !json_get(object, "maxValues"))
        place_report(place, "",
                     "must have either allowedValues, an array of strings, or "
                     "maxValues, a number");
    for (size_t i = 0; list && i < json_length(list); i++)
        add_value(place, rule, i, json_at(list, i));
    if (list && json_length(list) == 0)
        place_report(place, "allowedValues",
                     "is empty, must have at least one value");
    if (!max)
        return;
    long long count = json_integer(max);
    if (count < 1 || count > OPEN_VALUES_MAX)
        place_report(place, "maxValues", "is %lld, must be between 1 and %d",
                     count, OPEN_VALUES_MAX);
    else if (value_set_add(&rule->values, "other", 5) == OPEN_OTHER)
        rule->max_values = (size_t)count;
    else if (rule->values.count == 0)
        place->registry->failed = true;
}

const char *allowlist_label_name(struct place *place, const char *member,
                                 const char *name, size_t len) {
    if (label_name_fault(name, len) != NAME_FINE)
        place_report(
            place, member,
            "\"%.250s\" is not a label name, must be letters, digits and "
            "_, not begin with a digit or __, and be at most 200 bytes "
            "long",
            name);
    else if (strcmp(name, "le") == 0)
        place_report(
            place, member,
            "\"le\" is reserved for the buckets of histograms, must be "
            "another name");
    return place_copy_text(place, name, len);
}

static int compare_rules(const void *a, const void *b) {
    const struct label_rule *left = a;
    const struct label_rule *right = b;
    return strcmp(left->name, right->name);
}

static void read_label(struct place *place, const struct json_object *object,
                       struct family *family) {
    static const char *const keys[] = {"name", "allowedValues", "maxValues",
                                       NULL};
    size_t len;
    if (!place_check_object(place, object, keys))
        return;
    const char *name =
        place_get_text(place, object, "name", "the name of the label", &len);
    struct label_rule *rule = &family->labels[family->label_count];
    *rule = (struct label_rule){.name = NULL};
    if (name)
        rule->name = allowlist_label_name(place, "name", name, len);
    if (rule->name && family_rule(family, rule->name))
        place_report(place, "name", "\"%s\" is listed twice, must appear once",
                     rule->name);
    read_values(place, object, rule);
    if (rule->name)
        family->label_count++;
    else
        value_set_free(&rule->values);
}

const struct json_object *
allowlist_labels_array(struct place *place, const struct json_object *object) {
    const struct json_object *array =
        place_get(place, object, "labels", JSON_ARRAY, NULL);
    size_t count = array ? json_length(array) : 0;
    if (count <= FAMILY_LABELS_MAX)
        return array;
    place_report(place, "labels", "has %zu labels, must have at most %d", count,
                 FAMILY_LABELS_MAX);
    return NULL;
}

void allowlist_labels_read(struct place *place,
                           const struct json_object *object,
                           struct family *family) {
    const struct json_object *array = allowlist_labels_array(place, object);
    size_t count = array ? json_length(array) : 0;
    family->labels = arena_take(&place->registry->arena,
                                (count + 1) * sizeof(*family->labels));
    if (!family->labels)
        return;
    for (size_t i = 0; i < count; i++) {
        struct place inner = *place;
        (void)snprintf(inner.key, sizeof(inner.key), "%.200s.labels[%zu]",
                       place->key, i);
        read_label(&inner, json_at(array, i), family);
    }
    if (family->label_count > 1)
        qsort(family->labels, family->label_count, sizeof(*family->labels),
              compare_rules);
}
