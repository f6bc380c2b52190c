#!/bin/sh
# Prints the responder's own families, and the reasons of refusals, as items of
# the manual page: fcgi/endpoints/own_families.sh families|pushes|samples
set -eu
cd "$(dirname "$0")/../.."

# A row is FAMILY(OWN_ID, KIND, "name", "unit", "help" "...", LABELS(...)), and
# a name or help may be a macro of the headers.
families() {
    awk '
    function show(row,   kind, labels, help, name, string, count) {
        kind = row
        sub(/^[^,]*, */, "", kind)
        sub(/,.*/, "", kind)
        while (match(row, /\{\.name = "[^"]*"\}/)) {
            string = substr(row, RSTART + 10, RLENGTH - 12)
            labels = labels (labels == "" ? "" : ",") string
            row = substr(row, 1, RSTART - 1) substr(row, RSTART + RLENGTH)
        }
        for (count = 0; match(row, /"[^"]*"/); count++) {
            string = substr(row, RSTART + 1, RLENGTH - 2)
            row = substr(row, RSTART + RLENGTH)
            if (count == 0) name = string
            else if (count > 1) help = help string
        }
        print ".It Li " name (labels == "" ? "" : "{" labels "}") \
            " Pq " tolower(kind)
        gsub(/\. /, ".\n", help)
        print help
    }
    { sub(/^ +/, ""); line = carried $0; carried = "" }
    /\\$/ { sub(/ *\\$/, " ", line); carried = line; next }
    line ~ /^#define [A-Z_]+ +"/ {
        split(line, word, " ")
        sub(/^#define [A-Z_]+ +/, "", line)
        macro[word[2]] = line
        next
    }
    line ~ /^FAMILY\(/ { row = "" ; inside = 1 }
    inside {
        row = row line
        if (line !~ /\),$/) next
        for (name in macro) sub("[ ,]" name ",", "," macro[name] ",", row)
        show(row)
        inside = 0
    }' src/metrics/metric.h src/metrics/push_group.h \
        fcgi/endpoints/own_families.c
}

# The enumerators of an enum, each with its comment.
reasons() {
    awk -v prefix="$1" '
    $0 ~ "^    " prefix "_[A-Z_]+," {
        name = $1
        sub("^" prefix "_", "", name)
        sub(/,$/, "", name)
        print ".It Li " tolower(name)
    }
    $0 ~ "^    " prefix "_[A-Z_]+,", /\*\/$/ {
        sub(/^.*\/\* */, "")
        sub(/^ +/, "")
        sub(/ *\*\/$/, "")
        print
    }' "$2"
}

case $1 in
families) families ;;
pushes) reasons PUSH fcgi/endpoints/telemetry.h ;;
samples) reasons REJECT src/metrics/batch.h ;;
esac
