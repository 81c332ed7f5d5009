#!/bin/sh
# Ends the sandboxes the integration tests have left running, and removes them.
#   tests/sandboxes-down.sh [path of the houseplan binary]
set -eu
cd "$(dirname "$0")/.."
houseplan=${1:-target/debug/houseplan}
pool=${HOUSEPLAN_TEST_SANDBOXES:-target/tmp/sandboxes}
for sandbox in "$pool"/*/sandbox.json; do
    [ -e "$sandbox" ] || continue
    "$houseplan" sandbox down --purge --dir "$(dirname "$sandbox")"
done
