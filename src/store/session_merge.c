#include "store/session_merge.h"

#include <string.h>

#include "sql.h"
#include "store/connection.h"

/* What one merge works on. */
struct merge {
    struct store *store;
    const struct session_rules *rules;
    struct err *err;
    struct strbuf patch; /* takes away the labels that must not be there */
    struct strbuf plain; /* likewise where user_login is no hash */
    bool merged;         /* something was */
};

static void add_null(struct strbuf *patch, const char *label) {
    strbuf_printf(patch, "%s\"%s\":null", patch->len > 1 ? "," : "", label);
}

/* JSON merge patches (RFC 7396): a member that is null goes. */
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
               ? err_set(merge->err, ERR_MEMORY, "out of memory")
               : 0;
}

/* Runs a statement with the patches; family may be NULL. */
static int run(struct merge *merge, const char *text,
               const struct family *family, int *changes) {
    struct db_statement *statement;
    if (db_prepare(merge->store->db, text, &statement, merge->err) != 0)
        return -1;
    db_bind_text(statement, ":patch", merge->patch.data, merge->patch.len);
    db_bind_text(statement, ":plain", merge->plain.data, merge->plain.len);
    if (family)
        db_bind_integer(statement, ":family", family->id);
    int result = db_run(statement, merge->err);
    *changes = db_changes(merge->store->db);
    db_finalize(statement);
    return result;
}

static int merge_series(struct merge *merge) {
    const struct session_rules *rules = merge->rules;
    const struct family *const families[] = {rules->sessions, rules->duration,
                                             rules->focused, rules->lengths,
                                             rules->variables};
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        int changes;
        if (run(merge, sql_session_series_merge, families[i], &changes) != 0)
            return -1;
        if (changes == 0)
            continue;
        merge->merged = true;
        if (run(merge, sql_session_series_drop, families[i], &changes) != 0)
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

/* Other responders must not add to what is gone by a configuration that still
 * permits it. */
static int merge_all(struct merge *merge) {
    if (merge_series(merge) != 0 || merge_label_sets(merge) != 0)
        return -1;
    return merge->merged ? db_execute(merge->store->db, sql_generation_advance,
                                      merge->err)
                         : 0;
}

/* What is deleted is overwritten, as by default in some builds of SQLite. */
static int merge_securely(struct merge *merge) {
    struct db *db = merge->store->db;
    struct db_statement *setting;
    if (db_prepare(db, sql_secure_delete, &setting, merge->err) != 0)
        return -1;
    int result = db_step(setting, merge->err);
    bool off = result == 1 && db_integer(setting, 0) == 0;
    db_finalize(setting);
    if (result < 0 || db_execute(db, sql_secure_delete_on, merge->err) != 0)
        return -1;
    result = merge_all(merge);
    struct err ignored;
    if (off)
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
