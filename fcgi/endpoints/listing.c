#include "endpoints/listing.h"

#include <stdlib.h>

#include "base/list.h"
#include "expose/families.h"
#include "expose/json.h"

/* State of one reply. */
struct listing {
    struct reader *reader;
    struct exposition_json exposition;
    const struct family **families; /* to list, sorted by id */
    size_t count;
    struct registry copies;      /* of open families */
    int64_t family_id;           /* of the last series */
    const struct family *family; /* of the last series; NULL: not listed */
    struct err *err;
};

static int compare_ids(const void *a, const void *b) {
    const struct family *left = *(const struct family *const *)a;
    const struct family *right = *(const struct family *const *)b;
    return (left->id > right->id) - (left->id < right->id);
}

/* NULL if the family is not listed. */
static const struct family *find_family(const struct listing *listing,
                                        int64_t id) {
    const struct family wanted = {.id = id};
    const struct family *key = &wanted;
    const struct family *const *found =
        listing->count > 0 ? bsearch(&key, listing->families, listing->count,
                                     sizeof(struct family *), compare_ids)
                           : NULL;
    return found ? *found : NULL;
}

static int list_series(void *context, int64_t family_id,
                       const struct series *series) {
    struct listing *listing = context;
    struct exposition_json *exposition = &listing->exposition;
    if (family_id != listing->family_id) {
        listing->family_id = family_id;
        listing->family = find_family(listing, family_id);
        if (listing->family)
            exposition_json_family(exposition, listing->family);
    }
    if (listing->family)
        (void)exposition_json_series(exposition, series);
    return exposition->json.out->failed;
}

/* group is NULL for the series without a group. */
static int list_group(void *context, const struct push_group *group) {
    struct listing *listing = context;
    if (exposition_json_group(&listing->exposition, group) != 0)
        return 0;
    listing->family_id = 0;
    return reader_group_series(listing->reader, group ? group->id : 0,
                               list_series, listing, listing->err) < 0
               ? -1
               : listing->exposition.json.out->failed;
}

/* Copies open families, which are valid only during the visit. */
static int keep_family(void *context, const struct family *family,
                       size_t base_len) {
    struct listing *listing = context;
    (void)base_len;
    if (family->internal)
        return 0;
    const struct family **list =
        list_grow(listing->families, listing->count, sizeof(struct family *));
    if (!list)
        return err_no_memory(listing->err);
    listing->families = list;
    const struct family *kept =
        family->open ? registry_copy(&listing->copies, family) : family;
    if (!kept)
        return err_no_memory(listing->err);
    list[listing->count++] = kept;
    return 0;
}

int listing_write(const struct config *config, struct reader *reader,
                  struct strbuf *out, struct err *err) {
    struct listing listing = {.reader = reader, .err = err};
    exposition_json_begin(&listing.exposition, out);
    int result =
        exposed_families(config, reader, NULL, 0, keep_family, &listing, err);
    if (listing.count > 0)
        qsort(listing.families, listing.count, sizeof(struct family *),
              compare_ids);
    if (result == 0)
        result = reader_groups(reader, list_group, &listing, err);
    if (result == 0)
        result = list_group(&listing, NULL);
    exposition_json_end(&listing.exposition);
    exposition_json_free(&listing.exposition);
    free(listing.families);
    registry_free(&listing.copies);
    return result < 0 ? -1 : 0;
}
