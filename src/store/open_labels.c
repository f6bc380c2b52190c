#include "store/open_labels.h"

#include "store/connection.h"
#include "store/meta.h"

static bool is_full(const struct label_rule *rule) {
    return rule->values.count >= label_rule_size(rule);
}

static int learn_value(void *context, struct db_statement *row,
                       struct err *err) {
    struct label_rule *rule = context;
    size_t len;
    const char *value = db_text(row, 0, &len);
    if (value && value_set_add(&rule->values, value, len) == VALUE_NONE)
        return err_no_memory(err);
    return is_full(rule);
}

/* Adds the values of an open label that other responders have admitted. */
static int learn_values(struct store *store, const struct family *family,
                        struct label_rule *rule, struct err *err) {
    struct db_statement *values = store->sql.label_values;
    if (is_full(rule))
        return 0;
    db_bind_integer(values, ":family", family->id);
    db_bind_string(values, ":label", rule->name);
    return db_each(values, learn_value, rule, err) < 0 ? -1 : 0;
}

static int learn_all(struct store *store, struct registry *registry,
                     struct err *err) {
    for (size_t i = 0; i < registry_count(registry); i++) {
        struct family *family = registry->families[i];
        for (size_t j = 0; j < family->label_count; j++) {
            struct label_rule *rule = &family->labels[j];
            if (rule->max_values == 0)
                continue;
            value_set_truncate(&rule->values, OPEN_OTHER + 1);
            rule->settled = rule->values.count;
            if (learn_values(store, family, rule, err) != 0)
                return -1;
            rule->settled = rule->values.count;
        }
    }
    return 0;
}

int open_labels_learn(struct store *store, struct registry *registry,
                      struct err *err) {
    int64_t meta[META_KEYS];
    store->learned = 0;
    if (meta_read(store->sql.meta_open, meta, err) != 0 ||
        learn_all(store, registry, err) != 0)
        return -1;
    store->learned = meta[META_OPEN_GENERATION];
    return 0;
}

int open_labels_check(struct store *store, struct err *err) {
    int64_t meta[META_KEYS];
    if (store->values_fresh || store->relearned)
        return 0;
    if (meta_read(store->sql.meta_open, meta, err) != 0)
        return -1;
    store->values_fresh = meta[META_OPEN_GENERATION] == store->learned;
    return store->values_fresh
               ? 0
               : err_set(err, ERR_RELEARN,
                         "series with open labels were removed");
}

/* Another responder may have admitted the value already, or have taken the last
 * free place. */
static int resolve_value(struct store *store, const struct family *family,
                         struct label_rule *rule, const struct label *text,
                         uint32_t *value, struct err *err) {
    struct value_set *values = &rule->values;
    *value = value_set_find(values, text->value, text->value_len);
    if (*value != VALUE_NONE)
        return 0;
    if (open_labels_check(store, err) != 0 ||
        learn_values(store, family, rule, err) != 0)
        return -1;
    if (!is_full(rule)) {
        *value = value_set_add(values, text->value, text->value_len);
        return *value == VALUE_NONE ? err_no_memory(err) : 0;
    }
    *value = value_set_find(values, text->value, text->value_len);
    if (*value == VALUE_NONE)
        *value = OPEN_OTHER;
    return 0;
}

int open_labels_resolve(struct store *store, struct sample *sample,
                        struct err *err) {
    const struct family *family = sample->family;
    for (size_t i = 0; sample->texts && i < family->label_count; i++)
        if (sample->values[i] == VALUE_NONE &&
            resolve_value(store, family, &family->labels[i], &sample->texts[i],
                          &sample->values[i], err) != 0)
            return -1;
    return 0;
}

static void settle(const struct sample *sample, bool committed) {
    const struct family *family = sample->family;
    for (size_t i = 0; sample->texts && i < family->label_count; i++) {
        struct label_rule *rule = &family->labels[i];
        if (committed)
            rule->settled = rule->values.count;
        else if (rule->max_values > 0)
            value_set_truncate(&rule->values, rule->settled);
    }
}

void open_labels_settle(struct batch *const *batches, size_t count,
                        bool committed) {
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < batches[i]->count; j++)
            settle(&batches[i]->samples[j], committed);
        if (batches[i]->on_refusal)
            settle(batches[i]->on_refusal, committed);
    }
}
