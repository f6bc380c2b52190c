#!/bin/sh
# Serves the dashboard and the demo page with two responders behind lighttpd,
# until Ctrl-C, for `make run`. Usage: lighttpd/run.sh PORT
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
[ $port_is = good ] || refuse "\"$port\" is not a port; give a number from 1 to 65535"
# Prints why the port is not available.
taken=$(perl -MIO::Socket::INET -e 'IO::Socket::INET->new(
        LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 1,
        ReuseAddr => 1) or print $!' "$port")
if [ -n "$taken" ]; then
    refuse "Port $port is not available ($taken); choose another one"
fi
mkdir -p "$run"
[ -e "$run/metrics.d" ] || cp -r "$root/fcgi/metrics.d" "$run/metrics.d"
[ -e "$run/tallyman.json" ] || cat >"$run/tallyman.json" <<'JSON'
// The configuration of `make run`. Edit it or the files in metrics.d: a change
// is in force within two seconds.
{"database": "tallyman.db", "open_families": true,
 "view": "public", "view_families": ["*"]}
JSON
# The queries of the examples, and the shop's database that they are about.
if [ ! -e "$run/shop.db" ]; then
    rm -f "$run/new.db"*
    cat "$root/fcgi/examples/shop.sql" "$root/sql/demo_shop.sql" |
        sqlite3 -bail "$run/new.db" >/dev/null
    mv "$run/new.db" "$run/shop.db"
    sed "s,/var/lib/shop/shop.db,$run/shop.db," "$root/fcgi/examples/shop.json" \
        >"$run/metrics.d/shop.json"
    cp "$root/fcgi/examples/conversion.json" "$run/metrics.d/"
fi
[ -e "$run/alerts.json" ] || (umask 077 && cat >"$run/alerts.json") <<JSON
// The alerts of \`make run\`, which evaluates them each minute, as cron does
// elsewhere. See tallyman(1).
{"notify": [{"command": ["/bin/sh", "-c", "cat >>'$run/notices'; echo >>'$run/notices'"]}],
 "alerts": [
  {"name": "SlowPages", "p75": "web_lcp_seconds", "by": ["page"], "over": "1d",
   "above": 2.5, "minimum": 100, "text": "A quarter of the visitors wait too long"},
  {"name": "ManyErrors", "ratio": ["web_errors_total", "web_page_views_total"],
   "over": "1h", "above": 0.05, "text": "The shop is broken for some"},
  {"name": "FewerViews", "increase": "web_page_views_total", "over": "1d",
   "falls_percent": 30, "text": "Visitors stay away"},
  {"name": "OrdersWait", "value": "shop_open_orders", "labels": {"state": "packed"},
   "above": 5, "severity": "critical", "text": "Orders wait to be sent"}]}
JSON
# A new database gets a history that is made up, so that no plot is empty: it is
# made elsewhere, and comes whole or not at all.
if [ ! -e "$run/tallyman.db" ]; then
    echo "Generating two years of history takes a few seconds"
    rm -rf "$run/new"
    mkdir "$run/new"
    cp -r "$run/metrics.d" "$run/new/metrics.d"
    echo '{"database": "tallyman.db"}' >"$run/new/tallyman.json"
    TALLYMAN_CONFIG=$run/new/tallyman.json GATEWAY_INTERFACE=CGI/1.1 \
        REQUEST_METHOD=GET REQUEST_URI=/-/ready \
        "$root/build/tallyman.fcgi" >"$run/new/reply"
    # The responder may have left a process that runs a query: wait for its commit.
    sqlite3 -cmd '.timeout 10000' "$run/new/tallyman.db" <"$root/sql/demo_history.sql"
    mv "$run/new/tallyman.db" "$run/tallyman.db"
    rm -r "$run/new"
fi
cat <<TEXT

  The dashboard       http://localhost:$port/
  The demo page       http://localhost:$port/demo/
  The scrape          http://localhost:$port/metrics
  The totals          sqlite3 -readonly $run/tallyman.db 'select * from counter_totals'
  What may be pushed  $run/metrics.d
  The alerts          $run/alerts.json, the notices $run/notices

  Ctrl-C ends it; the totals stay.

TEXT
# The shop takes orders, and cron would run `tallyman alert`, until lighttpd, which
# becomes this process, is over.
(
    second=0
    while kill -0 $$ 2>/dev/null; do
        [ $((second % 5)) -ne 0 ] ||
            sqlite3 -cmd '.timeout 2000' "$run/shop.db" <"$root/sql/demo_order.sql" || true
        [ $((second % 60)) -ne 0 ] ||
            "$root/build/tallyman" alert -c "$run/tallyman.json" >/dev/null || true
        sleep 1
        second=$((second + 1))
    done
) &
TALLYMAN_PORT=$port TALLYMAN_STATIC=$root/build/static TALLYMAN_RUN=$run \
    TALLYMAN_FCGI=$root/build/tallyman.fcgi \
    TALLYMAN_CONFIG=$run/tallyman.json \
    exec /usr/sbin/lighttpd -D -f "$root/lighttpd/run.conf"
