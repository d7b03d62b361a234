#!/bin/sh
# helm test: writes through the client Service with the release's own
# credentials, and reads it back over another connection.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

if [ -n "${STATEWARD_AUTH:-}" ]; then
	REDISCLI_AUTH=$(credential password)
	export REDISCLI_AUTH
fi
redis() {
	timeout 10 redis-cli -h "$STATEWARD_HOST" -p "$STATEWARD_PORT" "$@"
}

want=$(date +%s)-$$
key=stateward:test:$$
[ "$(redis set "$key" "$want" ex 60)" = OK ] || die "cannot write through $STATEWARD_HOST:$STATEWARD_PORT"
got=$(redis get "$key")
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
redis del "$key" >/dev/null
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"
