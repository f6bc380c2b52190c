#include "process/record_walk.h"

/* FastCGI 1.0, section 8. */
enum {
    HEADER_SIZE = 8,
    VERSION = 1,
    TYPE_BEGIN_REQUEST = 1,
    TYPE_PARAMS = 4,
    TYPE_STDIN = 5,
    ROLE_RESPONDER = 1,
    BEGIN_BODY_SIZE = 8
};

enum { PARAMS_MAX = 65536 };

struct record {
    int type;
    uint16_t id;
    size_t content_len;
    const unsigned char *content;
};

static bool take_begin(struct record_walk *walk, const struct record *record) {
    walk->id = record->id;
    walk->stream = TYPE_PARAMS;
    return record->type == TYPE_BEGIN_REQUEST && record->id != 0 &&
           record->content_len == BEGIN_BODY_SIZE && record->content[0] == 0 &&
           record->content[1] == ROLE_RESPONDER;
}

/* Sets *complete at the record that ends the request. */
static bool take_stream(struct record_walk *walk, const struct record *record,
                        bool *complete) {
    if (record->id != walk->id || record->type != walk->stream)
        return false;
    if (record->type == TYPE_PARAMS)
        walk->params_len += record->content_len;
    if (record->content_len == 0) {
        *complete = walk->stream == TYPE_STDIN;
        walk->stream = TYPE_STDIN;
    }
    return walk->params_len <= PARAMS_MAX;
}

/* Parses the record at *next. False while it is incomplete. */
static bool take_record(const unsigned char *bytes, size_t len, size_t *next,
                        struct record *record) {
    const unsigned char *header = bytes + *next;
    if (len - *next < HEADER_SIZE)
        return false;
    *record = (struct record){
        .type = header[1],
        .id = (uint16_t)(header[2] << 8 | header[3]),
        .content_len = (size_t)(header[4] << 8 | header[5]),
        .content = header + HEADER_SIZE,
    };
    size_t size = HEADER_SIZE + record->content_len + header[6];
    if (len - *next < size)
        return false;
    *next += size;
    return true;
}

enum record_state record_walk(struct record_walk *walk,
                              const unsigned char *bytes, size_t len) {
    bool complete = false;
    struct record record;
    while (!complete && len - walk->next >= HEADER_SIZE) {
        size_t next = walk->next;
        if (bytes[next] != VERSION)
            return RECORDS_BROKEN;
        if (!take_record(bytes, len, &next, &record))
            return RECORDS_INCOMPLETE;
        if (walk->id == 0 ? !take_begin(walk, &record)
                          : !take_stream(walk, &record, &complete))
            return RECORDS_BROKEN;
        walk->next = next;
    }
    return complete ? RECORDS_COMPLETE : RECORDS_INCOMPLETE;
}

bool record_params(const struct record_walk *walk, const unsigned char *bytes,
                   size_t len, struct strbuf *out) {
    size_t next = 0;
    struct record record = {0};
    if (walk->stream != TYPE_STDIN)
        return false;
    while (take_record(bytes, len, &next, &record) && record.type != TYPE_STDIN)
        if (record.type == TYPE_PARAMS)
            strbuf_add(out, (const char *)record.content, record.content_len);
    return !out->failed;
}
