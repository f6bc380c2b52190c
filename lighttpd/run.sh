#!/bin/sh
# What `make run` does once all is built: the demo page and two responders
# behind lighttpd, until Ctrl-C. Usage: lighttpd/run.sh PORT
set -eu
port=$1
root=$(cd "$(dirname "$0")/.." && pwd)
run=$root/build/run

if ! perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new(
        LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 1,
        ReuseAddr => 1)' "$port"; then
    echo "Port $port is taken or not permitted; choose another one:" \
        "make run PORT=8081" >&2
    exit 1
fi
mkdir -p "$run"
[ -e "$run/metrics.d" ] || cp -r "$root/fcgi/metrics.d" "$run/metrics.d"
[ -e "$run/tallyman.json" ] || cat >"$run/tallyman.json" <<'JSON'
// The configuration of `make run`. Edit it or the files in metrics.d: a change
// is in force within two seconds.
{"database": "tallyman.db", "open_families": true}
JSON
cat <<TEXT

  The demo page     http://localhost:$port/
  The scrape        http://localhost:$port/metrics
  The totals        sqlite3 -readonly $run/tallyman.db 'select * from counter_totals'
  What may be pushed  $run/metrics.d

  Ctrl-C ends it; the totals stay.

TEXT
TALLYMAN_PORT=$port TALLYMAN_STATIC=$root/build/static TALLYMAN_RUN=$run \
    TALLYMAN_FCGI=$root/build/tallyman.fcgi \
    TALLYMAN_CONFIG=$run/tallyman.json \
    exec /usr/sbin/lighttpd -D -f "$root/lighttpd/run.conf"
