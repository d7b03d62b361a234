#!/bin/sh
# helm test: writes through the client Service with the release's own
# credentials, and reads it back over another connection.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

PGDATA=/nonexistent
find_programs
PGPASSWORD=$(credential password)
export PGPASSWORD
sql() {
	psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --host="$STATEWARD_HOST" \
		--port="$STATEWARD_PORT" --username="$STATEWARD_USERNAME" --dbname="$STATEWARD_DATABASE" --command="$1"
}

want=$(date +%s)-$$
table=stateward_test_$$
sql "CREATE TABLE $table (value text)"
trap 'sql "DROP TABLE $table"' EXIT
sql "INSERT INTO $table VALUES ('$want')"
got=$(sql "SELECT value FROM $table")
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"
