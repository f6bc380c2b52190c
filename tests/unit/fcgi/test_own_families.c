/* The manual's list of the responder's own families is that of the table, with
 * each label and each of its values. */
#include "corpus.h"
#include "endpoints/own_families.h"
#include "endpoints/telemetry.h"

/* The section METRICS of the manual; the caller frees it. */
static struct strbuf read_section(void) {
    struct strbuf manual = corpus_read("fcgi/tallyman.fcgi.8");
    struct strbuf section = {0};
    const char *start = strstr(manual.data, "\n.Sh METRICS\n");
    assert_non_null(start);
    const char *end = strstr(start + 1, "\n.Sh ");
    assert_non_null(end);
    strbuf_add(&section, start, (size_t)(end - start));
    strbuf_add_char(&section, '\n');
    strbuf_free(&manual);
    return section;
}

/* NAME{LABEL,LABEL}, as the manual writes a family. */
static void write_item(const struct family *family, struct strbuf *out) {
    strbuf_reset(out);
    strbuf_add_string(out, family->name);
    for (size_t i = 0; i < family->label_count; i++)
        strbuf_printf(out, "%s%s", i == 0 ? "{" : ",", family->labels[i].name);
    if (family->label_count > 0)
        strbuf_add_char(out, '}');
}

/* Families that other programs have as well are in other sections. */
static bool in_section(const struct family *family) {
    return strncmp(family->name, "tallyman_", 9) == 0 ||
           strncmp(family->name, "metrics_aggregator_", 19) == 0;
}

static size_t count_items(const char *section) {
    static const char tag[] = "\n.It Li ";
    size_t count = 0;
    for (const char *at = section; (at = strstr(at, tag)); count++) {
        at += sizeof(tag) - 1;
        const char *end = at + strcspn(at, "\n");
        for (; at < end; at++)
            count += *at == ' ' && at[1] == ',';
    }
    return count;
}

static bool has_item(const char *section, const struct strbuf *item) {
    for (const char *at = section; (at = strstr(at, item->data)); at++)
        if (at[-1] == ' ' && (at[item->len] == '\n' || at[item->len] == ' '))
            return true;
    return false;
}

static void families(void **state) {
    struct strbuf section = read_section();
    struct strbuf item = {0};
    size_t count = 0;
    (void)state;
    for (int i = 0; i < OWN_FAMILIES; i++) {
        assert_int_equal(own_family_of(&own_families[i]), i);
        if (!in_section(&own_families[i]))
            continue;
        write_item(&own_families[i], &item);
        if (!has_item(section.data, &item))
            fail_msg("the manual has no %s", item.data);
        count++;
    }
    assert_int_equal(count_items(section.data), count);
    strbuf_free(&item);
    strbuf_free(&section);
}

static void values(void **state) {
    struct strbuf section = read_section();
    struct strbuf value = {0};
    struct registry registry = {0};
    (void)state;
    assert_int_equal(telemetry_register(&registry), 0);
    assert_int_equal(registry_count(&registry), OWN_STORED);
    for (size_t i = 0; i < registry_count(&registry); i++) {
        const struct family *family = registry.families[i];
        assert_int_equal(own_family_of(family), OWN_FAMILIES);
        for (size_t j = 0; j < family->label_count; j++) {
            const struct value_set *set = &family->labels[j].values;
            assert_true(set->count > 0);
            for (size_t k = 0; k < set->count; k++) {
                strbuf_reset(&value);
                strbuf_printf(&value, "\n.Li %s", set->values[k].text);
                const char *at = strstr(section.data, value.data);
                if (!at || !strchr(" \n", at[value.len]))
                    fail_msg("the manual has no value %s of %s", value.data + 5,
                             family->name);
            }
        }
    }
    registry_free(&registry);
    strbuf_free(&value);
    strbuf_free(&section);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(families),
                                       cmocka_unit_test(values)};
    return cmocka_run_group_tests_name("own_families", tests, NULL, NULL);
}
