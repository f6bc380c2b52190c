#!/bin/sh
# Prints the line coverage of each file, from the data in build/coverage, and the
# lines of the library in src/ that no test has run. Fails below 90 % coverage of
# the library: tests/coverage.sh
set -eu
cd "$(dirname "$0")/../build/coverage"

rm -f ./*.gcov
for room in $(find src fcgi -name '*.gcda' -exec dirname {} + | sort -u); do
    (cd ../.. && gcov -p -o "build/coverage/$room" build/coverage/"$room"/*.gcda \
        >/dev/null 2>&1 && mv ./*.gcov build/coverage/)
done

# A line of a .gcov is "count: number: text"; "-" is not code, "#####" was not run.
for file in src\#*.c.gcov fcgi\#*.c.gcov; do
    awk -F: -v name="$(echo "${file%.gcov}" | tr '#' /)" '
        {gsub(/ /, "", $1)}
        $1 != "-" && $2 + 0 > 0 {all++; run += $1 !~ /^[#=]/}
        END {printf "%s %d %d\n", name, run, all}' "$file"
done | awk '
    {printf "%-44s %5.1f %% of %4d\n", $1, 100 * $2 / $3, $3
     split($1, path, "/")
     part = path[1] != "src" ? path[1] : path[2] == "cli" ? "src/cli" : "library"
     run[part] += $2; all[part] += $3}
    END {for (part in all)
             printf "%-44s %5.1f %% of %4d\n", part, 100 * run[part] / all[part], all[part]
         exit run["library"] < 0.9 * all["library"]}' || status=$?

echo "Lines of the library that were not run:"
grep -H '^ *[#=]\{5\}' src\#*.c.gcov | grep -v '^src#cli#' | tr '#' / |
    sed 's|\.gcov: */*=*: *\([0-9]*\):|:\1:|'
exit "${status:-0}"
