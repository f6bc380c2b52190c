#include "ingest/faro/faro.h"

#include <string.h>

#include "ingest/faro/requests.h"

/* Reads one element of an array of the body. */
typedef enum point_result read_element(struct faro_push *push,
                                       const struct json_object *element);

static const struct {
    const char *key; /* in `values` */
    const char *family;
    double unit; /* divisor from the SDK's unit to the family's */
} vitals[] = {{"lcp", "web_lcp_seconds", 1e3},
              {"fcp", "web_fcp_seconds", 1e3},
              {"ttfb", "web_ttfb_seconds", 1e3},
              {"inp", "web_inp_seconds", 1e3},
              {"cls", "web_cls_ratio", 1}};

/* Events that the SDK sends by default, in addition to `faro.*`
 * (packages/core/src/semantic.ts). */
static const char *const automatic[] = {
    "session_start",          "session_resume", "session_extend",
    "view_changed",           "route_change",   "service_name_override",
    "securitypolicyviolation"};

/* Names of DOMException (Web IDL, "DOMException names"), without SyntaxError,
 * which is also an Error. */
static const char *const dom_names[] = {"DOMException",
                                        "DOMError",
                                        "IndexSizeError",
                                        "HierarchyRequestError",
                                        "WrongDocumentError",
                                        "InvalidCharacterError",
                                        "NotFoundError",
                                        "NoModificationAllowedError",
                                        "NotSupportedError",
                                        "InUseAttributeError",
                                        "InvalidStateError",
                                        "InvalidModificationError",
                                        "NamespaceError",
                                        "InvalidAccessError",
                                        "TypeMismatchError",
                                        "SecurityError",
                                        "NetworkError",
                                        "AbortError",
                                        "URLMismatchError",
                                        "QuotaExceededError",
                                        "TimeoutError",
                                        "InvalidNodeTypeError",
                                        "DataCloneError",
                                        "EncodingError",
                                        "NotReadableError",
                                        "UnknownError",
                                        "ConstraintError",
                                        "DataError",
                                        "TransactionInactiveError",
                                        "ReadOnlyError",
                                        "VersionError",
                                        "OperationError",
                                        "NotAllowedError",
                                        "OptOutError"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_text(const char *text, size_t len, const char *wanted) {
    return strlen(wanted) == len && memcmp(text, wanted, len) == 0;
}

static bool begins_with(const char *text, size_t len, const char *prefix) {
    return len >= strlen(prefix) && memcmp(text, prefix, strlen(prefix)) == 0;
}

/* Finds the text in the list; NULL if it is missing. */
static const char *find_word(const char *const *words, size_t count,
                             const char *text, size_t len) {
    for (size_t i = 0; i < count; i++)
        if (is_text(text, len, words[i]))
            return words[i];
    return NULL;
}

/* Counts a point with one label in addition to those of the sender. */
static enum point_result count_one(struct faro_push *push, const char *family,
                                   const char *name, const char *value) {
    const struct label own = {name, value, strlen(value)};
    const struct faro_labels labels = {&own, 1, NULL};
    return faro_count(push, family, &labels, 1);
}

static enum point_result refuse_element(struct faro_push *push,
                                        const char *why) {
    return faro_refuse(push, REJECT_INVALID_SAMPLE, "", 0, why);
}

/* Reads the navigation type, in the words of web-vitals or an older spelling.
 */
static void read_navigation(const struct json_object *context, char *out,
                            size_t size) {
    const char *text;
    size_t len;
    if (!faro_text(json_get(context, "navigation_type"), &text, &len)) {
        text = "navigate";
        len = strlen(text);
    }
    if (is_text(text, len, "soft-navigation"))
        len = strlen("soft");
    if (len >= size || !faro_is_word(text, len)) {
        text = "other";
        len = strlen(text);
    }
    for (size_t i = 0; i < len; i++)
        out[i] = text[i] == '_' ? '-' : text[i];
    out[len] = '\0';
}

static enum point_result read_vital(struct faro_push *push, size_t vital,
                                    const struct json_object *measurement,
                                    const struct json_object *number) {
    const struct json_object *context = json_get(measurement, "context");
    static const char *const ratings[] = {"good", "needs-improvement", "poor"};
    char navigation[32];
    struct label own[2] = {{"navigation", navigation, 0}, {"rating", "", 0}};
    const char *text;
    size_t len;
    const char *family = vitals[vital].family;
    double value;
    if (!faro_number(number, &value))
        return faro_refuse(push, REJECT_INVALID_VALUE, family, strlen(family),
                           "the value must be a finite number");
    if (value < 0)
        return faro_refuse(push, REJECT_NEGATIVE_VALUE, family, strlen(family),
                           "the value is negative, must be at least 0");
    read_navigation(context, navigation, sizeof(navigation));
    own[0].value_len = strlen(navigation);
    if (faro_text(json_get(context, "rating"), &text, &len) &&
        (own[1].value = find_word(ratings, COUNT(ratings), text, len)))
        own[1].value_len = len;
    const struct faro_labels labels = {own, own[1].value_len > 0 ? 2 : 1, NULL};
    return faro_count(push, family, &labels, value / vitals[vital].unit);
}

/* Skips `delta` and the keys of attribution. */
static enum point_result read_vitals(struct faro_push *push,
                                     const struct json_object *measurement) {
    const struct json_object *values = json_get(measurement, "values");
    enum point_result result = POINT_FINE;
    for (size_t i = 0; i < COUNT(vitals) && result != POINT_NO_MEMORY; i++) {
        const struct json_object *number = json_get(values, vitals[i].key);
        if (number)
            result = read_vital(push, i, measurement, number);
    }
    return result;
}

/* A measurement while its values are read. */
struct measurement {
    struct faro_push *push;
    const char *type;
    size_t type_len;
    struct faro_labels labels;
};

/* Finds the family of a name whose last `cut` characters are replaced. */
static const struct family *find_ending(const struct faro_push *push,
                                        const char *name, size_t len,
                                        size_t cut, const char *end) {
    char other_name[FARO_NAME_SIZE];
    if (len == 0 || len - cut + strlen(end) >= sizeof(other_name))
        return NULL;
    memcpy(other_name, name, len - cut);
    memcpy(other_name + len - cut, end, strlen(end));
    return faro_find(push, other_name, len - cut + strlen(end));
}

/* Finds the family of a value and converts *value to its unit. */
static const struct family *find_measured(const struct faro_push *push,
                                          const char *name, size_t len,
                                          double *value) {
    static const char milliseconds[] = "_ms";
    const size_t cut = strlen(milliseconds);
    const struct family *family = find_ending(push, name, len, 0, "");
    if (family)
        return family;
    if (len > cut && memcmp(name + len - cut, milliseconds, cut) == 0 &&
        (family = find_ending(push, name, len, cut, "_seconds"))) {
        *value /= 1e3;
        return family;
    }
    family = find_ending(push, name, len, 0, "_total");
    return family && family->type == METRIC_COUNTER ? family : NULL;
}

static int read_value(void *context, const char *key,
                      const struct json_object *number) {
    const struct measurement *measurement = context;
    struct faro_push *push = measurement->push;
    struct strbuf joined = {0};
    char name[FARO_NAME_SIZE] = "";
    double value;
    strbuf_add(&joined, measurement->type, measurement->type_len);
    strbuf_printf(&joined, "_%s", key);
    if (joined.failed) {
        strbuf_free(&joined);
        return POINT_NO_MEMORY;
    }
    /* The name is shown only where both parts are words. */
    bool word = faro_is_word(joined.data, joined.len);
    size_t len = faro_name(joined.data, joined.len, name);
    size_t shown = word ? len : 0;
    strbuf_free(&joined);
    enum point_result result;
    if (!faro_number(number, &value))
        result = faro_refuse(push, REJECT_INVALID_VALUE, name, shown,
                             "the value must be a finite number");
    else {
        const struct family *family = find_measured(push, name, len, &value);
        result = family ? faro_add(push, family, &measurement->labels, value)
                        : faro_refuse(push, REJECT_UNKNOWN_FAMILY, name, shown,
                                      "is not in the allowlist; list it in a "
                                      "file of `metrics`");
    }
    return result == POINT_NO_MEMORY ? POINT_NO_MEMORY : POINT_FINE;
}

static enum point_result read_measurement(struct faro_push *push,
                                          const struct json_object *element) {
    const struct json_object *values = json_get(element, "values");
    struct measurement measurement = {
        .push = push, .labels = {NULL, 0, json_get(element, "context")}};
    if (json_kind(values) != JSON_OBJECT ||
        !faro_text(json_get(element, "type"), &measurement.type,
                   &measurement.type_len))
        return refuse_element(push, "a measurement must have a type and an "
                                    "object of values");
    if (is_text(measurement.type, measurement.type_len, "web-vitals"))
        return read_vitals(push, element);
    return (enum point_result)json_members(values, read_value, &measurement);
}

static bool is_automatic(const char *name, size_t len) {
    return begins_with(name, len, "faro.") ||
           find_word(automatic, COUNT(automatic), name, len);
}

/* The event's own counter; NULL if none is listed. */
static const struct family *find_counter(const struct faro_push *push,
                                         const char *name, size_t len) {
    char metric[FARO_NAME_SIZE];
    size_t metric_len = faro_name(name, len, metric);
    const struct family *family =
        find_ending(push, metric, metric_len, 0, "_total");
    if (!family || family->type != METRIC_COUNTER)
        family = faro_find(push, metric, metric_len);
    return family && family->type == METRIC_COUNTER ? family : NULL;
}

/* The counter of all events, with the label `event`. It must list the SDK's
 * default events to count them. */
static const struct family *find_events(const struct faro_push *push,
                                        const char *name, size_t len) {
    static const char all[] = "web_events_total";
    const struct family *family = faro_find(push, all, strlen(all));
    const struct label_rule *rule =
        family ? family_rule(family, "event") : NULL;
    if (!rule || family->type != METRIC_COUNTER)
        return NULL;
    return is_automatic(name, len) && (rule->max_values > 0 ||
                                       !label_rule_permits(rule, name, len))
               ? NULL
               : family;
}

static enum point_result read_violation(struct faro_push *push,
                                        const struct json_object *attributes) {
    static const char *const directives[] = {
        "script-src", "style-src", "img-src",    "connect-src",
        "font-src",   "frame-src", "default-src"};
    static const char family[] = "web_csp_violations_total";
    const char *directive = "other";
    const char *text;
    size_t len;
    if (faro_text(json_get(attributes, "effectiveDirective"), &text, &len))
        for (size_t i = 0; i < COUNT(directives); i++)
            if (begins_with(text, len, directives[i]))
                directive = directives[i];
    return faro_find(push, family, strlen(family))
               ? count_one(push, family, "directive", directive)
               : POINT_FINE;
}

static enum point_result read_unlisted(struct faro_push *push, const char *name,
                                       size_t len,
                                       const struct json_object *attributes) {
    if (faro_is_traced(name, len))
        return faro_add_event(push, attributes);
    if (is_text(name, len, "securitypolicyviolation"))
        return read_violation(push, attributes);
    if (is_automatic(name, len))
        return POINT_FINE;
    return faro_refuse(push, REJECT_UNKNOWN_FAMILY, name, len,
                       "is not in the allowlist; list a counter of that name "
                       "with _total, or web_events_total with the label event, "
                       "in a file of `metrics`");
}

static enum point_result read_event(struct faro_push *push,
                                    const struct json_object *element) {
    const struct json_object *attributes = json_get(element, "attributes");
    struct label own = {"event", NULL, 0};
    const char *name;
    size_t len;
    if (!faro_text(json_get(element, "name"), &name, &len))
        return refuse_element(push, "an event must have a name");
    const struct faro_labels plain = {NULL, 0, attributes};
    const struct family *family = find_counter(push, name, len);
    if (family)
        return faro_add(push, family, &plain, 1);
    family = find_events(push, name, len);
    if (!family)
        return read_unlisted(push, name, len, attributes);
    own.value = faro_is_word(name, len) ? name : "other";
    own.value_len = faro_is_word(name, len) ? len : strlen(own.value);
    const struct faro_labels labels = {&own, 1, attributes};
    return faro_add(push, family, &labels, 1);
}

static enum point_result read_log(struct faro_push *push,
                                  const struct json_object *element) {
    static const char *const levels[] = {"trace", "debug", "info",
                                         "log",   "warn",  "error"};
    static const char family[] = "web_logs_total";
    const char *level = NULL;
    const char *text;
    size_t len;
    if (faro_text(json_get(element, "level"), &text, &len))
        level = find_word(levels, COUNT(levels), text, len);
    return faro_find(push, family, strlen(family))
               ? count_one(push, family, "level", level ? level : "other")
               : POINT_FINE;
}

/* The SDK prefixes the message of a DOMException with its name. */
static bool is_dom(const char *type, size_t len, const char *value,
                   size_t value_len) {
    const char *name = find_word(dom_names, COUNT(dom_names), type, len);
    if (!name)
        return false;
    return begins_with(name, len, "DOM") || is_text(value, value_len, name) ||
           (begins_with(value, value_len, name) &&
            begins_with(value + len, value_len - len, ": "));
}

/* The same kinds as in the browser client, static/src/errors.ts. */
static const char *kind_of(const char *type, size_t len, const char *value,
                           size_t value_len) {
    static const char *const kinds[] = {"Error", "TypeError", "ReferenceError",
                                        "SyntaxError", "RangeError"};
    const char *kind = find_word(kinds, COUNT(kinds), type, len);
    if (kind)
        return kind;
    return is_dom(type, len, value, value_len) ? "DOMException" : "other";
}

static enum point_result read_exception(struct faro_push *push,
                                        const struct json_object *element) {
    const char *type = "";
    const char *value = "";
    size_t len = 0;
    size_t value_len = 0;
    if (json_kind(element) != JSON_OBJECT)
        return refuse_element(push, "an exception must be an object");
    if (!faro_text(json_get(element, "type"), &type, &len))
        len = 0;
    if (!faro_text(json_get(element, "value"), &value, &value_len))
        value_len = 0;
    /* Browsers report an observation that waits for the next frame; it is not
     * an error. */
    if (begins_with(value, value_len, "ResizeObserver loop"))
        return POINT_FINE;
    /* The SDK marks only rejections whose reason is not an object. */
    if (is_text(type, len, "UnhandledRejection"))
        return count_one(push, "web_unhandled_rejections_total", "kind",
                         "other");
    return count_one(push, "web_errors_total", "kind",
                     kind_of(type, len, value, value_len));
}

static enum point_result read_each(struct faro_push *push,
                                   const struct json_object *document,
                                   const char *key, read_element *read) {
    const struct json_object *list = json_get(document, key);
    if (!list)
        return POINT_FINE;
    if (json_kind(list) != JSON_ARRAY)
        return refuse_element(push, "events, measurements, logs and exceptions "
                                    "must be arrays");
    for (size_t i = 0; i < json_length(list); i++)
        if (read(push, json_at(list, i)) == POINT_NO_MEMORY)
            return POINT_NO_MEMORY;
    return POINT_FINE;
}

static bool has_traced(const struct json_object *document) {
    const struct json_object *events = json_get(document, "events");
    size_t count = json_kind(events) == JSON_ARRAY ? json_length(events) : 0;
    const char *name;
    size_t len;
    for (size_t i = 0; i < count; i++)
        if (faro_text(json_get(json_at(events, i), "name"), &name, &len) &&
            faro_is_traced(name, len))
            return true;
    return false;
}

static int read_document(struct faro_push *push,
                         const struct json_object *document, struct err *err) {
    if (json_kind(document) != JSON_OBJECT)
        return err_set(err, ERR_VALUE,
                       "the body is %s, must be an object of the Faro web SDK",
                       json_kind_name(json_kind(document)));
    faro_read_meta(push, json_get(document, "meta"));
    if (read_each(push, document, "measurements", read_measurement) ==
            POINT_NO_MEMORY ||
        read_each(push, document, "exceptions", read_exception) ==
            POINT_NO_MEMORY ||
        read_each(push, document, "logs", read_log) == POINT_NO_MEMORY ||
        read_each(push, document, "events", read_event) == POINT_NO_MEMORY ||
        faro_add_spans(push, json_get(document, "traces"),
                       has_traced(document)) == POINT_NO_MEMORY)
        return err_no_memory(err);
    return 0;
}

int ingest_faro(const char *text, size_t len,
                const struct faro_setting *setting, struct points *points,
                struct err *err) {
    struct faro_push push = {.setting = setting, .points = points};
    struct json_object *document;
    if (json_read(text, len, &document, err) != 0)
        return -1;
    int result = read_document(&push, document, err);
    json_free(document);
    return result;
}
