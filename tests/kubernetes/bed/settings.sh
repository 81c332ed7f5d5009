# What the bed's scripts share; each sources it. Two settings come from outside:
#   HOUSEPLAN_BED   its folder: keys, data and logs, all of one bed   [target/kubernetes]
#   HOUSEPLAN       the binary whose sandboxes it uses                [target/debug/houseplan, else the release's]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
bed=$(realpath -m "${HOUSEPLAN_BED:-$root/target/kubernetes}")
built=$root/target/debug/houseplan
[ -x "$built" ] || built=$root/target/release/houseplan
houseplan=$(realpath -m "${HOUSEPLAN:-$built}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/houseplan
programs=$cache/kubernetes-$(cat "$here"/kubernetes/{build,v5front.go} | sha256sum | cut -c1-8)

export KUBECONFIG=$bed/kubeconfig HELM_CHARTS=$here/charts HELM_PYTHON=$programs/python/bin/python
export PATH=$here/bin:$programs/python/bin:$PATH

say() { printf 'bed: %s\n' "$*"; }
fail() {
    printf 'bed: %s\n' "$*" >&2
    exit 1
}

quietly() { # quietly COMMAND…: shows what it says only where it fails
    local said
    said=$("$@" 2>&1) || fail "$(printf '%s\n%s' "$*" "$said")"
}
