#!/bin/sh
# Makes the directory of the configuration and the database on a shared host:
# Guide: apache/README.md#shared-hosting
#
#   sh setup.sh [DIRECTORY]
#
# Without DIRECTORY it uses that of the last time, else ~/tallyman, and keeps all
# existing files. Run it as the user under which the web server runs your
# programs; on shared hosts this is you.
set -eu
umask 077
# The first request to a CGI program may have started this script: the programs
# below must not run as CGI.
unset GATEWAY_INTERFACE REQUEST_METHOD
web=$(cd "$(dirname "$0")" && pwd -P)
elsewhere="name another directory, which is not on the web: sh $web/setup.sh DIRECTORY"

fail() {
    echo "setup.sh: $*" >&2
    exit 1
}

# Writes a file unless it exists: as a whole or not at all, even if the web server
# starts this script twice at once. Never writes to a file or through a link that
# somebody else has created (set -C).
new() {
    rm -f "$1.$$"
    (set -C && cat >"$1.$$")
    ln "$1.$$" "$1" 2>/dev/null || true
    rm "$1.$$"
}

token() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' '
}
unseen="# setup.sh has not shown this token yet."

# The web server may start this without HOME.
home() {
    if [ -n "${HOME-}" ]; then
        echo "$HOME"
    else
        eval echo "~$(id -un)"
    fi
}

if [ $# -gt 0 ]; then
    place=$1
elif [ -s "$web/place" ]; then
    place=$(cat "$web/place")
else
    place=$(home)/tallyman
    case $place in
    /*) ;;
    *) fail "$(id -un) has no home; $elsewhere" ;;
    esac
fi

mkdir -p "$place" 2>/dev/null || fail "$(id -un) cannot make $place; $elsewhere"
place=$(cd "$place" && pwd -P)
case $place/ in
"$web"/* | */public_html/* | */htdocs/* | */httpdocs/* | */wwwroot/*)
    rmdir "$place" 2>/dev/null || true
    fail "$place is on the web, where anybody could download the database; $elsewhere"
    ;;
esac
[ -w "$place" ] || fail "$(id -un) cannot write to $place; $elsewhere"

if [ ! -e "$place/tallyman.json" ]; then
    mkdir -p "$place/metrics.d"
    new "$place/metrics.d/web.json" <"$web/program/metrics.d/web.json"
    token | new "$place/scrape.token"
    { echo "$unseen" && token; } | new "$place/view.token"
    new "$place/tallyman.json" <"$web/program/tallyman.json"
fi
# Its files must not be served, also on a host without mod_rewrite. Some tools
# that copy files to a host leave out names that begin with a dot.
new "$web/program/.htaccess" <<'HTACCESS'
Require all denied
HTACCESS
chmod 644 "$web/program/.htaccess"
ln -sfn "$web/program/tallyman" "$place/tallyman"
# Some tools that copy files to a host lose this.
chmod 755 "$web/tallyman.fcgi" "$web/program/tallyman" "$web/program/tallyman.fcgi"
"$web/program/tallyman.fcgi" -t -c "$place/tallyman.json"
rm -f "$web/place.$$"
(set -C && echo "$place" >"$web/place.$$")
mv "$web/place.$$" "$web/place"

[ -z "${FIRST_REQUEST-}" ] || exit 0
echo "The configuration and the database are in $place."
below=$(echo "$web/" |
    sed -E 's,.*/(public_html|htdocs|httpdocs|wwwroot)/,,; t; s,.*/(.+/)$,\1,')
echo "The dashboard is at https://your.host/$below ."
if grep -qxF "$unseen" "$place/view.token" 2>/dev/null; then
    sed -i "/^$unseen\$/d" "$place/view.token"
    echo "The dashboard asks for this token, which is not shown again:"
    sed 's/^/    /' "$place/view.token"
    echo "Add further tokens to $place/view.token, one per line."
else
    grep -q '^ *"view' "$place/tallyman.json" ||
        echo "The dashboard has no view token: set \"view_token_file\" in tallyman.json."
fi
grep -q '^ *"scrape_token_file"' "$place/tallyman.json" ||
    echo "Anybody can read /metrics: set \"scrape_token_file\" in tallyman.json."
grep -q '^ *"trust_loopback": *false' "$place/tallyman.json" ||
    echo "All customers of this host can push to /metrics: set \"trust_loopback\": false in tallyman.json."
