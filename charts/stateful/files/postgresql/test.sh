#!/bin/sh
# helm test: writes through the client Service with the release's own credentials,
# and reads it back over another connection; where there are replicas, from one of them.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=client.sh
. "$STATEWARD_HOME/scripts/client.sh"

log_in "$STATEWARD_USERNAME" password
# sql HOST STATEMENT
sql() {
	query "$STATEWARD_DATABASE" "$2" --host="$1"
}

want=$(date +%s)-$$
table=stateward_test_$$
select="SELECT value || CASE WHEN pg_is_in_recovery() THEN ' from a replica' ELSE '' END FROM $table"
sql "$STATEWARD_HOST" "CREATE TABLE $table (value text)"
trap 'sql "$STATEWARD_HOST" "DROP TABLE $table"' EXIT
sql "$STATEWARD_HOST" "INSERT INTO $table VALUES ('$want')"
got=$(sql "$STATEWARD_HOST" "$select")
[ "$got" = "$want" ] || die "wrote \"$want\" through $STATEWARD_HOST and read \"$got\""
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"
[ -n "${STATEWARD_READ_HOST:-}" ] || exit 0
[ "$(members server | wc -l)" -gt 1 ] || exit 0

on_replica() {
	[ "$(sql "$STATEWARD_READ_HOST" "$select" 2>&1)" = "$want from a replica" ]
}
await 60 "a replica behind $STATEWARD_READ_HOST to have the write" on_replica
log "read it from a replica through $STATEWARD_READ_HOST:$STATEWARD_PORT"
