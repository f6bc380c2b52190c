#!/bin/sh
# Checks that includes point one way: a file includes only headers of its own room
# or a lower one, without circles, and a library's header is included in one room
# only.
set -eu
cd "$(dirname "$0")/.."

# From low to high; rooms on one line do not include each other.
rooms='
src/base
src/metrics
src/config
src/ingest src/sessions src/store
src/expose
src/query
src/alert
fcgi/http src/cli/command
fcgi/endpoints src/cli/send src/cli/keep src/cli/look src/cli/monitoring
fcgi/process src/cli/doctor src/cli/alert src/cli/report
src/cli
'
status=0
fail() {
    echo "layers: $*" >&2
    status=1
}
# The room of a file: the longest one that is a prefix of its path.
room() {
    echo "$rooms" | tr ' ' '\n' | awk -v path="$1" '
        $0 != "" && index(path, $0 "/") == 1 && length($0) > length(best) {
            best = $0
        }
        END {print best}'
}
rank() {
    echo "$rooms" | awk -v room="$1" \
        '{for (i = 1; i <= NF; i++) if ($i == room) {print NR; exit}}'
}

for directory in $(find src fcgi -name '*.[ch]' -exec dirname {} + | sort -u); do
    own=$(room "$directory/")
    [ -n "$own" ] || { fail "$directory: not in the list of tests/layers.sh"; continue; }
    for header in $(sed -n 's/^#include "\(.*\)"$/\1/p' "$directory"/*.[ch] | sort -u); do
        case $header in sql.h | templates.h | completion.h | config_keys.inc | *.pb-c.h) continue ;; esac # generated
        for root in src fcgi; do
            [ ! -e "$root/$header" ] || break
        done
        if [ ! -e "$root/$header" ]; then
            fail "$directory: includes $header, must name its room, such as store/commit.h"
            continue
        fi
        other=$(room "$root/$header")
        [ "$other" = "$own" ] || [ "$(rank "$other")" -lt "$(rank "$own")" ] ||
            fail "$directory: includes $header, which is not in a lower room"
    done
done

for file in $(find src fcgi -name '*.c'); do
    header=${file%.c}.h
    [ ! -e "$header" ] ||
        [ "$(sed -n 's/^#include "\(.*\)"$/\1/p' "$file" | head -1)" = \
            "${header#*/}" ] || fail "$file: must include ${header#*/} first"
done

# No circles between modules; in C a module is a .c with its .h.
{
    grep -r '^#include "' src fcgi --include='*.[ch]' |
        sed 's,^[^/]*/\(.*\)\.[ch]:#include "\(.*\)\.h"$,\1 \2,'
    grep -r "from '\./" static/src |
        sed "s,^static/src/\(.*\)\.ts:.* from '\./\(.*\)';\$,\1 \2,"
} | awk '$1 != $2' | tsort >/dev/null || fail "modules include each other"

# library header, and the places that may include it
while read -r header places; do
    for file in $(grep -rlE "^#include [<\"]$header" src fcgi --include='*.[ch]'); do
        for place in $places; do
            case $file in "$place"*) continue 2 ;; esac
        done
        fail "$file: only $places includes $header"
    done
done <<'LIST'
fcgiapp.h fcgi/process/
sqlite3.h src/store/db
json-c/ src/base/json.c
zlib.h src/base/gzip.c
nettle/ src/base/hmac.c
curl/ src/cli/doctor/probe_url.c
protobuf-c/ src/ingest/unpack.c src/ingest/otlp/ src/expose/protobuf.c
otlp.pb-c.h src/ingest/
metric_family.pb-c.h src/ingest/protobuf.c src/ingest/native.h src/expose/protobuf.c
sql.h src/
LIST

# src/ must not print, exit, or read the clock or the environment.
if grep -nE '\b(printf|puts|exit|abort|getenv|time|clock_gettime|gettimeofday) *\(' \
    $(find src -name '*.c' ! -path 'src/cli/*'); then
    fail "src/ must not print, exit, or read the clock or the environment"
fi

[ $status = 0 ] && echo "layers: ok"
exit $status
