#!/bin/sh
# Checks that includes point one way: a file may include headers of its own
# layer or a lower one only, and a library's header in one file only.
set -eu
cd "$(dirname "$0")/.."

# From low to high; modules on a line are one layer.
layers='
err strbuf arena pattern version siphash
number utf8 base64 value_set
metric label histogram json_scan json file side_lock log_owner filesystem gzip watch json_comments
registry diagnostics series push_group session session_fields pushed metric_family.pb-c
user_hash batch batch_id config_keys exposition exposition_json group_path push_token draft pushed_index text_source
sessions_config
config allowlist allowlist_place allowlist_label text_labels text_type
text_line
text_family
text_parts
ingest_record ingest_protobuf ingest_text ingest_session session_labels session_families fold admit admit_labels pushed_groups
db sql
schema_difference
store_schema family_row series_row meta
family_load ingest_node row_fault
store store_parts store_sessions store_session_row store_session_times store_session_totals store_session_variables store_session_steps store_session_merge store_session_adopt store_commit store_log store_delta store_families store_labels store_pushers store_groups store_removal store_reader store_prune
exposed listing
media
log request response
accept cors telemetry loopback refusal_log
exchange session_log scrape record_walk params trust
push_request
door_record door_write door_exposition door_metrics door_api door_health
route service
turn
scraper connection
clients
cgi responder
visible near
probe finding
probe_url probe_url_static
doctor
table reading
result
totals
totals_text totals_json
doctor_files doctor_database doctor_clock doctor_responders
json_out
dashboard dashboard_panel
family_role output
monitoring
monitoring_parts alert_list
scrape_config recording_rules alerts alertmanager compose backends
board
board_query family_unit operation
boards
board_red board_golden board_vitals board_kpi board_slo board_usage board_own
dashboards
progress duplicate origin
command
live
addition
command_backup command_check command_prune command_merge command_import command_restore
command_totals command_query command_doctor command_completion
monitoring_options
command_monitoring
main
'
status=0
rank() {
    echo "$layers" | awk -v module="$1" \
        '{for (i = 1; i <= NF; i++) if ($i == module) {print NR; exit}}'
}
fail() {
    echo "layers: $*" >&2
    status=1
}

for file in src/*.[ch] fcgi/*.[ch] cli/*.[ch]; do
    module=$(basename "${file%.*}")
    own=$(rank "$module")
    if [ -z "$own" ]; then
        fail "$file: not in the list of tests/layers.sh"
        continue
    fi
    for header in $(sed -n 's/^#include "\(.*\)\.h"$/\1/p' "$file"); do
        other=$(rank "$header")
        if [ -z "$other" ]; then
            fail "$file: includes $header.h, which is in no layer"
        elif [ "$other" -gt "$own" ]; then
            fail "$file: includes $header.h of a higher layer"
        fi
        case $file in src/*)
            [ -e "src/$header.h" ] || [ "$header" = sql ] ||
                [ -e "src/${header%.pb-c}.proto" ] ||
                fail "$file: src/ includes $header.h of fcgi/"
            ;;
        esac
    done
    case $file in *.c)
        if [ -e "${file%.c}.h" ] &&
            [ "$(sed -n 's/^#include "\(.*\)"$/\1/p' "$file" | head -1)" != \
                "$module.h" ]; then
            fail "$file: must include $module.h first"
        fi
        ;;
    esac
done

for library in fcgiapp.h sqlite3.h yajl/yajl_parse.h zlib.h nettle/hmac.h \
    curl/curl.h; do
    count=$(grep -l "^#include <$library>" src/*.[ch] fcgi/*.[ch] cli/*.[ch] | wc -l)
    [ "$count" = 1 ] || fail "$library: included in $count files, must be 1"
done

# protobuf-c comes with the headers that its compiler writes.
count=$(grep -lE '^#include ["<](protobuf-c/|.*\.pb-c\.h)' src/*.[ch] \
    fcgi/*.[ch] | wc -l)
[ "$count" = 1 ] || fail "protobuf-c: included in $count files, must be 1"

# src/ neither prints nor exits nor asks for the time or the environment.
if grep -nE '\b(printf|puts|exit|abort|getenv|time|clock_gettime|gettimeofday) *\(' \
    src/*.c; then
    fail "src/ must not print, exit or read clock and environment"
fi

[ $status = 0 ] && echo "layers: ok"
exit $status
