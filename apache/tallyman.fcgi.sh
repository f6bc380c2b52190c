#!/bin/sh
# Starts the Tallyman responder on a shared host. Put this script beside the
# .htaccess, under the name tallyman.fcgi, and make it executable. The program,
# its configuration and the database stay outside the web root, where nobody
# can download them.

# CHANGE: where they are.
home=/home/you/tallyman

# The web server hands the responder its socket as standard input and ends it
# by process number: exec makes the responder this very process.
exec env TALLYMAN_CONFIG="$home/tallyman.json" "$home/tallyman.fcgi"
