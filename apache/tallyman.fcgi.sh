#!/bin/sh
# Starts the Tallyman responder on a shared host, where the web server knows
# this script as tallyman.fcgi, beside the .htaccess. `place` names the directory
# of the configuration and the database, outside of what is on the web;
# program/.htaccess keeps the programs off the web. setup.sh makes all of it, at
# the latest for the first request: then it prints only errors, since others
# may read the error log.
# Guide: apache/README.md#shared-hosting

here=$(cd "$(dirname "$0")" && pwd) || exit 1
[ -s "$here/place" ] && [ -e "$here/program/.htaccess" ] ||
    FIRST_REQUEST=1 sh "$here/setup.sh" >&2 </dev/null || exit 1
read -r place <"$here/place"

# The web server hands the responder its socket as standard input and ends it
# by process number: exec makes the responder this very process.
exec env TALLYMAN_CONFIG="$place/tallyman.json" "$here/program/tallyman.fcgi"
