#!/bin/sh
# helm test: writes through the write Service with the release's own credentials, and
# reads it back from a replica through the read Service.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_READ_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

log_in default
want=$(date +%s)-$$
key=stateward:test:$$
write() {
	answer=$(call "$STATEWARD_HOST" "$STATEWARD_PORT" set "$key" "$want" ex 60 || true)
	[ "$answer" = OK ] || { log "the write Service answers \"$answer\"" && return 1; }
}
copied() {
	got=$(call "$STATEWARD_READ_HOST" "$STATEWARD_PORT" get "$key" || true)
	[ "$got" = "$want" ]
}
await 30 "a primary that takes writes at $STATEWARD_HOST:$STATEWARD_PORT" write
await 30 "the value at $STATEWARD_READ_HOST:$STATEWARD_PORT" copied
role=$(call "$STATEWARD_READ_HOST" "$STATEWARD_PORT" info replication | sed -n 's/^role:\([a-z]*\).*/\1/p')
[ "$role" = slave ] || die "the read Service leads to a $role, not to a replica"
call "$STATEWARD_HOST" "$STATEWARD_PORT" del "$key" >/dev/null
log "wrote through $STATEWARD_HOST and read back from a replica through $STATEWARD_READ_HOST"
