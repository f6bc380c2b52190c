#!/bin/sh
# Prints the rows of keys.txt as those of a table of struct config_key, or as
# items of the manual page: src/config/keys.sh inc|mdoc
set -eu
cd "$(dirname "$0")"

awk -v form="$1" '
# Prints the end of a row in the manual; next_object is that of the row
# after it.
function close_item(next_object) {
    if (least != "") print "From " least " to " most "."
    if (preset ~ /"/) {
        gsub(/[]["]/, "", preset)
        gsub(/,/, " ,\n.Qq ", preset)
        print "Default:\n.Qq " preset " ."
    } else if (preset != "") {
        print "Default: " preset "."
    }
    if (kind == "OBJECT") print ".Bl -tag -width Ds"
    else if (object != next_object && object != "") print ".El"
}

function print_row() {
    printf "{.name = \"%s\", .kind = CONFIG_%s", name, kind
    if (kind != "OBJECT") printf ", .offset = %s_FIELD(%s)", kind, name
    if (least != "") printf ", .min = %s, .max = %s", least, most
    if (words != "") {
        gsub(/\|/, "\", \"", words)
        printf ", .choices = (const char *const[]){\"%s\", NULL}", words
    }
    if (preset != "") {
        gsub(/"/, "\\\"", preset)
        printf ", .preset = \"%s\"", preset
    }
    print "},"
}

/^(#|$)/ { next }

/^    / {
    if (form == "mdoc") print substr($0, 5)
    next
}

{
    dot = index($1, ".")
    if (form == "mdoc") {
        if (name != "") close_item(substr($1, 1, dot - 1))
        print ".It Cm " $1
    }
    name = $1
    object = substr($1, 1, dot - 1)
    kind = toupper($2)
    preset = least = most = words = ""
    if (match($0, / = /)) preset = substr($0, RSTART + 3)
    if (kind == "COUNT") {
        split($3, range, "[.][.]")
        least = range[1]
        most = range[2]
    } else if (kind == "CHOICE" || kind == "SWITCH") {
        words = $3
    }
    if (form == "inc") print_row()
}

END { if (form == "mdoc") close_item("") }
' keys.txt
