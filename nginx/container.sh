#!/bin/bash
# The first process of the container: it starts the responders and nginx, and
# stops them. multiwatch replaces a responder that has died. When nginx or
# multiwatch dies, the container ends with status 1; its engine restarts it.
# Guide: nginx/README.md#containers
set -u

# SIGTERM: nginx completes its requests, then the responders end.
status=1
nginx=
trap 'status=0; [ -z "$nginx" ] || kill -QUIT $nginx' TERM INT QUIT

/usr/local/share/tallyman/nginx/tallyman.run &
responders=$!
# nginx opens /dev/stdout again, which only the owner of the pipe may do.
nginx -e stderr > >(exec cat) &
nginx=$!
[ $status = 0 ] || wait -n $responders $nginx

trap '' TERM INT QUIT
kill -QUIT $nginx 2>/dev/null
wait $nginx
kill -TERM $responders 2>/dev/null
wait $responders
exit $status
