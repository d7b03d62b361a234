#!/bin/sh
# helm test: writes through the client Service with the release's own credentials,
# follows redirections to whichever master has the key's slot, and reads it back
# over another connection. Three keys, one for each third of the slots.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

log_in default
redis() {
	call "$STATEWARD_HOST" "$STATEWARD_PORT" -c "$@" || true
}
want=$(date +%s)-$$
# The tags fall into the slots 15495, 3300 and 7365.
for tag in a b c; do
	key="stateward:test:{$tag}:$$"
	answer=$(redis set "$key" "$want" ex 60)
	[ "$answer" = OK ] || die "cannot write $key through $STATEWARD_HOST:$STATEWARD_PORT: $answer"
	got=$(redis get "$key")
	[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
	redis del "$key" >/dev/null
done
log "wrote to three masters and read back through $STATEWARD_HOST:$STATEWARD_PORT"
