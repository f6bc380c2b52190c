/* labels: what of a session message becomes labels, by the
 * configuration. */
#ifndef TALLYMAN_SESSIONS_LABELS_H
#define TALLYMAN_SESSIONS_LABELS_H

#include "base/arena.h"
#include "config/sessions_config.h"
#include "sessions/message.h"

/* `user_labels` and `drop_labels` let sessions have the label. */
bool session_label_permitted(const struct sessions_config *config,
                             const char *name);

/* Writes the message's labels without those that `user_labels` and
 * `drop_labels` keep back, sorted by name, to out, and returns their number.
 * user_login is a keyed hash with USER_LABELS_HASH. What is not of the message
 * is allocated from the arena; -1 when memory ran out. Whatever leaves the
 * endpoint, also for the log, has passed here. */
int session_labels_permit(const struct sessions_config *config,
                          const struct session_message *message,
                          struct arena *arena,
                          struct label out[SESSION_LABELS_MAX]);

/* Sets the label sets and the variables of the push, from labels[0..count) that
 * session_labels_permit has written. The variables are those that `variables`
 * names. All is allocated from the arena. Returns -1 when memory ran out. */
int session_labels_write(const struct sessions_config *config,
                         const struct session_message *message,
                         const struct label *labels, size_t count,
                         struct arena *arena, struct session_push *push);

#endif
