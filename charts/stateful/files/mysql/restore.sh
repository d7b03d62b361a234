#!/bin/sh
# restore.sh DIR: loads a dump that backup.sh wrote into the application's database,
# which must be empty.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}" "${1:?usage: restore.sh DIR}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

file=$1/database.sql.gz
[ -s "$file" ] || die "there is no $file"
login "$STATEWARD_USERNAME" password
on() {
	"$client" --defaults-file="$login" --protocol=tcp --host="$STATEWARD_HOST" --port="$STATEWARD_PORT" \
		--database="$STATEWARD_DATABASE" --batch --skip-column-names
}

# All of it is read before anything is written.
gzip -t "$file" || die "$file is damaged: nothing was changed"
case $(gzip -dc "$file" | tail -n 1) in
"-- Dump completed"*) ;;
*) die "$file has no end: nothing was changed" ;;
esac
tables=$(printf '%s\n' 'SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE();' | on)
[ "$tables" = 0 ] || die "the database $STATEWARD_DATABASE has $tables tables already: nothing was changed; restore into a new release, or drop them first"
gzip -dc "$file" | on || die "the dump could not be loaded; the database $STATEWARD_DATABASE is not complete"
log "loaded $file"
