#!/bin/sh
# helm test: writes through the client Service with the release's own
# credentials, and reads it back over another connection.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

log_in default
redis() {
	call "$STATEWARD_HOST" "$STATEWARD_PORT" "$@"
}

want=$(date +%s)-$$
key=stateward:test:$$
answer=$(redis set "$key" "$want" ex 60 || true)
[ "$answer" = OK ] || die "cannot write through $STATEWARD_HOST:$STATEWARD_PORT: \"$answer\""
got=$(redis get "$key")
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
redis del "$key" >/dev/null
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"
