#include "listed.h"

#include <stdlib.h>
#include <string.h>

static int compare_families(const void *a, const void *b) {
    const struct family *const *left = a;
    const struct family *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static int add_claims(struct listed *listed, const struct family *family) {
    char name[FAMILY_CLAIM_SIZE];
    size_t len;
    for (size_t i = 0; (len = family_claim(family, i, name)) > 0; i++)
        if (value_set_add(&listed->claims, name, len) == VALUE_NONE)
            return -1;
    return 0;
}

int listed_init(struct listed *listed, const struct registry *registry) {
    const size_t count = registry_count(registry);
    *listed = (struct listed){
        .families = malloc((count + 1) * sizeof(struct family *))};
    if (!listed->families)
        return -1;
    for (size_t i = 0; i < count; i++) {
        listed->families[i] = registry->families[i];
        if (add_claims(listed, registry->families[i]) != 0)
            return -1;
    }
    listed->count = count;
    qsort(listed->families, count, sizeof(struct family *), compare_families);
    return 0;
}

void listed_free(struct listed *listed) {
    free(listed->families);
    value_set_free(&listed->claims);
    *listed = (struct listed){0};
}
