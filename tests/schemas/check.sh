#!/bin/sh
# Holds our schemas, and what we ship, against a validator that is not ours: check-jsonschema, from PyPI.
set -eu
cd "$(dirname "$0")/../.."
venv=target/schemas-venv
[ -x "$venv/bin/check-jsonschema" ] || {
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet check-jsonschema
}
"$venv/bin/check-jsonschema" --check-metaschema schemas/*.json
"$venv/bin/check-jsonschema" --schemafile schemas/plan.v1.json plans/*.yaml examples/plans/*.yaml
"$venv/bin/check-jsonschema" --schemafile schemas/environment.v1.json examples/environments/*.yaml
