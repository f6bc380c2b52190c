#include "store/session_merge.h"

#include <stdlib.h>

#include "base/list.h"
#include "sql.h"
#include "store/connection.h"
#include "store/history.h"
#include "store/history_merge.h"
#include "store/series_row.h"

/* State of a merge. */
struct merge {
    struct store *store;
    const struct session_rules *rules;
    struct err *err;
    struct strbuf patch; /* removes the forbidden labels */
    struct strbuf plain; /* likewise where user_login is not a hash */
    bool merged;         /* some series or label set was merged */
};

static void add_null(struct strbuf *patch, const char *label) {
    strbuf_printf(patch, "%s\"%s\":null", patch->len > 1 ? "," : "", label);
}

/* JSON merge patches (RFC 7396): a null member removes the label. */
static int write_patches(struct merge *merge) {
    const struct string_list *labels = &merge->rules->forbidden_labels;
    strbuf_add_char(&merge->patch, '{');
    strbuf_add_char(&merge->plain, '{');
    for (size_t i = 0; i < labels->count; i++) {
        add_null(&merge->patch, labels->strings[i]);
        add_null(&merge->plain, labels->strings[i]);
    }
    if (merge->rules->hashed_logins)
        add_null(&merge->plain, "user_login");
    strbuf_add_char(&merge->patch, '}');
    strbuf_add_char(&merge->plain, '}');
    return merge->patch.failed || merge->plain.failed
               ? err_no_memory(merge->err)
               : 0;
}

static void bind_patches(const struct merge *merge,
                         struct db_statement *statement) {
    db_bind_text(statement, ":patch", merge->patch.data, merge->patch.len);
    db_bind_text(statement, ":plain", merge->plain.data, merge->plain.len);
}

/* Runs a statement with the patches; family may be NULL. */
static int run(struct merge *merge, const char *text,
               const struct family *family, int *changes) {
    struct db_statement *statement;
    if (db_prepare(merge->store->db, text, &statement, merge->err) != 0)
        return -1;
    bind_patches(merge, statement);
    if (family)
        db_bind_integer(statement, ":family", family->id);
    int result = db_run(statement, merge->err);
    *changes = db_changes(merge->store->db);
    db_finalize(statement);
    return result;
}

/* The series of a family that are merged into others. */
struct pairs {
    struct history_pair *list;
    size_t count;
};

static int add_pair(void *context, struct db_statement *row, struct err *err) {
    struct pairs *pairs = context;
    struct history_pair *list =
        list_grow(pairs->list, pairs->count, sizeof(*list));
    if (!list)
        return err_no_memory(err);
    pairs->list = list;
    list[pairs->count++] =
        (struct history_pair){db_integer(row, 0), db_integer(row, 1)};
    return 0;
}

static int read_pairs(struct merge *merge, const struct family *family,
                      struct pairs *pairs) {
    struct db_statement *statement;
    if (db_prepare(merge->store->db, sql_session_history_pairs, &statement,
                   merge->err) != 0)
        return -1;
    bind_patches(merge, statement);
    db_bind_integer(statement, ":family", family->id);
    int result = db_each(statement, add_pair, pairs, merge->err);
    db_finalize(statement);
    return result;
}

/* Writes the pending history of both series before their totals are merged. */
static int settle(struct merge *merge, const struct pairs *pairs) {
    for (size_t i = 0; i < pairs->count; i++)
        if (history_settle(merge->store, pairs->list[i].from, merge->err) !=
                0 ||
            history_settle(merge->store, pairs->list[i].to, merge->err) != 0)
            return -1;
    return 0;
}

static int merge_totals(struct merge *merge, const struct family *family,
                        const struct pairs *pairs) {
    struct store *store = merge->store;
    int changes;
    if (settle(merge, pairs) != 0 ||
        run(merge, sql_session_totals_merge, family, &changes) != 0)
        return -1;
    if (store->history.since == 0)
        return 0;
    for (size_t i = 0; i < pairs->count; i++)
        if (history_mark(store, pairs->list[i].to, merge->err) != 0)
            return -1;
    return history_merge_family(store, store->db, family, pairs->list,
                                pairs->count, merge->err);
}

static int merge_rows(struct merge *merge, const struct family *family) {
    struct pairs pairs = {.count = 0};
    int result = read_pairs(merge, family, &pairs);
    if (result == 0)
        result = merge_totals(merge, family, &pairs);
    free(pairs.list);
    return result;
}

static int merge_series(struct merge *merge) {
    for (int i = 0; i < SESSION_FAMILIES; i++) {
        const struct family *family = merge->rules->families[i];
        int changes;
        if (run(merge, sql_session_series_merge, family, &changes) != 0)
            return -1;
        if (changes == 0)
            continue;
        merge->merged = true;
        if (merge_rows(merge, family) != 0 ||
            run(merge, sql_session_series_drop, family, &changes) != 0)
            return -1;
    }
    return 0;
}

static int merge_label_sets(struct merge *merge) {
    int changes;
    if (run(merge, sql_session_label_sets_merge, NULL, &changes) != 0)
        return -1;
    if (changes == 0)
        return 0;
    merge->merged = true;
    return db_execute(merge->store->db, sql_session_label_sets_follow,
                      merge->err);
}

/* Makes other responders reload, so that they do not add to merged series by a
 * configuration that still permits the labels. */
static int merge_all(struct merge *merge) {
    if (merge_series(merge) != 0 || merge_label_sets(merge) != 0)
        return -1;
    return merge->merged
               ? db_run(merge->store->sql.generation_advance, merge->err)
               : 0;
}

/* Deleted content is overwritten, which only some builds of SQLite do by
 * default. */
static int merge_securely(struct merge *merge) {
    struct db *db = merge->store->db;
    int64_t secure;
    if (db_query_number(db, sql_secure_delete, &secure, merge->err) != 0 ||
        db_execute(db, sql_secure_delete_on, merge->err) != 0)
        return -1;
    int result = merge_all(merge);
    struct err ignored;
    if (secure == 0)
        (void)db_execute(db, sql_secure_delete_off, &ignored);
    return result;
}

int sessions_merge(struct store *store, const struct session_rules *rules,
                   struct err *err) {
    struct merge merge = {.store = store, .rules = rules, .err = err};
    if (!rules || (rules->forbidden_labels.count == 0 && !rules->hashed_logins))
        return 0;
    int result = write_patches(&merge);
    if (result == 0)
        result = merge_securely(&merge);
    strbuf_free(&merge.patch);
    strbuf_free(&merge.plain);
    return result;
}

static bool adds_to(const struct batch *batch, const struct family *family) {
    for (size_t i = 0; i < batch->count; i++)
        if (batch->samples[i].family == family)
            return true;
    return false;
}

/* The limit does not count the label set of the rest. */
static int check_room(struct store *store, const struct session_rules *rules,
                      const struct family *family, struct err *err) {
    int64_t series;
    if (series_row_count(store, family->id, &series, err) != 0)
        return -1;
    if (series <= (int64_t)rules->max_series + 1)
        return 0;
    return err_set(err, ERR_VALUE,
                   "%s would have %lld label sets, `sessions.max_series` is "
                   "%zu: raise it, or drop labels of sessions on both nodes",
                   family->name, (long long)series, rules->max_series);
}

int sessions_adopt(struct store *store, const struct batch *batch,
                   struct err *err) {
    const struct session_rules *rules = store->registry->session_rules;
    struct db_statement *adopt = store->sql.session_label_sets_adopt;
    if (!rules)
        return 0;
    if (sessions_merge(store, rules, err) != 0)
        return -1;
    for (int i = 0; i < SESSION_FAMILIES; i++)
        if (adds_to(batch, rules->families[i]) &&
            check_room(store, rules, rules->families[i], err) != 0)
            return -1;
    db_bind_integer(adopt, ":family", rules->families[SESSIONS_BEGUN]->id);
    return db_run(adopt, err);
}
