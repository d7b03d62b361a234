#!/bin/sh
# Starts PostgreSQL; on an empty volume it makes the database cluster first.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=database.sh
. "$STATEWARD_HOME/scripts/database.sh"

: "${PGDATA:?}"
config=$STATEWARD_HOME/config
rules=$STATEWARD_RUN_DIR/pg_hba.conf
new=$PGDATA.new
socket=$STATEWARD_RUN_DIR

# The cluster is made beside its final place and moved there when it is complete:
# a pod that dies half-way leaves nothing that looks like a database.
initialize() {
	log "no database in $PGDATA: making one for PostgreSQL $(server_major)"
	set -- --pgdata="$new" --username=postgres --pwfile="$STATEWARD_HOME/credentials/superuser-password" \
		--auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --data-checksums "$@"
	# The builtin provider (17 and later) sorts alike in every image; libc's order
	# changes with the C library and silently breaks indexes.
	set -- --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 "$@"
	if [ -n "${STATEWARD_LOG_DIR:-}" ]; then
		is_empty "$STATEWARD_LOG_DIR/wal" || [ -d "$new" ] ||
			die "$STATEWARD_LOG_DIR/wal holds a write-ahead log but $PGDATA holds no database: is the data volume the right one?"
		rm -rf "$STATEWARD_LOG_DIR/wal"
		set -- --waldir="$STATEWARD_LOG_DIR/wal" "$@"
	fi
	rm -rf "$new"
	mkdir -p "${PGDATA%/*}"
	initdb "$@" >&2

	# Without TCP, so that no probe and no client takes this server for the real one.
	pg_ctl --pgdata="$new" --wait --timeout=300 --silent \
		--options="-c config_file='$config/postgresql.conf' -c hba_file='$rules' -c listen_addresses='' -c unix_socket_directories='$socket'" start >&2
	fill
	pg_ctl --pgdata="$new" --wait --timeout=300 --silent --mode=fast stop >&2
	[ ! -d "$PGDATA" ] || rmdir "$PGDATA" # or mv would move into it
	mv "$new" "$PGDATA"
	sync
}

find_programs
client_rules
if [ -s "$PGDATA/PG_VERSION" ]; then
	check_version
elif is_empty "$PGDATA"; then
	check_username
	# shellcheck disable=SC2086 # one word per argument
	initialize ${STATEWARD_INIT_ARGS:-}
else
	die "$PGDATA is not empty and holds no database (no PG_VERSION): nothing was changed; look at the volume"
fi
exec postgres -D "$PGDATA" -c config_file="$config/postgresql.conf" -c hba_file="$rules" "$@"
