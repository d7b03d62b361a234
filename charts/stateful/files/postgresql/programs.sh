# shellcheck shell=sh
# Where the programs of PostgreSQL are, of which major, and what every way to start
# a server needs. Sourced after lib.sh.

# Where images keep the programs when they are not on PATH: Debian has a folder per major.
server_dirs='/usr/lib/postgresql/*/bin /usr/local/pgsql/bin /usr/pgsql-*/bin'

# find_programs puts the server's programs on PATH: those of the data's own major
# where several are installed, else the newest.
find_programs() {
	! command -v postgres >/dev/null || return 0
	major=
	[ ! -s "$PGDATA/PG_VERSION" ] || major=$(cat "$PGDATA/PG_VERSION")
	newest=
	# shellcheck disable=SC2086 # globs
	for dir in $(printf '%s\n' $server_dirs | sort -V); do
		[ -x "$dir/postgres" ] || continue
		newest=$dir
		[ "$(PATH=$dir:$PATH server_major)" != "$major" ] || break
	done
	[ -n "$newest" ] || die "the image has no postgres program, neither on PATH nor in $server_dirs"
	PATH=$newest:$PATH
	export PATH
}

server_major() {
	postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

check_version() {
	data=$(cat "$PGDATA/PG_VERSION")
	server=$(server_major)
	[ "$data" = "$server" ] ||
		die "the data in $PGDATA is of PostgreSQL $data, the image has $server: go back to an image of $data, or move the data with pg_upgrade or a dump"
}

# client_rules writes the pg_hba.conf that the server reads. With TLS a line of the
# type "host" is made one of "hostssl": nobody who did not mean to talks in the
# clear; who does writes "hostnossl".
client_rules() {
	text=$(cat "$STATEWARD_HOME/config/pg_hba.conf")
	[ -z "${STATEWARD_TLS:-}" ] || text=$(printf '%s\n' "$text" | sed 's/^\([[:blank:]]*host\)\([[:blank:]]\)/\1ssl\2/')
	printf '%s\n' "$text" >"$STATEWARD_RUN_DIR/pg_hba.conf"
}
