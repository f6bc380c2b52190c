/* The files that are templates: those of templates/MANIFEST whose conditions
 * are true. */
#include <string.h>

#include "base/arena.h"
#include "cli/monitoring/parts.h"
#include "cli/monitoring/values.h"
#include "templates.h"

enum { OWN_VALUES_MAX = 4 };

/* An entry of the manifest, as its words say. */
struct entry {
    const char *template; /* its path */
    bool wanted;
    struct template_value own[OWN_VALUES_MAX + 1]; /* of this file alone */
    size_t own_count;
};

static const struct template_value *
find_value(const struct template_value *values, const char *name) {
    for (; values->name; values++)
        if (strcmp(values->name, name) == 0)
            return values;
    return NULL;
}

static int read_word(struct entry *entry, char *word,
                     const struct template_value *values, struct err *err) {
    const bool negated = word[0] == '!';
    char *equals = strchr(word, '=');
    if (equals && entry->own_count < OWN_VALUES_MAX) {
        *equals = '\0';
        entry->own[entry->own_count++] =
            (struct template_value){.name = word, .text = equals + 1};
        return 0;
    }
    if (strpbrk(word, "./")) {
        entry->template = word;
        return 0;
    }
    const struct template_value *value = find_value(values, word + negated);
    if (!value)
        return err_set(err, ERR_VALUE, "MANIFEST: no value has the name %s",
                       word + negated);
    entry->wanted &= (value->text && *value->text) != negated;
    return 0;
}

static int read_entry(struct entry *entry, const char *output, char *words,
                      const struct template_value *values, struct err *err) {
    char *rest;
    *entry = (struct entry){.template = output, .wanted = true};
    for (char *word = strtok_r(words, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest))
        if (read_word(entry, word, values, err) != 0)
            return -1;
    return 0;
}

static const char *find_template(const char *path) {
    for (const struct template_file *file = template_files; file->path; file++)
        if (strcmp(file->path, path) == 0)
            return file->text;
    return NULL;
}

/* Behind the values of the file come those of all. */
static const struct template_value *join(const struct entry *entry,
                                         const struct template_value *values,
                                         struct arena *arena) {
    size_t count = 0;
    while (values[count].name)
        count++;
    struct template_value *all =
        arena_take(arena, (entry->own_count + count + 1) * sizeof(*all));
    if (!all)
        return NULL;
    memcpy(all, entry->own, entry->own_count * sizeof(*all));
    memcpy(all + entry->own_count, values, (count + 1) * sizeof(*all));
    return all;
}

static int add_file(const struct template_entry *listed,
                    const struct template_value *values, struct arena *arena,
                    struct output *output, struct err *err) {
    struct entry entry;
    char *words = arena_copy(arena, listed->words, strlen(listed->words));
    if (!words)
        return err_set(err, ERR_MEMORY, "out of memory");
    if (read_entry(&entry, listed->output, words, values, err) != 0)
        return -1;
    if (!entry.wanted)
        return 0;
    const char *text = find_template(entry.template);
    if (!text)
        return err_set(err, ERR_VALUE, "MANIFEST: there is no template %s",
                       entry.template);
    const struct template_value *all = join(&entry, values, arena);
    if (!all)
        return err_set(err, ERR_MEMORY, "out of memory");
    return template_expand(entry.template, text, strlen(text), all,
                           output_add(output, listed->output), err);
}

int files_add(const struct monitoring *monitoring, struct output *output,
              struct err *err) {
    struct arena arena = {0};
    const struct template_value *values = values_of(monitoring, &arena);
    int result = values ? 0 : err_set(err, ERR_MEMORY, "out of memory");
    for (const struct template_entry *entry = template_entries;
         values && entry->output && result == 0; entry++)
        result = add_file(entry, values, &arena, output, err);
    arena_free(&arena);
    return result;
}
