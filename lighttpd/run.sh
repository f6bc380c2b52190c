#!/bin/sh
# What `make run` does once all is built: the demo page and two responders
# behind lighttpd, until Ctrl-C. Usage: lighttpd/run.sh PORT
set -eu
port=${1-}
root=$(cd "$(dirname "$0")/.." && pwd)
run=$root/build/run

refuse() {
    echo "$1: make run PORT=8081" >&2
    exit 1
}

case $port in
'' | 0* | *[!0-9]* | ??????*) port_is=bad ;;
*) [ "$port" -le 65535 ] && port_is=good || port_is=bad ;;
esac
[ $port_is = good ] || refuse "\"$port\" is no port; give one from 1 to 65535"
# Prints why the port cannot be had.
taken=$(perl -MIO::Socket::INET -e 'IO::Socket::INET->new(
        LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 1,
        ReuseAddr => 1) or print $!' "$port")
if [ -n "$taken" ]; then
    refuse "Port $port cannot be had ($taken); choose another one"
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
