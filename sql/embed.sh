#!/bin/sh
# Prints the C source or header that holds the SQL files of this directory:
# sql/embed.sh c|h. Comments and empty lines are dropped.
#
# A folder of queries/ holds the statements that a connection prepares:
# SQL_STORE(X) is X(NAME) for each queries/store/NAME.sql.
set -eu
cd "$(dirname "$0")"

name() { basename "$1" .sql; }
queries='queries/*.sql queries/*/*.sql'
# The number of the last file, without leading zeros.
version() { for file; do :; done; expr "$(basename "$file")" : '0*\([0-9]*\)_'; }

if [ "$1" = h ]; then
    echo '/* Made by sql/embed.sh. */'
    echo '#ifndef TALLYMAN_SQL_H'
    echo '#define TALLYMAN_SQL_H'
    for file in $queries; do
        echo "extern const char sql_$(name "$file")[];"
    done
    for folder in queries/*/; do
        echo "#define SQL_$(basename "$folder" | tr a-z A-Z)(X) \\"
        for file in "$folder"*.sql; do
            echo "    X($(name "$file")) \\"
        done
        echo
    done
    echo '/* Creates a database of SQL_VERSION. */'
    echo 'extern const char sql_schema[];'
    echo '/* In order: the first creates a database of SQL_OLDEST, each later one'
    echo ' * migrates from the version before it. */'
    echo 'extern const char *const sql_migrations[];'
    echo '/* sql_schemas[n]: the schema of version SQL_OLDEST + n, tables first, ended'
    echo ' * by a row of NULL. Printed by fresh.c. */'
    echo 'struct sql_object {'
    echo '    const char *type;'
    echo '    const char *name;'
    echo '    const char *table;'
    echo '    const char *sql; /* "" for an index that its table creates */'
    echo '};'
    echo 'extern const struct sql_object *const sql_schemas[];'
    echo '/* sql/analysis: file name, first comment line, text; the last name is
 * NULL. */'
    echo 'struct sql_analysis {'
    echo '    const char *name;'
    echo '    const char *title;'
    echo '    const char *text;'
    echo '};'
    echo 'extern const struct sql_analysis sql_analyses[];'
    echo "enum { SQL_OLDEST = $(version migrations/*_start.sql),"
    echo "       SQL_VERSION = $(version migrations/*.sql) };"
    echo '#endif'
    exit
fi
echo '/* Made by sql/embed.sh. */'
echo '#include "sql.h"'
literal() {
    sed -e '/^ *--/d' -e '/^$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' \
        -e 's/^/    "/' -e 's/$/\\n"/' "$1"
}
for file in $queries; do
    echo "const char sql_$(name "$file")[] ="
    literal "$file"
    echo ';'
done
echo 'const char sql_schema[] ='
literal schema.sql
echo ';'
echo 'const char *const sql_migrations[] = {'
for file in migrations/*.sql; do
    literal "$file"
    echo ','
done
echo '};'
echo 'const struct sql_analysis sql_analyses[] = {'
for file in analysis/*.sql; do
    title=$(sed -n -e '1s/^-- //' -e '1s/["\\]/\\&/g' -e 1p "$file")
    echo "{\"$(name "$file")\", \"$title\","
    literal "$file"
    echo '},'
done
echo '{0}};'
