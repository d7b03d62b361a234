#!/bin/sh
# backup.sh DIR writes the data set into DIR/dump.rdb, as a replica would get it.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

umask 077
# From a replica where there is one: a copy costs the server a fork and its memory.
host=${STATEWARD_READ_HOST:-$STATEWARD_HOST}
call_seconds=${STATEWARD_BACKUP_SECONDS:-21600}
log_in "$(administrator)"
log "copying the data set of $host:$STATEWARD_PORT"
call "$host" "$STATEWARD_PORT" --rdb "$1/dump.rdb" >&2 || die "the copy failed"
"${server%server}check-rdb" "$1/dump.rdb" >"$1/check.log" || {
	cat "$1/check.log" >&2
	die "the copy is damaged"
}
rm "$1/check.log"
log "$(wc -c <"$1/dump.rdb") bytes"
