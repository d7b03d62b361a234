# shellcheck shell=sh
# How scripts reach the server as its clients do: through the Service. Sourced after
# lib.sh and programs.sh.

# log_in USER KEY sets what every program of PostgreSQL reads: where to go, and as whom.
log_in() {
	PGHOST=${STATEWARD_HOST:?} PGPORT=${STATEWARD_PORT:?} PGUSER=$1 PGPASSWORD=$(credential "$2") PGCONNECT_TIMEOUT=30
	export PGHOST PGPORT PGUSER PGPASSWORD PGCONNECT_TIMEOUT
	if [ -n "${STATEWARD_TLS:-}" ]; then
		PGSSLMODE=verify-full PGSSLROOTCERT=$STATEWARD_HOME/tls/ca.crt
		export PGSSLMODE PGSSLROOTCERT
	fi
	# There is no data here that says which major is meant.
	# shellcheck disable=SC2034 # find_programs
	PGDATA=/nonexistent
	find_programs
}

# query DATABASE STATEMENT [ARGUMENT...]. The statement goes by the input: only there
# psql fills variables in.
query() {
	query_database=$1 query_text=$2
	shift 2
	printf '%s\n' "$query_text" | psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$query_database" "$@"
}

# databases prints the names of all databases that one can connect to, templates apart.
databases() {
	query postgres 'SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname'
}

# conninfo DATABASE: a name that looks like a connection string would be taken for one.
conninfo() {
	printf "dbname='%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"
}
