#include "ingest/text/family.h"

#include <stdlib.h>
#include <string.h>

/* Suffixes of samples */

/* Suffixes that OpenMetrics 1.0 reserves for the samples of a family. */
static const char *const suffixes[] = {"_bucket", "_sum",  "_count",
                                       "_total",  "_info", "_created",
                                       "_gcount", "_gsum"};
enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]) };

/* True if name begins with the family's name; sets the suffix. */
static bool split(const struct text_family *family, struct text_part name,
                  struct text_part *suffix) {
    const struct text_part *base = &family->name;
    if (name.len < base->len || memcmp(name.at, base->at, base->len) != 0)
        return false;
    *suffix = (struct text_part){name.at + base->len, name.len - base->len};
    return true;
}

static enum text_role role_in(const struct text_family *family,
                              enum text_format format, struct text_part name) {
    struct text_part suffix;
    return split(family, name, &suffix)
               ? text_type_role(family->type, format, suffix)
               : ROLE_NONE;
}

/* Looking up */

/* The family of the last sample. */
static struct text_family *current(const struct text_families *families) {
    return &families->families[families->builder->family];
}

static uint32_t find_pushed(const struct text_families *families,
                            const char *name, size_t len) {
    const struct pushed_family *found =
        pushed_find(families->builder->out, name, len);
    return found ? (uint32_t)(found - families->builder->out->families)
                 : VALUE_NONE;
}

enum { NAME_ROOM = FAMILY_NAME_MAX + 8 };

/* Joins name and a suffix of at most 8 characters. Returns 0 if the result is
 * too long for a family. */
static size_t join(struct text_part name, const char *suffix,
                   char out[NAME_ROOM]) {
    size_t len = strlen(suffix);
    if (name.len + len > FAMILY_NAME_MAX)
        return 0;
    memcpy(out, name.at, name.len);
    memcpy(out + name.len, suffix, len);
    return name.len + len;
}

/* Finds a family by its name in the text: x for x_total of pushed. */
static uint32_t find_described(const struct text_families *families,
                               struct text_part name) {
    static const char *const own[] = {"", "_total", "_info"};
    char joined[NAME_ROOM];
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        size_t len = join(name, own[i], joined);
        uint32_t found =
            len > 0 ? find_pushed(families, joined, len) : VALUE_NONE;
        if (found != VALUE_NONE &&
            families->families[found].name.len == name.len)
            return found;
    }
    return VALUE_NONE;
}

/* Finds the family whose type has samples of this name. */
static uint32_t find_claiming(const struct text_families *families,
                              enum text_format format, struct text_part name) {
    size_t at = name.len;
    while (at > 1 && name.at[at - 1] != '_')
        at--;
    if (at < 2)
        return VALUE_NONE;
    struct text_part base = {name.at, at - 1};
    uint32_t found = find_described(families, base);
    if (found == VALUE_NONE ||
        role_in(&families->families[found], format, name) == ROLE_NONE)
        return VALUE_NONE;
    return found;
}

/* Adding */

/* Refuses a family whose samples could belong to another family. */
static int check_claims(const struct text_families *families,
                        const struct text_line *line,
                        const struct text_family *family) {
    char joined[NAME_ROOM];
    for (size_t i = 0; i < SUFFIXES; i++) {
        struct text_part suffix = {suffixes[i], strlen(suffixes[i])};
        size_t len = join(family->name, suffixes[i], joined);
        if (len == 0 || text_type_role(family->type, line->source.format,
                                       suffix) == ROLE_NONE)
            continue;
        uint32_t other = find_pushed(families, joined, len);
        if (other != VALUE_NONE)
            return text_source_fail(
                &line->source, family->name.at, ERR_VALUE,
                "the %s \"%.*s\" has samples \"%.*s\", which is also a family, "
                "on line %u",
                text_type_name(family->type, line->source.format),
                TEXT_SHOWN(family->name), (int)len, joined,
                families->families[other].line);
    }
    return 0;
}

static int check_unclaimed(const struct text_families *families,
                           const struct text_line *line,
                           struct text_part name) {
    uint32_t other = find_claiming(families, line->source.format, name);
    if (other == VALUE_NONE)
        return 0;
    const struct text_family *family = &families->families[other];
    return text_source_fail(&line->source, name.at, ERR_VALUE,
                            "\"%.*s\" belongs to the %s \"%.*s\" of line %u",
                            TEXT_SHOWN(name),
                            text_type_name(family->type, line->source.format),
                            TEXT_SHOWN(family->name), family->line);
}

static bool grow(struct text_families *families) {
    if (pushed_count(families->builder->out) < families->room)
        return true;
    size_t room = families->room ? families->room * 2 : 16;
    struct text_family *grown =
        realloc(families->families, room * sizeof(*grown));
    if (!grown)
        return false;
    families->families = grown;
    families->room = room;
    return true;
}

/* Copies help, type and unit to the pushed family. */
static void describe_pushed(const struct text_families *families,
                            uint32_t index) {
    const struct text_family *family = &families->families[index];
    struct pushed_family *pushed = &families->builder->out->families[index];
    pushed->help = family->help;
    pushed->unit = family->unit;
    (void)metric_type_parse(family->type->name, strlen(family->type->name),
                            &pushed->type);
    pushed->unsupported = family->type == &text_gaugehistogram;
    pushed->line = family->line;
}

/* Adds the family and makes it the current one. */
static int add(struct text_families *families, const struct text_line *line,
               const struct text_family *family) {
    const char *suffix =
        line->source.format == TEXT_OPENMETRICS ? family->type->suffix : "";
    families->builder->at[BUILDER_SERIES] = family->name.at;
    if (!grow(families))
        return err_no_memory(families->builder->err);
    if (builder_family(families->builder, family->name.at, family->name.len,
                       suffix) != 0)
        return -1;
    families->families[families->builder->family] = *family;
    describe_pushed(families, families->builder->family);
    return 0;
}

static struct text_family start(const struct text_line *line) {
    return (struct text_family){.name = line->name,
                                .type = &metric_types[METRIC_UNTYPED],
                                .help = "",
                                .unit = "",
                                .line = line->number};
}

/* HELP, TYPE and UNIT */

static int read_type(const struct text_line *line,
                     const struct metric_traits **out) {
    const struct text_part *word = &line->rest;
    const struct metric_traits *type =
        text_type_parse(*word, line->source.format);
    if (type) {
        *out = type;
        return 0;
    }
    return text_source_fail(
        &line->source, word->at, ERR_VALUE,
        "\"%.*s\" is not a type, must be %s", TEXT_SHOWN(*word),
        line->source.format == TEXT_OPENMETRICS
            ? "counter, gauge, histogram, summary, info, stateset, "
              "gaugehistogram or unknown"
            : "counter, gauge, histogram, summary or untyped");
}

/* Refuses a second line of the same kind. */
static int refuse_second(const struct text_line *line, const char *kind,
                         unsigned first) {
    return text_source_fail(
        &line->source, line->name.at, ERR_VALUE,
        "a second %s line of \"%.*s\", the first is on line %u", kind,
        TEXT_SHOWN(line->name), first);
}

static int set_unit(const struct text_line *line, struct text_family *family) {
    const struct text_part *name = &family->name;
    const struct text_part *unit = &line->rest;
    if (unit->len > 0 &&
        (name->len < unit->len + 2 ||
         name->at[name->len - unit->len - 1] != '_' ||
         memcmp(name->at + name->len - unit->len, unit->at, unit->len) != 0))
        return text_source_fail(&line->source, unit->at, ERR_VALUE,
                                "the name \"%.*s\" must end with its unit, "
                                "\"_%.*s\"",
                                TEXT_SHOWN(*name), TEXT_SHOWN(*unit));
    family->unit =
        arena_copy(&line->source.builder->out->arena, unit->at, unit->len);
    if (!family->unit)
        return err_no_memory(line->source.builder->err);
    return 0;
}

/* Sets help, type or unit from the line, once each. */
static int describe(const struct text_line *line, struct text_family *family) {
    unsigned *first = &family->help_line;
    const char *kind = "HELP";
    if (line->kind == TEXT_TYPE) {
        first = &family->type_line;
        kind = "TYPE";
    } else if (line->kind == TEXT_UNIT) {
        first = &family->unit_line;
        kind = "UNIT";
    }
    if (*first > 0)
        return refuse_second(line, kind, *first);
    *first = line->number;
    if (line->kind == TEXT_UNIT)
        return set_unit(line, family);
    if (line->kind == TEXT_TYPE)
        return read_type(line, &family->type);
    family->help = line->help;
    return 0;
}

/* Describes a family of 0.0.4, whose lines need not be together. */
static int describe_prometheus(struct text_families *families,
                               const struct text_line *line) {
    uint32_t found = find_pushed(families, line->name.at, line->name.len);
    if (found == VALUE_NONE) {
        struct text_family fresh = start(line);
        if (check_unclaimed(families, line, line->name) != 0 ||
            add(families, line, &fresh) != 0)
            return -1;
        found = families->builder->family;
    }
    struct text_family *family = &families->families[found];
    bool first_type = line->kind == TEXT_TYPE && family->type_line == 0;
    if (first_type && family->sample_line > 0)
        return text_source_fail(&line->source, line->name.at, ERR_VALUE,
                                "the TYPE line of \"%.*s\" must be before its "
                                "first sample, on line %u",
                                TEXT_SHOWN(line->name), family->sample_line);
    if (describe(line, family) != 0 ||
        (first_type && check_claims(families, line, family) != 0))
        return -1;
    describe_pushed(families, found);
    return 0;
}

int text_family_close(struct text_families *families,
                      const struct text_line *line) {
    struct text_family *draft = &families->draft;
    if (!families->drafted)
        return 0;
    families->drafted = false;
    if (draft->unit[0] &&
        (draft->type == &text_info || draft->type == &text_stateset))
        return text_source_fail(
            &line->source, draft->name.at, ERR_VALUE,
            "the %s \"%.*s\" must not have a unit",
            text_type_name(draft->type, line->source.format),
            TEXT_SHOWN(draft->name));
    if (check_claims(families, line, draft) != 0)
        return -1;
    return add(families, line, draft);
}

/* Begins the next family of OpenMetrics, which must be new. */
static int draft(struct text_families *families, const struct text_line *line) {
    if (text_family_close(families, line) != 0)
        return -1;
    uint32_t other = find_described(families, line->name);
    if (other == VALUE_NONE)
        other = find_claiming(families, line->source.format, line->name);
    if (other != VALUE_NONE) {
        const struct text_family *family = &families->families[other];
        return text_source_fail(
            &line->source, line->name.at, ERR_VALUE,
            "\"%.*s\" belongs to the family \"%.*s\" of line "
            "%u, which has ended: its lines must be together",
            TEXT_SHOWN(line->name), TEXT_SHOWN(family->name), family->line);
    }
    families->draft = start(line);
    families->drafted = true;
    return 0;
}

static int describe_openmetrics(struct text_families *families,
                                const struct text_line *line) {
    const struct text_part *name = &families->draft.name;
    bool same = name->len == line->name.len && name->len > 0 &&
                memcmp(name->at, line->name.at, name->len) == 0;
    if (same && !families->drafted)
        return text_source_fail(&line->source, line->name.at, ERR_VALUE,
                                "\"%.*s\" must be described before its first "
                                "sample, on line %u",
                                TEXT_SHOWN(line->name),
                                current(families)->sample_line);
    if (!same && draft(families, line) != 0)
        return -1;
    return describe(line, &families->draft);
}

int text_family_describe(struct text_families *families,
                         const struct text_line *line) {
    return line->source.format == TEXT_OPENMETRICS
               ? describe_openmetrics(families, line)
               : describe_prometheus(families, line);
}

/* Samples */

/* Refuses a name with a suffix that the type does not have. */
static int refuse_suffix(const struct text_line *line,
                         const struct text_family *family) {
    static const char *const shapes[] = {
        [SHAPE_TOTAL] = "end with _total or _created",
        [SHAPE_VALUE] = "have its name",
        [SHAPE_OBSERVATIONS] = "have its name or end with _sum or _count",
        [SHAPE_BUCKETS] = "end with _bucket, _sum or _count",
    };
    const char *wanted = shapes[family->type->shape];
    if (family->type == &text_info)
        wanted = "end with _info";
    else if (family->type == &text_gaugehistogram)
        wanted = "end with _bucket, _gsum or _gcount";
    return text_source_fail(
        &line->source, line->name.at, ERR_VALUE,
        "\"%.*s\" is not a sample of the %s \"%.*s\", must %s",
        TEXT_SHOWN(line->name),
        text_type_name(family->type, line->source.format),
        TEXT_SHOWN(family->name), wanted);
}

static int find_prometheus(struct text_families *families,
                           const struct text_line *line, enum text_role *role) {
    const struct text_part *name = &line->name;
    uint32_t found = find_pushed(families, name->at, name->len);
    if (found == VALUE_NONE)
        found = find_claiming(families, line->source.format, *name);
    if (found == VALUE_NONE) {
        struct text_family fresh = start(line);
        if (add(families, line, &fresh) != 0)
            return -1;
    } else {
        families->builder->family = found;
    }
    const struct text_family *family = current(families);
    *role = role_in(family, line->source.format, *name);
    return *role == ROLE_NONE ? refuse_suffix(line, family) : 0;
}

static bool is_suffix(struct text_part suffix) {
    for (size_t i = 0; i < SUFFIXES; i++)
        if (suffix.len == strlen(suffixes[i]) &&
            memcmp(suffix.at, suffixes[i], suffix.len) == 0)
            return true;
    return suffix.len == 0;
}

static int find_openmetrics(struct text_families *families,
                            const struct text_line *line,
                            enum text_role *role) {
    const struct text_family *family = &families->draft;
    struct text_part suffix;
    bool mine = family->name.len > 0 && split(family, line->name, &suffix);
    *role = mine ? text_type_role(family->type, line->source.format, suffix)
                 : ROLE_NONE;
    if (*role == ROLE_NONE) {
        if (mine && family->type_line > 0 && is_suffix(suffix))
            return refuse_suffix(line, family);
        if (draft(families, line) != 0)
            return -1;
        *role = ROLE_VALUE;
    }
    return text_family_close(families, line);
}

int text_family_sample(struct text_families *families,
                       const struct text_line *line, enum text_role *role) {
    bool strict = line->source.format == TEXT_OPENMETRICS;
    /* Most samples belong to the family of the previous line. */
    *role = ROLE_NONE;
    if (pushed_count(families->builder->out) > 0 && !families->drafted)
        *role = role_in(current(families), line->source.format, line->name);
    if (*role == ROLE_NONE &&
        (strict ? find_openmetrics(families, line, role)
                : find_prometheus(families, line, role)) != 0)
        return -1;
    struct text_family *family = current(families);
    /* Some libraries also expose quantiles of a histogram. */
    if (*role == ROLE_SKIPPED && family->type != &text_gaugehistogram &&
        !label_find(line->labels.labels, line->labels.count, "quantile"))
        return refuse_suffix(line, family);
    if (family->sample_line == 0)
        family->sample_line = line->number;
    return 0;
}

void text_family_free(struct text_families *families) {
    free(families->families);
    families->families = NULL;
    families->room = 0;
}
