#include "config/sessions_config.h"

#include <stdio.h>
#include <string.h>

const char *const session_label_names[] = {
    "dashboard_name", "dashboard_timezone", "dashboard_uid", "grafana_env",
    "grafana_host",   "user_locale",        "user_login",    "user_name",
    "user_role",      "user_theme",         "user_timezone", NULL};

static bool is_session_label(const char *name) {
    for (size_t i = 0; session_label_names[i]; i++)
        if (strcmp(session_label_names[i], name) == 0)
            return true;
    return false;
}

static void check_drops(const struct string_list *drops,
                        const struct source *source,
                        struct diagnostics *diagnostics) {
    struct strbuf list = {0};
    for (size_t i = 0; session_label_names[i]; i++)
        strbuf_printf(&list, "%s%s", i > 0 ? ", " : "", session_label_names[i]);
    for (size_t i = 0; i < drops->count; i++) {
        char key[64];
        if (is_session_label(drops->strings[i]))
            continue;
        (void)snprintf(key, sizeof(key), "sessions.drop_labels[%zu]", i);
        diagnose(
            diagnostics, source, key,
            "is \"%.100s\", which is not a session label, must be one of %s",
            drops->strings[i], list.failed ? "" : list.data);
    }
    strbuf_free(&list);
}

void sessions_config_check(const struct sessions_config *sessions,
                           const struct source *source,
                           struct diagnostics *diagnostics) {
    check_drops(&sessions->drop_labels, source, diagnostics);
    if (sessions->user_labels == USER_LABELS_HASH && !sessions->hash_key_file)
        diagnose(diagnostics, source, "sessions.hash_key_file",
                 "missing, must be the path of a file with the key, since "
                 "user_labels is \"hash\"; `openssl rand -hex 32` makes one");
}

void sessions_config_set_key(struct sessions_config *sessions, const char *text,
                             size_t len, struct arena *arena,
                             const struct source *source,
                             struct diagnostics *diagnostics) {
    while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
        len--;
    if (len < HASH_KEY_MIN || len > HASH_KEY_MAX) {
        diagnose(diagnostics, source, "sessions.hash_key_file",
                 "%s has %zu bytes, must have %d to %d; `openssl rand -hex 32` "
                 "makes a key",
                 sessions->hash_key_file, len, HASH_KEY_MIN, HASH_KEY_MAX);
        return;
    }
    sessions->hash_key = arena_copy(arena, text, len);
    sessions->hash_key_len = len;
    if (!sessions->hash_key)
        diagnose(diagnostics, source, "sessions.hash_key_file",
                 "out of memory");
}
