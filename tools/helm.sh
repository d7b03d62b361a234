#!/usr/bin/env bash
# helm.sh VERSION prints the path of that version of helm, built from its module
# into the cache when it is not there yet.
set -euo pipefail
version=${1:?usage: helm.sh VERSION, as v3.18.6}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stateward
if [[ ! -x $cache/helm-$version ]]; then
	bin=$(mktemp -d "${TMPDIR:-/tmp}/helm.XXXX")
	trap 'rm -rf "$bin"' EXIT
	major=${version%%.*}
	GOBIN=$bin go install "helm.sh/helm/$major/cmd/helm@$version" >&2
	mkdir -p "$cache"
	mv "$bin/helm" "$cache/helm-$version"
fi
echo "$cache/helm-$version"
