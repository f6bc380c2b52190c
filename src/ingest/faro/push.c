#include "ingest/faro/push.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

static const char other[] = "other";

bool faro_text(const struct json_object *value, const char **text,
               size_t *len) {
    if (json_kind(value) != JSON_STRING)
        return false;
    *text = json_string(value, len);
    return *len > 0 && !memchr(*text, '\0', *len);
}

bool faro_number(const struct json_object *value, double *number) {
    enum json_kind kind = json_kind(value);
    if (kind != JSON_INTEGER && kind != JSON_NUMBER)
        return false;
    *number = json_number(value);
    return isfinite(*number) && fabs(*number) <= NUMBER_EXACT;
}

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* Appends to the first `written` characters; see faro_name. */
static size_t write_name(const char *text, size_t len, const char *beside,
                         char name[FARO_NAME_SIZE], size_t written) {
    const size_t start = written;
    bool gap = false;
    for (size_t i = 0; i < len; i++) {
        if (!is_alphanumeric(text[i]) &&
            (text[i] == '\0' || !strchr(beside, text[i]))) {
            gap = true;
            continue;
        }
        if (written + 2 >= FARO_NAME_SIZE)
            return 0;
        if (gap && written > start)
            name[written++] = '_';
        gap = false;
        name[written++] = text[i];
    }
    name[written] = '\0';
    return written > start ? written : 0;
}

static bool begins_with_digit(const char *text, size_t len) {
    return len > 0 && text[0] >= '0' && text[0] <= '9';
}

size_t faro_name(const char *text, size_t len, char name[FARO_NAME_SIZE]) {
    name[0] = '_';
    return write_name(text, len, ":", name, begins_with_digit(text, len));
}

/* Like faro_name, for a label name. */
static size_t label_name(const char *text, size_t len,
                         char name[FARO_NAME_SIZE]) {
    static const char prefix[] = "key_";
    memcpy(name, prefix, sizeof(prefix));
    return write_name(text, len, "", name,
                      begins_with_digit(text, len) ? strlen(prefix) : 0);
}

bool faro_is_word(const char *text, size_t len) {
    enum { WORD_MAX = 64 };
    for (size_t i = 0; i < len; i++)
        if (!is_alphanumeric(text[i]) &&
            (text[i] == '\0' || !strchr("_-.:", text[i])))
            return false;
    return len > 0 && len <= WORD_MAX;
}

static void add_context(struct faro_push *push, const char *name,
                        const char *value, size_t len) {
    push->context[push->context_count++] = (struct label){name, value, len};
}

static void add_text(struct faro_push *push, const char *name,
                     const struct json_object *value) {
    const char *text;
    size_t len;
    if (faro_text(value, &text, &len))
        add_context(push, name, text, len);
}

/* True for a name that a program chose for a view, not part of a URL, which
 * could identify a person. */
static bool is_view(const char *name, size_t len) {
    enum { VIEW_MAX = 100 };
    static const char unset[] = "default";
    if (len > VIEW_MAX ||
        (len == strlen(unset) && memcmp(name, unset, len) == 0))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || strchr("?#@=&", name[i]))
            return false;
    return !memmem(name, len, "://", 3);
}

static void add_page(struct faro_push *push, const struct json_object *meta) {
    const char *text;
    size_t len;
    const char *page = NULL;
    push->site = NULL;
    if (faro_text(json_get(json_get(meta, "page"), "url"), &text, &len)) {
        push->site = text;
        page = routes_find(push->setting->pages, NULL, "GET", 3, text, len);
    }
    if (page)
        add_context(push, "page", page, strlen(page));
    else if (faro_text(json_get(json_get(meta, "view"), "name"), &text, &len) &&
             is_view(text, len))
        add_context(push, "page", text, len);
    else
        add_context(push, "page", other, strlen(other));
}

void faro_read_meta(struct faro_push *push, const struct json_object *meta) {
    const struct json_object *app = json_get(meta, "app");
    const struct json_object *browser = json_get(meta, "browser");
    const struct json_object *mobile = json_get(browser, "mobile");
    const struct json_object *os = json_get(json_get(meta, "os"), "name");
    const char *selected = push->setting->app;
    const char *device =
        json_kind(mobile) == JSON_BOOLEAN && json_boolean(mobile) ? "mobile"
                                                                  : "desktop";
    push->context_count = 0;
    add_page(push, meta);
    add_context(push, "device", device, strlen(device));
    if (selected)
        add_context(push, "app", selected, strlen(selected));
    else
        add_text(push, "app", json_get(app, "name"));
    add_text(push, "version", json_get(app, "version"));
    add_text(push, "environment", json_get(app, "environment"));
    add_text(push, "browser", json_get(browser, "name"));
    add_text(push, "os", os ? os : json_get(browser, "os"));
}

const struct family *faro_find(const struct faro_push *push, const char *name,
                               size_t len) {
    const struct family *family =
        registry_find(push->setting->registry, name, len);
    return family && !family->internal ? family : NULL;
}

enum point_result faro_refuse(struct faro_push *push, enum reject_reason reason,
                              const char *family, size_t len, const char *why) {
    struct points *points = push->points;
    points->family = family;
    points->family_len = faro_is_word(family, len) ? len : 0;
    return points_refuse(points, reason, NULL, "%s", why);
}

/* A search in the first attributes: many points may share a context of
 * thousands. */
struct wanted {
    const char *name;
    const struct json_object *value;
    size_t left; /* attributes that are still compared */
};

/* A key that equals the name is preferred to a key that is converted to it. */
static int compare_name(void *context, const char *key,
                        const struct json_object *value) {
    struct wanted *wanted = context;
    char name[FARO_NAME_SIZE];
    bool same = strcmp(key, wanted->name) == 0;
    if (same || (!wanted->value && label_name(key, strlen(key), name) > 0 &&
                 strcmp(name, wanted->name) == 0))
        wanted->value = value;
    return same || --wanted->left == 0;
}

/* The SDK converts all values to text; values of other senders are converted in
 * the same way. */
static bool find_attribute(const struct json_object *attributes,
                           const char *name, char number[NUMBER_SIZE],
                           struct label *label) {
    struct wanted wanted = {name, NULL, FARO_ATTRIBUTES_MAX};
    double value;
    if (json_kind(attributes) == JSON_OBJECT)
        (void)json_members(attributes, compare_name, &wanted);
    label->name = name;
    if (faro_text(wanted.value, &label->value, &label->value_len))
        return true;
    if (json_kind(wanted.value) == JSON_BOOLEAN) {
        label->value = json_boolean(wanted.value) ? "true" : "false";
        label->value_len = strlen(label->value);
        return true;
    }
    if (!faro_number(wanted.value, &value))
        return false;
    label->value = number;
    label->value_len = number_format(value, number);
    return true;
}

/* Returns false if the point does not have the label. */
static bool find_label(const struct faro_push *push,
                       const struct faro_labels *labels, const char *name,
                       char number[NUMBER_SIZE], struct label *label) {
    const struct label *found =
        label_find(labels->own, labels->own_count, name);
    if (!found)
        found = label_find(push->context, push->context_count, name);
    if (!found)
        return find_attribute(labels->attributes, name, number, label);
    *label = *found;
    return true;
}

static bool is_url(const struct label *label) {
    return memmem(label->value, label->value_len, "://", 3) != NULL;
}

/* True if the label permits the value; a URL must be listed. */
static bool permits(const struct label_rule *rule, const struct label *label) {
    return label_rule_permits(rule, label->value, label->value_len) &&
           !(rule->max_values > 0 && is_url(label));
}

/* Skips a missing label; admit adds it if it may be empty. */
static enum point_result set_label(struct faro_push *push,
                                   const struct faro_labels *labels,
                                   const struct label_rule *rule) {
    char number[NUMBER_SIZE];
    struct label label = {rule->name, "", 0};
    bool found = find_label(push, labels, rule->name, number, &label);
    if (!permits(rule, &label) &&
        label_rule_permits(rule, other, strlen(other))) {
        label = (struct label){rule->name, other, strlen(other)};
        found = true;
    }
    return found ? points_label(push->points, rule->name, strlen(rule->name),
                                label.value, label.value_len)
                 : POINT_FINE;
}

static enum point_result set_value(struct points *points,
                                   const struct family *family, double value) {
    struct pushed_series *series;
    struct observed *observed =
        arena_take(&points->out->arena, sizeof(*observed));
    if (!observed)
        return POINT_NO_MEMORY;
    *observed = (struct observed){value, 1};
    points->point.temporality = TEMPORALITY_DELTA;
    if (metric_observes(family->type)) {
        points->point.observed = observed;
        points->point.observed_count = 1;
    }
    enum point_result result =
        points_add(points, family->type, "", "", &series);
    if (result != POINT_FINE)
        return result;
    series->value = value;
    series->sum = value;
    series->count = 1;
    return POINT_FINE;
}

enum point_result faro_add(struct faro_push *push, const struct family *family,
                           const struct faro_labels *labels, double value) {
    enum point_result result =
        points_begin(push->points, family->name, strlen(family->name));
    for (size_t i = 0; i < family->label_count && result == POINT_FINE; i++)
        result = set_label(push, labels, &family->labels[i]);
    return result == POINT_FINE ? set_value(push->points, family, value)
                                : result;
}

enum point_result faro_count(struct faro_push *push, const char *name,
                             const struct faro_labels *labels, double value) {
    const struct family *family = faro_find(push, name, strlen(name));
    return family ? faro_add(push, family, labels, value)
                  : faro_refuse(push, REJECT_UNKNOWN_FAMILY, name, strlen(name),
                                "is not in the allowlist; list it in a file of "
                                "`metrics`");
}
