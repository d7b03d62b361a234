#!/bin/sh
# backup.sh DIR: dumps the application's database into DIR/database.sql.gz, as it was
# at one moment. With the application's account, the only one that gets in from
# outside and reads the data; other databases and accounts are not in it.
set -eu
umask 077
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}" "${1:?usage: backup.sh DIR}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

file=$1/database.sql.gz
[ ! -e "$file" ] || die "$file is there already: nothing was changed"
login "$STATEWARD_USERNAME" password
rm -f "$STATEWARD_RUN_DIR/dumped"
{
	# shellcheck disable=SC2086 # one word per option
	"$dump" --defaults-file="$login" --protocol=tcp --host="$STATEWARD_HOST" --port="$STATEWARD_PORT" --single-transaction \
		--quick --routines --events --triggers --hex-blob --no-tablespaces $dump_options "$STATEWARD_DATABASE" &&
		: >"$STATEWARD_RUN_DIR/dumped"
} | gzip >"$file" || die "$file could not be written"
[ -f "$STATEWARD_RUN_DIR/dumped" ] || die "$dump failed: $file is no backup"
# Reads and unpacks all of it; the dump's last line says that it is whole.
case $(gzip -dc "$file" | tail -n 1) in
"-- Dump completed"*) log "dumped $STATEWARD_DATABASE: $(wc -c <"$file") bytes" ;;
*) die "$file has no end" ;;
esac
