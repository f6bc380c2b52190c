#!/bin/sh
# Prints the C source or header that holds the files below templates/:
# src/cli/monitoring/embed.sh c|h
set -eu
cd "$(dirname "$0")/templates"

if [ "$1" = h ]; then
    cat <<'HEADER'
/* Made by src/cli/monitoring/embed.sh. */
#include <stddef.h>
/* A word that an option takes; the option is NULL behind the last one. */
struct template_choice {
    const char *option;
    const char *word;
    const char *name;  /* of its value: OPTION_WORD */
    const char *sets;  /* a value, or "" */
    const char *needs; /* a value, or "" */
};
extern const struct template_choice template_choices[];
/* OPTION_WORDS: the words of each option, for messages and --help. */
HEADER
    awk '/^[^#]/ { words[$1] = words[$1] " " $2 }
    END {
        for (option in words) {
            count = split(words[option], word, " ")
            list = word[1]
            for (i = 2; i <= count; i++)
                list = list (i < count ? ", " : " or ") word[i]
            name = toupper(option)
            gsub(/-/, "_", name)
            printf "#define %s_WORDS \"%s\"\n", name, list
        }
    }' CHOICES | LC_ALL=C sort
    cat <<'HEADER'
/* A file of a set-up; output is NULL behind the last one. */
struct template_entry {
    const char *output;
    const char *path; /* of the template */
    const char *template;
    const char *conditions;
    const char *name; /* of a value of this file alone, NULL without one */
    const char *text;
    unsigned line; /* of MANIFEST */
};
extern const struct template_entry template_entries[];
/* notes.txt, for the user. */
extern const char template_notes[];
HEADER
    exit
fi
echo '/* Made by src/cli/monitoring/embed.sh. */'
echo '#include "templates.h"'
find . -type f -name '*.*' ! -name '*~' | sed 's|^\./||' | LC_ALL=C sort | while read -r file; do
    case $file in
    notes.txt) echo 'const char template_notes[] =' ;;
    *) echo "static const char $(echo "file/$file" | tr -c 'A-Za-z0-9\n' _)[] =" ;;
    esac
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/    "/' -e 's/$/\\n"/' "$file"
    echo ';'
done
echo 'const struct template_choice template_choices[] = {'
awk '/^[^#]/ {
    if (++count > 64) { print "CHOICES: more than 64 words" > "/dev/stderr"; exit 1 }
    sets = needs = ""
    for (i = 3; i <= NF; i++) {
        if (sub(/^sets=/, "", $i)) sets = $i
        else if (sub(/^needs=/, "", $i)) needs = $i
        else { print "CHOICES: what is " $i "?" > "/dev/stderr"; exit 1 }
    }
    name = $1 "_" $2
    gsub(/-/, "_", name)
    printf "{\"%s\", \"%s\", \"%s\", \"%s\", \"%s\"},\n", $1, $2, name, sets, needs
}' CHOICES
echo '{NULL, NULL, NULL, NULL, NULL}};'
echo 'const struct template_entry template_entries[] = {'
awk '/^[^#]/ {
    path = $1
    conditions = ""
    value = "NULL, NULL"
    for (i = 2; i <= NF; i++)
        if ($i ~ /=/) {
            split($i, part, "=")
            value = "\"" part[1] "\", \"" part[2] "\""
        } else if ($i ~ /[.\/]/) path = $i
        else conditions = conditions " " $i
    text = "file_" path
    gsub(/[^A-Za-z0-9]/, "_", text)
    printf "{\"%s\", \"%s\", %s, \"%s\", %s, %d},\n", \
        $1, path, text, conditions, value, NR
}' MANIFEST
echo '{NULL, NULL, NULL, NULL, NULL, NULL, 0}};'
