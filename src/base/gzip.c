#include "base/gzip.h"

#include <stdbool.h>
#include <string.h>
#include <zlib.h>

/* Accept only the gzip container. */
enum { GZIP_WINDOW_BITS = 16 + MAX_WBITS, CHUNK = 16384 };

/* One inflate call into out. */
static int inflate_step(z_stream *stream, size_t max, size_t start,
                        struct strbuf *out, struct err *err) {
    size_t used = out->len - start;
    size_t room = max - used < CHUNK ? max - used + 1 : CHUNK;
    if (!strbuf_reserve(out, room))
        return err_no_memory(err);
    stream->next_out = (Bytef *)(out->data + out->len);
    stream->avail_out = (uInt)room;
    int result = inflate(stream, Z_NO_FLUSH);
    out->len += room - stream->avail_out;
    out->data[out->len] = '\0';
    if (out->len - start > max)
        return err_set(err, ERR_LIMIT,
                       "the body inflates to more than %zu bytes", max);
    return result;
}

int gzip_inflate(const char *bytes, size_t len, size_t max, struct strbuf *out,
                 struct err *err) {
    z_stream stream;
    size_t start = out->len;
    int result;
    memset(&stream, 0, sizeof(stream));
    if (len > UINT_MAX)
        return err_set(err, ERR_LIMIT, "the body is larger than 4 GiB");
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK)
        return err_no_memory(err);
    stream.next_in = (z_const Bytef *)bytes;
    stream.avail_in = (uInt)len;
    err->code = ERR_NONE;
    do {
        result = inflate_step(&stream, max, start, out, err);
        if (result == Z_STREAM_END && stream.avail_in > 0)
            result = inflateReset(&stream);
    } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    (void)inflateEnd(&stream);
    if (err->code != ERR_NONE)
        return -1;
    if (result != Z_STREAM_END)
        return err_set(err, ERR_SYNTAX,
                       "the body is not gzip, damaged or cut short");
    return 0;
}
