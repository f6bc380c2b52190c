/* session_fixture: responders that count sessions, each with its own store and
 * registry, on the database scratch_path("t.db"). */
#ifndef TALLYMAN_TESTS_SESSION_FIXTURE_H
#define TALLYMAN_TESTS_SESSION_FIXTURE_H

#include "check.h"
#include "outsider.h"
#include "scratch.h"
#include "store/commit.h"
#include "store/store.h"

/* 2023-11-14 22:13:20 UTC. */
enum { NOW = 1700000000 };

/* Upper bound of the messages of a turn. */
enum { PANEL_TURN = 64 };

struct panel {
    struct store *store;
    struct registry registry;
    struct session_rules rules;
    int64_t now;
};

/* A message; unset members are omitted. */
struct note {
    const char *uuid;
    enum session_kind kind;
    double time;        /* seconds after NOW */
    double interval;    /* of heartbeats */
    const char *board;  /* name of the dashboard; NULL is `b` */
    const char *labels; /* of the session; NULL is a role on the board */
    bool away;          /* without the focus */
    const char *values; /* of variables, a letter each */
};

/* A uuid, a time, the interval, and optional members. */
#define START(id, at, ...)                                                     \
    { .uuid = id, .kind = SESSION_START, .time = at, .interval = __VA_ARGS__ }
#define BEAT(id, at, ...)                                                      \
    {                                                                          \
        .uuid = id, .kind = SESSION_HEARTBEAT, .time = at,                     \
        .interval = __VA_ARGS__                                                \
    }
#define END(id, at, ...)                                                       \
    { .uuid = id, .kind = SESSION_END, .time = at, .interval = __VA_ARGS__ }

static inline struct family *panel_family(struct panel *panel, const char *name,
                                          enum metric_type type) {
    struct registry *registry = &panel->registry;
    struct family *family = registry_add(registry, name, strlen(name));
    assert_non_null(family);
    family->help = "h";
    family->unit = "";
    family->type = type;
    family->internal = true;
    family->any_labels = true;
    return family;
}

static inline void panel_load(struct panel *panel) {
    struct strbuf notes = {0};
    struct err err = {.code = ERR_NONE};
    static const double bounds[] = {60, 3600};
    panel->rules.families[SESSIONS_BEGUN] =
        panel_family(panel, "sessions", METRIC_COUNTER);
    panel->rules.families[SESSIONS_DURATION] =
        panel_family(panel, "duration", METRIC_COUNTER);
    panel->rules.families[SESSIONS_FOCUSED] =
        panel_family(panel, "focused", METRIC_COUNTER);
    panel->rules.families[SESSIONS_VARIABLES] =
        panel_family(panel, "variables", METRIC_COUNTER);
    struct family *lengths = panel_family(panel, "lengths", METRIC_HISTOGRAM);
    lengths->bounds = arena_take(&panel->registry.arena, sizeof(bounds));
    assert_non_null(lengths->bounds);
    memcpy(lengths->bounds, bounds, sizeof(bounds));
    lengths->bound_count = COUNT(bounds);
    panel->rules.families[SESSIONS_LENGTHS] = lengths;
    panel->rules.max_variable_values = 100;
    if (store_load(panel->store, &panel->registry, panel->now, &notes, &err) !=
        0)
        fail_msg("%s", err.message);
    strbuf_free(&notes);
}

static inline void panel_open(struct panel *panel) {
    struct err err = {.code = ERR_NONE};
    *panel = (struct panel){
        .now = NOW, .rules = {.keep_seconds = 86400, .max_series = 1000}};
    if (store_open(scratch_path("t.db"), false, &panel->store, &err) != 0)
        fail_msg("%s", err.message);
    panel_load(panel);
}

/* Checks the database and closes the panel. */
static inline void panel_close(struct panel *panel) {
    assert_rows(SOUND, "ok|0|0\n");
    store_close(panel->store);
    registry_free(&panel->registry);
}

static inline struct value_text
panel_text(struct batch *batch, const char *format, const char *value) {
    char text[200];
    int len = snprintf(text, sizeof(text), format, value);
    const char *copy = arena_copy(&batch->arena, text, (size_t)len);
    assert_non_null(copy);
    return (struct value_text){copy, (size_t)len};
}

/* A capital letter is a value of the variable `v`, any other of `u`. */
static inline struct session_value panel_value(struct batch *batch,
                                               const char *board, char letter) {
    bool capital = letter >= 'A' && letter <= 'Z';
    char labels[100];
    (void)snprintf(labels, sizeof(labels),
                   "{\"dashboard_name\":\"%s\",\"value\":\"%%s\"}", board);
    return (struct session_value){
        .variable = {capital ? "v" : "u", 1},
        .value = panel_text(batch, "%s", (char[]){letter, '\0'}),
        .labels = panel_text(batch, labels, (char[]){letter, '\0'}),
        .other = panel_text(batch, labels, capital ? "other v" : "other u"),
        .rest =
            panel_text(batch, "{\"dashboard_name\":\"other\",\"value\":\"%s\"}",
                       capital ? "rest v" : "rest u")};
}

static inline void panel_write(const struct panel *panel,
                               const struct note *note, struct batch *batch) {
    static const char labels[] = "{\"dashboard_name\":\"%s\",\"role\":\"r\"}";
    static const char dashboard[] = "{\"dashboard_name\":\"%s\"}";
    const char *board = note->board ? note->board : "b";
    size_t count = note->values ? strlen(note->values) : 0;
    struct session_push *push = arena_take(&batch->arena, sizeof(*push));
    struct session_value *variables =
        arena_take(&batch->arena, (count + 1) * sizeof(*variables));
    assert_non_null(push);
    assert_non_null(variables);
    for (size_t i = 0; i < count; i++)
        variables[i] = panel_value(batch, board, note->values[i]);
    *push = (struct session_push){
        .rules = &panel->rules,
        .uuid = note->uuid,
        .kind = note->kind,
        .focused = !note->away,
        .heartbeat_interval = note->interval,
        .time = NOW + note->time,
        .labels = note->labels ? panel_text(batch, "%s", note->labels)
                               : panel_text(batch, labels, board),
        .dashboard = panel_text(batch, dashboard, board),
        .rest = panel_text(batch, labels, "other"),
        .rest_dashboard = panel_text(batch, dashboard, "other"),
        .variables = variables,
        .variable_count = count};
    batch->session = push;
}

/* Commits notes[0..count) in one turn. */
static inline int panel_turn(struct panel *panel, const struct note *notes,
                             size_t count, struct err *err) {
    static struct batch batches[PANEL_TURN];
    struct batch *turn[PANEL_TURN];
    struct store_clock clock = {.now = panel->now};
    assert_true(count <= PANEL_TURN);
    for (size_t i = 0; i < count; i++) {
        batches[i] = (struct batch){.count = 0};
        panel_write(panel, &notes[i], &batches[i]);
        turn[i] = &batches[i];
    }
    int result = store_commit(panel->store, turn, count, false, &clock, err);
    for (size_t i = 0; i < count; i++)
        batch_free(&batches[i]);
    return result;
}

static inline void panel_push(struct panel *panel, const struct note *notes,
                              size_t count) {
    struct err err = {.code = ERR_NONE};
    if (panel_turn(panel, notes, count, &err) != 0)
        fail_msg("%s", err.message);
}

/* Commits each in a separate turn. */
static inline void panel_send(struct panel *panel, const struct note *notes,
                              size_t count) {
    for (size_t i = 0; i < count; i++)
        panel_push(panel, &notes[i], 1);
}

static inline void panel_note(struct panel *panel, struct note note) {
    panel_push(panel, &note, 1);
}

/* Query of every series except variables: family, dashboard, total; of lengths
 * count, sum and buckets. */
#define COUNTED                                                                \
    "SELECT name, labels ->> 'dashboard_name', iif(buckets IS NULL, value, "   \
    "count || ' ' || sum || ' ' || buckets) FROM series JOIN total ON "        \
    "series_id = series.id "                                                   \
    "JOIN family ON family.id = family_id WHERE name <> 'variables' "          \
    "ORDER BY name = 'lengths', name, labels"

#endif
