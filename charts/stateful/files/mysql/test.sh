#!/bin/sh
# helm test: writes through the Service for writing with the release's own
# credentials, and reads it back over another connection; with replicas, also there.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

login "$STATEWARD_USERNAME" password
on() {
	printf '%s\n' "$2" | timeout 20 "$client" --defaults-file="$login" --protocol=tcp --host="$1" --port="$STATEWARD_PORT" \
		--database="$STATEWARD_DATABASE" --batch --skip-column-names
}

want=$(date +%s)-$$
table=stateward_test_$(date +%s)_$$
on "$STATEWARD_HOST" "CREATE TABLE $table (value VARCHAR(40) PRIMARY KEY)"
trap 'on "$STATEWARD_HOST" "DROP TABLE $table"' EXIT
on "$STATEWARD_HOST" "INSERT INTO $table VALUES ('$want')"
got=$(on "$STATEWARD_HOST" "SELECT value FROM $table")
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"

if replicated && [ "$(members "$STATEWARD_POOL" | grep -c .)" -gt 1 ]; then
	replica_has_it() {
		[ "$(on "$STATEWARD_READ_HOST" "SELECT value FROM $table" 2>/dev/null)" = "$want" ]
	}
	await 60 "the replica behind $STATEWARD_READ_HOST to have the write" replica_has_it
	! on "$STATEWARD_READ_HOST" "INSERT INTO $table VALUES ('replica')" 2>/dev/null ||
		die "$STATEWARD_READ_HOST took a write: there is more than one primary"
	log "a replica has the write, and takes none"
fi
