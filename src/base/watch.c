#include "base/watch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static uint64_t mix(uint64_t hash, uint64_t value) {
    return (hash ^ value) * 0x100000001B3u;
}

static uint64_t signature_of(const char *path) {
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    uint64_t hash = mix(0xCBF29CE484222325u, (uint64_t)st.st_dev);
    hash = mix(hash, (uint64_t)st.st_ino);
    hash = mix(hash, (uint64_t)st.st_size);
    hash = mix(hash, (uint64_t)st.st_mtim.tv_sec);
    hash = mix(hash, (uint64_t)st.st_mtim.tv_nsec);
    hash = mix(hash, (uint64_t)st.st_ctim.tv_sec);
    return mix(hash, (uint64_t)st.st_ctim.tv_nsec);
}

int watch_add(struct watch *watch, const char *path) {
    struct watched_file *files =
        realloc(watch->files, (watch->count + 1) * sizeof(*files));
    if (!files)
        return -1;
    watch->files = files;
    char *copy = strdup(path);
    if (!copy)
        return -1;
    files[watch->count].path = copy;
    files[watch->count].signature = signature_of(path);
    watch->count++;
    return 0;
}

bool watch_changed(const struct watch *watch) {
    if (watch->incomplete)
        return true;
    for (size_t i = 0; i < watch->count; i++)
        if (signature_of(watch->files[i].path) != watch->files[i].signature)
            return true;
    return false;
}

void watch_free(struct watch *watch) {
    for (size_t i = 0; i < watch->count; i++)
        free(watch->files[i].path);
    free(watch->files);
    *watch = (struct watch){0};
}
