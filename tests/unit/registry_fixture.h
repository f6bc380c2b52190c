/* registry_fixture: a registry from the text of an allowlist file. */
#ifndef TALLYMAN_TESTS_REGISTRY_FIXTURE_H
#define TALLYMAN_TESTS_REGISTRY_FIXTURE_H

#include "config/allowlist.h"
#include "config/config.h"
#include "unit.h"

/* The defaults of the configuration. */
static const struct limits fixture_limits = {.body_bytes = 65536,
                                             .samples_per_push = 1000,
                                             .observations_per_sample = 1000,
                                             .label_value_bytes = 128,
                                             .families = 1000,
                                             .series = 200000,
                                             .batch_id_hours = 1};

/* Adds the families of a valid file. */
static inline void registry_load(struct registry *registry, const char *path) {
    struct diagnostics diagnostics = {.count = 0};
    struct allowlist allowlist = {.registry = registry,
                                  .limits = &fixture_limits};
    allowlist_load(&allowlist, path, &diagnostics);
    if (diagnostics.count > 0)
        fail_msg("%s", diagnostics.text.data);
    diagnostics_free(&diagnostics);
}

#endif
