#include "sessions/labels.h"

#include <string.h>

#include "sessions/user_hash.h"

/* Additional labels of the series by variable. */
enum { VARIABLE_LABELS = 2 };

static bool listed(const struct string_list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->strings[i], name) == 0)
            return true;
    return false;
}

bool session_label_permitted(const struct sessions_config *config,
                             const char *name) {
    if (strcmp(name, "user_login") == 0 &&
        config->user_labels == USER_LABELS_OFF)
        return false;
    if (strcmp(name, "user_name") == 0 && config->user_labels != USER_LABELS_ON)
        return false;
    return !listed(&config->drop_labels, name);
}

static int hash_login(const struct sessions_config *config, struct arena *arena,
                      struct label *login) {
    char *hash = arena_take(arena, USER_HASH_SIZE);
    if (!hash)
        return -1;
    user_hash(config->hash_key, config->hash_key_len, login->value,
              login->value_len, hash);
    login->value = hash;
    login->value_len = USER_HASH_SIZE - 1;
    return 0;
}

int session_labels_permit(const struct sessions_config *config,
                          const struct session_message *message,
                          struct arena *arena,
                          struct label out[SESSION_LABELS_MAX]) {
    int count = 0;
    for (size_t i = 0; i < message->label_count; i++) {
        struct label *label = &out[count];
        if (!session_label_permitted(config, message->labels[i].name))
            continue;
        *label = message->labels[i];
        if (config->user_labels == USER_LABELS_HASH &&
            strcmp(label->name, "user_login") == 0 &&
            hash_login(config, arena, label) != 0)
            return -1;
        count++;
    }
    return count;
}

/* State of session_labels_write. */
struct writing {
    const struct sessions_config *config;
    struct arena *arena;
    struct strbuf text;
    /* The labels of the dashboard, followed by room for those of a variable. */
    struct label dashboard[SESSION_LABELS_MAX + VARIABLE_LABELS];
    size_t dashboard_count;
    struct label rest[SESSION_LABELS_MAX + VARIABLE_LABELS];
    size_t rest_count;
    bool failed;
};

static struct label other(const char *name) {
    return (struct label){name, "other", strlen("other")};
}

static bool of_dashboard(const char *name) {
    return strcmp(name, "dashboard_name") == 0 ||
           strcmp(name, "dashboard_uid") == 0;
}

static struct value_text write_set(struct writing *writing,
                                   const struct label *labels, size_t count) {
    struct strbuf *text = &writing->text;
    strbuf_reset(text);
    label_set_write_json(labels, count, text);
    const char *copy =
        text->failed ? NULL : arena_copy(writing->arena, text->data, text->len);
    writing->failed = writing->failed || !copy;
    return (struct value_text){copy, text->len};
}

/* The label set of a variable's value. The dashboard's labels come first, also
 * in the sort order. */
static struct value_text write_value(struct writing *writing,
                                     struct label *labels, size_t count,
                                     const struct session_variable *variable,
                                     struct label value) {
    labels[count] = value;
    labels[count + 1] =
        (struct label){"variable", variable->name, strlen(variable->name)};
    return write_set(writing, labels, count + VARIABLE_LABELS);
}

static struct session_value
write_variable(struct writing *writing,
               const struct session_variable *variable) {
    struct label value = {"value", variable->value, variable->value_len};
    return (struct session_value){
        .variable = {variable->name, strlen(variable->name)},
        .value = {variable->value, variable->value_len},
        .labels = write_value(writing, writing->dashboard,
                              writing->dashboard_count, variable, value),
        .other =
            write_value(writing, writing->dashboard, writing->dashboard_count,
                        variable, other("value")),
        .rest = write_value(writing, writing->rest, writing->rest_count,
                            variable, other("value"))};
}

static void write_variables(struct writing *writing,
                            const struct session_message *message,
                            struct session_push *push) {
    const struct string_list *wanted = &writing->config->variables;
    push->variable_count = 0;
    if (wanted->count == 0 || message->variable_count == 0)
        return;
    struct session_value *values =
        arena_take(writing->arena, message->variable_count * sizeof(*values));
    push->variables = values;
    writing->failed = writing->failed || !values;
    for (size_t i = 0; values && i < message->variable_count; i++)
        if (listed(wanted, message->variables[i].name))
            values[push->variable_count++] =
                write_variable(writing, &message->variables[i]);
}

int session_labels_write(const struct sessions_config *config,
                         const struct session_message *message,
                         const struct label *labels, size_t count,
                         struct arena *arena, struct session_push *push) {
    struct writing writing = {.config = config, .arena = arena};
    struct label rest[SESSION_LABELS_MAX];
    size_t all = 0;
    for (size_t i = 0; i < count; i++)
        if (of_dashboard(labels[i].name))
            writing.dashboard[writing.dashboard_count++] = labels[i];
    for (size_t i = 0; session_label_names[i]; i++) {
        if (!session_label_permitted(config, session_label_names[i]))
            continue;
        rest[all++] = other(session_label_names[i]);
        if (of_dashboard(session_label_names[i]))
            writing.rest[writing.rest_count++] = rest[all - 1];
    }
    push->labels = write_set(&writing, labels, count);
    push->dashboard =
        write_set(&writing, writing.dashboard, writing.dashboard_count);
    push->rest = write_set(&writing, rest, all);
    push->rest_dashboard =
        write_set(&writing, writing.rest, writing.rest_count);
    write_variables(&writing, message, push);
    strbuf_free(&writing.text);
    return writing.failed ? -1 : 0;
}
