#!/bin/sh
# Prints how many lines of each file the tests have run, from what the programs in
# build/coverage have left there, and the lines of src/ that none has. Fails when
# fewer than 90 % of the lines of src/ were run: tests/coverage.sh
set -eu
cd "$(dirname "$0")/../build/coverage"

rm -f ./*.gcov
for layer in src fcgi cli; do
    (cd ../.. && gcov -p -o build/coverage/$layer build/coverage/$layer/*.gcda \
        >/dev/null 2>&1 && mv ./*.gcov build/coverage/)
done

# A line of a .gcov is "count: number: text"; "-" is no code, "#####" was not run.
for file in src\#*.c.gcov fcgi\#*.c.gcov cli\#*.c.gcov; do
    awk -F: -v name="$(echo "${file%.gcov}" | tr '#' /)" '
        {gsub(/ /, "", $1)}
        $1 != "-" && $2 + 0 > 0 {all++; run += $1 !~ /^[#=]/}
        END {printf "%s %d %d\n", name, run, all}' "$file"
done | awk '
    {printf "%-32s %5.1f %% of %4d\n", $1, 100 * $2 / $3, $3
     split($1, path, "/"); run[path[1]] += $2; all[path[1]] += $3}
    END {for (layer in all)
             printf "%-32s %5.1f %% of %4d\n", layer "/", 100 * run[layer] / all[layer], all[layer]
         exit run["src"] < 0.9 * all["src"]}' || status=$?

echo "Lines of src/ that were not run:"
grep -H '^ *[#=]\{5\}' src\#*.c.gcov | tr '#' / |
    sed 's|\.gcov: */*=*: *\([0-9]*\):|:\1:|'
exit "${status:-0}"
