#!/bin/sh
# helm test: writes through the client Service with the application's own
# credentials, and reads it back over another connection.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

service=$scheme://$STATEWARD_HOST:$STATEWARD_PORT
limit=20s
# shellcheck disable=SC2034 # read by ctl
user=${STATEWARD_USERNAME:-root}
want=$(date +%s)-$$
key=${prefix}stateward-test-$$
[ "$(ctl "$service" put "$key" "$want")" = OK ] || die "cannot write through $service: $(reason)"
got=$(ctl "$service" get "$key" --print-value-only) || die "cannot read through $service: $(reason)"
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
[ "$(ctl "$service" del "$key")" = 1 ] || die "cannot delete $key: $(reason)"
if [ -n "${STATEWARD_AUTH:-}" ] && [ "$user" != root ]; then
	! ctl "$service" get /stateward-not-yours >/dev/null || die "$user may read keys outside of $prefix"
fi
log "wrote and read back through $service"
