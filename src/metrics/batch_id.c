#include "metrics/batch_id.h"

#include <string.h>

#include "base/hex.h"

int batch_id_parse(const char *text, size_t len,
                   unsigned char out[BATCH_ID_SIZE], struct err *err) {
    enum { TEXT_LENGTH = 36 };
    size_t digits = 0;
    bool valid = len == TEXT_LENGTH;
    for (size_t i = 0; valid && i < len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        int digit = hex_digit(text[i]);
        valid = dash ? text[i] == '-' : digit >= 0;
        if (dash || !valid)
            continue;
        if (digits % 2 == 0)
            out[digits / 2] = (unsigned char)(digit << 4);
        else
            out[digits / 2] |= (unsigned char)digit;
        digits++;
    }
    if (valid && out[6] >> 4 == 7 && out[8] >> 6 == 2)
        return 0;
    return err_set(err, ERR_BATCH_ID,
                   "batch: not a UUIDv7, must be one such as "
                   "0190b3c4-5d6e-7f80-9a1b-2c3d4e5f6071");
}

int64_t batch_id_time(const unsigned char id[BATCH_ID_SIZE]) {
    int64_t time = 0;
    for (int i = 0; i < 6; i++)
        time = time << 8 | id[i];
    return time;
}

void batch_id_lowest(int64_t time_ms, unsigned char out[BATCH_ID_SIZE]) {
    memset(out, 0, BATCH_ID_SIZE);
    for (int i = 5; i >= 0 && time_ms > 0; i--) {
        out[i] = (unsigned char)(time_ms & 0xFF);
        time_ms >>= 8;
    }
}
