#include "store/sql_claim.h"

#include "store/connection.h"
#include "store/meta.h"
#include "store/turn.h"

/* Seconds, for a query whose row was deleted by hand, until the next
 * store_load. */
static const double WAIT_WITHOUT_ROW = 10;

/* Sets claim->wait; a query with a wait of 0 or less is due. */
static int find_wait(struct store *store, const struct sql_query *query,
                     double now, struct sql_claim *claim, struct err *err) {
    struct db_statement *find = store->sql.sql_query_find;
    db_bind_string(find, ":name", query->family->name);
    const int result = db_step(find, err);
    claim->wait = WAIT_WITHOUT_ROW;
    if (result == 1) {
        const double started = db_real(find, 0);
        const double until = db_real(find, 1);
        claim->wait = started > now ? 0
                      : until > 0   ? until - now
                                    : started + (double)query->every - now;
    }
    db_reset(find);
    return result < 0 ? -1 : 0;
}

static int claim_due(struct store *store, const struct sql_query *query,
                     double now, struct sql_claim *claim, struct err *err) {
    struct db_statement *update = store->sql.sql_query_claim;
    int64_t generation;
    if (meta_read_generation(store->sql.generation, &generation, err) != 0)
        return -1;
    if (generation != store->generation)
        return turn_stale(err);
    db_bind_string(update, ":name", query->family->name);
    db_bind_integer(update, ":every", query->every);
    db_bind_real(update, ":now", now);
    db_bind_real(update, ":until", now + query->timeout + SQL_CLAIM_MARGIN);
    if (db_run(update, err) != 0)
        return -1;
    if (db_changes(store->db) == 1) {
        claim->started_at = now;
        return 0;
    }
    return find_wait(store, query, now, claim, err);
}

int store_claim_query(struct store *store, const struct sql_query *query,
                      double now, struct sql_claim *claim, struct err *err) {
    *claim = (struct sql_claim){.wait = 0};
    if (find_wait(store, query, now, claim, err) != 0)
        return -1;
    if (claim->wait > 0)
        return 0;
    if (turn_begin(store, err) != 0)
        return -1;
    return turn_end(store, claim_due(store, query, now, claim, err), err);
}

static int insert(struct store *store, const struct family *family,
                  struct err *err) {
    db_bind_string(store->sql.sql_query_insert, ":name", family->name);
    return db_run(store->sql.sql_query_insert, err);
}

int sql_claims_load(struct store *store, const struct registry *registry,
                    struct err *err) {
    struct db_statement *forget = store->sql.sql_query_forget;
    struct strbuf names = {0};
    int result = 0;
    strbuf_add_char(&names, '[');
    for (size_t i = 0; i < registry_count(registry) && result == 0; i++) {
        const struct family *family = registry->families[i];
        if (!family->queried)
            continue;
        strbuf_printf(&names, "%s\"%s\"", names.len > 1 ? "," : "",
                      family->name);
        result = insert(store, family, err);
    }
    strbuf_add_char(&names, ']');
    if (result == 0 && names.failed)
        result = err_no_memory(err);
    if (result == 0) {
        db_bind_text(forget, ":names", names.data, names.len);
        result = db_run(forget, err);
    }
    strbuf_free(&names);
    return result;
}
