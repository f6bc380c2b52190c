#include "exposed.h"

#include <string.h>

#include "histogram.h"

struct walk {
    const struct config *config;
    const struct family *const *own;
    size_t own_count;
    size_t own_next;
    size_t listed_next;
    struct value_set taken; /* series names of the open families so far */
    family_visit *visit;
    void *context;
    struct err *err;
};

/* The next family that is not from a push, by name; NULL at the end. */
static const struct family *peek(const struct walk *walk) {
    const struct listed *listed = &walk->config->listed;
    const struct family *own =
        walk->own_next < walk->own_count ? walk->own[walk->own_next] : NULL;
    const struct family *other = walk->listed_next < listed->count
                                     ? listed->families[walk->listed_next]
                                     : NULL;
    if (!own || !other)
        return own ? own : other;
    return strcmp(own->name, other->name) < 0 ? own : other;
}

/* Those whose name is before the given one; all of them without one. */
static int visit_fixed(struct walk *walk, const char *name) {
    const struct family *family;
    while ((family = peek(walk)) && (!name || strcmp(family->name, name) < 0)) {
        if (walk->own_next < walk->own_count &&
            walk->own[walk->own_next] == family)
            walk->own_next++;
        else
            walk->listed_next++;
        int result = walk->visit(walk->context, family);
        if (result != 0)
            return result;
    }
    return 0;
}

/* What a push has brought was checked when it came, but against the files of
 * that time. */
static bool is_shown(const struct walk *walk, const struct family *family) {
    char name[FAMILY_CLAIM_SIZE];
    size_t len = strlen(family->name);
    if (len > FAMILY_NAME_MAX || !metric_name_valid(family->name, len) ||
        metric_name_reserved(family->name) ||
        family->bound_count > HISTOGRAM_BOUNDS_MAX ||
        pattern_list_match(&walk->config->drop_families, family->name, len))
        return false;
    for (size_t i = 0; (len = family_claim(family, i, name)) > 0; i++)
        if (value_set_find(&walk->config->listed.claims, name, len) !=
                VALUE_NONE ||
            value_set_find(&walk->taken, name, len) != VALUE_NONE)
            return false;
    return true;
}

static int take_names(struct walk *walk, const struct family *family) {
    char name[FAMILY_CLAIM_SIZE];
    size_t len;
    for (size_t i = 0; (len = family_claim(family, i, name)) > 0; i++)
        if (value_set_add(&walk->taken, name, len) == VALUE_NONE)
            return err_set(walk->err, ERR_MEMORY, "out of memory");
    return 0;
}

static int visit_open(void *context, const struct family *family) {
    struct walk *walk = context;
    if (!is_shown(walk, family))
        return 0;
    int result = visit_fixed(walk, family->name);
    if (result == 0)
        result = take_names(walk, family);
    return result == 0 ? walk->visit(walk->context, family) : result;
}

int exposed_families(const struct config *config, struct reader *reader,
                     const struct family *const *own, size_t count,
                     family_visit *visit, void *context, struct err *err) {
    struct walk walk = {.config = config,
                        .own = own,
                        .own_count = count,
                        .visit = visit,
                        .context = context,
                        .err = err};
    int result = 0;
    if (config->open_families)
        result = reader_open_families(reader, visit_open, &walk, err);
    if (result == 0)
        result = visit_fixed(&walk, NULL);
    value_set_free(&walk.taken);
    return result;
}
