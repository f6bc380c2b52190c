#include "sessions/fields.h"

#include <string.h>

#include "base/number.h"

static const char *const paths[SESSION_FIELDS] = {
    [SESSION_UUID] = "uuid",
    [SESSION_TYPE] = "type",
    [SESSION_HAS_FOCUS] = "hasFocus",
    [SESSION_HEARTBEAT_INTERVAL] = "options.heartbeatInterval",
    [SESSION_HOSTNAME] = "host.hostname",
    [SESSION_PORT] = "host.port",
    [SESSION_ENV] = "host.buildInfo.env",
    [SESSION_DASHBOARD_NAME] = "dashboard.name",
    [SESSION_DASHBOARD_UID] = "dashboard.uid",
    [SESSION_LOGIN] = "user.login",
    [SESSION_NAME] = "user.name",
    [SESSION_LIGHT_THEME] = "user.lightTheme",
    [SESSION_ADMIN] = "user.isGrafanaAdmin",
    [SESSION_EDITOR] = "user.hasEditPermissionInFolders",
    [SESSION_USER_TIMEZONE] = "user.timezone",
    [SESSION_LOCALE] = "user.locale",
    [SESSION_TIMEZONE] = "timeZone",
    [SESSION_TIME] = "time",
};
_Static_assert(sizeof(paths) / sizeof(paths[0]) == SESSION_FIELDS,
               "a path for each field");

/* Room for the longest known path and its NUL. */
enum { PATH_SIZE = 64 };

/* A walk through the document; path leads to the current value. */
struct walk {
    struct session_fields *found;
    size_t len;   /* of path */
    size_t depth; /* number of keys in path, one of which may be empty */
    char path[PATH_SIZE];
};

/* Advances past the word; false when the text differs. */
static bool take_word(const char **at, const char *word) {
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0)
        return false;
    *at += len;
    return true;
}

/* Advances past an index of at most four digits. */
static bool take_index(const char **at, unsigned *out) {
    const char *start = *at;
    *out = 0;
    while (**at >= '0' && **at <= '9' && *at - start < 4)
        *out = *out * 10 + (unsigned)(*(*at)++ - '0');
    return *at > start;
}

static bool choice_before(const struct session_choice *a,
                          const struct session_choice *b) {
    return a->position != b->position ? a->position < b->position
                                      : a->variable < b->variable;
}

/* Inserts the choice at its position, replacing an earlier one there. */
static void add_choice(struct session_fields *found,
                       struct session_choice choice) {
    struct session_choice *choices = found->choices;
    size_t at = found->choice_count;
    while (at > 0 && choice_before(&choice, &choices[at - 1]))
        at--;
    if (at > 0 && !choice_before(&choices[at - 1], &choice)) {
        choices[at - 1] = choice;
        return;
    }
    if (at == SESSION_VARIABLES_MAX)
        return;
    if (found->choice_count < SESSION_VARIABLES_MAX)
        found->choice_count++;
    memmove(&choices[at + 1], &choices[at],
            (found->choice_count - at - 1) * sizeof(*choices));
    choices[at] = choice;
}

/* Handles variables.<index>.name and variables.<index>.values.<position>. */
static void note_variable(struct session_fields *found, const char *path,
                          const struct json_object *value) {
    struct session_choice choice = {.value = value};
    if (!take_index(&path, &choice.variable) ||
        choice.variable >= SESSION_VARIABLES_MAX)
        return;
    if (strcmp(path, ".name") == 0)
        found->variable_names[choice.variable] = value;
    else if (take_word(&path, ".values.") &&
             take_index(&path, &choice.position) && *path == '\0')
        add_choice(found, choice);
}

static void note(struct walk *walk, const struct json_object *value) {
    const char *path = walk->path;
    if (json_kind(value) == JSON_NULL)
        return;
    if (take_word(&path, "variables.")) {
        note_variable(walk->found, path, value);
        return;
    }
    for (size_t i = 0; i < SESSION_FIELDS; i++)
        if (strcmp(path, paths[i]) == 0)
            walk->found->values[i] = value;
}

/* Appends a key to the path; false when it leads to no known field. */
static bool step_in(struct walk *walk, const char *key) {
    size_t len = strlen(key);
    size_t dot = walk->depth > 0;
    if (len >= PATH_SIZE - walk->len - dot)
        return false;
    if (dot)
        walk->path[walk->len] = '.';
    memcpy(walk->path + walk->len + dot, key, len + 1);
    walk->len += dot + len;
    walk->depth++;
    return true;
}

static int visit(void *context, const char *key,
                 const struct json_object *value);

/* Only variables are in arrays. json_read limits the depth.
 * NOLINTNEXTLINE(misc-no-recursion) */
static void visit_inside(struct walk *walk, const struct json_object *value) {
    if (json_kind(value) == JSON_OBJECT)
        (void)json_members(value, visit, walk);
    const char *path = walk->path;
    if (!take_word(&path, "variables"))
        return;
    for (size_t i = 0; i < json_length(value); i++) {
        char index[NATURAL_SIZE + 1];
        index[natural_format(i, index)] = '\0';
        (void)visit(walk, index, json_at(value, i));
    }
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static int visit(void *context, const char *key,
                 const struct json_object *value) {
    struct walk *walk = context;
    size_t len = walk->len;
    if (step_in(walk, key)) {
        note(walk, value);
        visit_inside(walk, value);
        walk->len = len;
        walk->depth--;
        walk->path[len] = '\0';
    }
    return 0;
}

void session_fields_find(const struct json_object *object,
                         struct session_fields *out) {
    struct walk walk = {.found = out};
    *out = (struct session_fields){.choice_count = 0};
    visit_inside(&walk, object);
}
