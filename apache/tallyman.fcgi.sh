#!/bin/sh
# Starts the Tallyman responder on a shared host; there this script is
# tallyman.fcgi, next to the .htaccess. The file `place` names the directory of the
# configuration and the database, which is not on the web; program/.htaccess keeps
# the programs off the web. setup.sh creates all of these, at the latest for the
# first request; then it prints only errors, because others may read the error
# log.
# Guide: apache/README.md#shared-hosting

here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ -s "$here/place" ] && [ -e "$here/program/.htaccess" ] ||
    FIRST_REQUEST=1 sh "$here/setup.sh" >&2 </dev/null || exit 1
read -r place <"$here/place"

# The web server passes its socket as standard input and ends this process by
# its id: exec makes the responder this process.
exec env TALLYMAN_CONFIG="$place/tallyman.json" "$here/program/tallyman.fcgi"
