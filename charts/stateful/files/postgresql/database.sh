# shellcheck shell=sh
# What a new database cluster gets, once. Sourced after lib.sh.

# The release's own roles, which a restore leaves as they are.
metrics_role=metrics
own_roles="postgres replicator rewind $metrics_role"

check_username() {
	for role in $own_roles; do
		[ "$STATEWARD_USERNAME" != "$role" ] || die "auth.username: \"$role\" is a role of the release itself; take another name"
	done
}

# sql ARGUMENT... runs psql over the socket in $socket.
sql() {
	: "${socket:?}"
	psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --host="$socket" --username=postgres "$@" >&2
}

# fill makes the application's role and database and the role of the metrics
# exporter, and runs the init scripts.
fill() {
	create_role "$STATEWARD_USERNAME" password
	sql --dbname=postgres --set=name="$STATEWARD_USERNAME" --set=database="$STATEWARD_DATABASE" <<-'SQL'
		SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'name') WHERE :'database' <> 'postgres' \gexec
	SQL
	# A Secret that somebody else made need not have the key.
	if [ -r "$STATEWARD_HOME/credentials/metrics-password" ]; then
		create_role "$metrics_role" metrics-password
		sql --dbname=postgres --set=name="$metrics_role" <<-'SQL'
			ALTER ROLE :"name" CONNECTION LIMIT 5;
			GRANT pg_monitor TO :"name";
		SQL
	fi
	for file in "$STATEWARD_HOME"/config/init.*.sql; do
		[ -f "$file" ] || continue
		log "running ${file##*/}"
		sql --dbname="$STATEWARD_DATABASE" --file="$file"
	done
}

# create_role NAME KEY. psql reads the password from the file itself: as an argument every process could see it.
create_role() {
	sql --dbname=postgres --set=name="$1" --set=file="$STATEWARD_HOME/credentials/$2" <<-'SQL'
		\set password `cat :file`
		CREATE ROLE :"name" LOGIN PASSWORD :'password';
	SQL
}
