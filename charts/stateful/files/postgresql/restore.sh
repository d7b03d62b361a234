#!/bin/sh
# restore.sh DIR loads what backup.sh wrote into a server without tables. The
# release's own roles keep the passwords of its Secret; all others come with theirs.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=database.sh
. "$STATEWARD_HOME/scripts/database.sh"
# shellcheck source=client.sh
. "$STATEWARD_HOME/scripts/client.sh"

umask 077
dir=${1:?restore.sh DIR}
for file in databases roles.sql; do
	[ -s "$dir/$file" ] || die "$dir holds no backup: it has no $file"
done
log_in postgres superuser-password

present=$(databases) || die "no answer from $PGHOST:$PGPORT"
tables="SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
	AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e')"
printf '%s\n' "$present" | while IFS= read -r database; do
	found=$(query "$(conninfo "$database")" "$tables") || die "no answer from database $database"
	[ "$found" = 0 ] || die "database $database has $found tables: a backup is loaded into a server without any; nothing was changed"
done

# own NAME is true for a role whose password is in this release's Secret. Names are
# quoted as the dump has them.
application=$(query postgres "SELECT quote_ident(:'name')" --set=name="$STATEWARD_USERNAME")
roles=$(query postgres 'SELECT quote_ident(rolname) FROM pg_roles')
own() {
	[ "$1" = "$application" ] || case " $own_roles " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}
exists() {
	printf '%s\n' "$roles" | grep -qxF -e "$1"
}
while IFS= read -r line; do
	case $line in
	'CREATE ROLE '*)
		name=${line#CREATE ROLE }
		! exists "${name%;}" || continue
		;;
	'ALTER ROLE '*' WITH '*)
		name=${line#ALTER ROLE }
		! own "${name%% WITH *}" || continue
		;;
	esac
	printf '%s\n' "$line"
done <"$dir/roles.sql" >"$STATEWARD_RUN_DIR/roles.sql"
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres --file="$STATEWARD_RUN_DIR/roles.sql" >&2 || die "the roles could not be made"

number=0
while IFS= read -r database; do
	number=$((number + 1))
	log "loading $database"
	if [ "$database" = postgres ]; then
		pg_restore --exit-on-error --dbname=postgres "$dir/$number.dump" </dev/null >&2
	else
		query postgres 'DROP DATABASE IF EXISTS :"name" WITH (FORCE)' --set=name="$database" </dev/null
		pg_restore --exit-on-error --create --dbname=postgres "$dir/$number.dump" </dev/null >&2
	fi || die "$database could not be loaded: the server holds a part of the backup"
done <"$dir/databases"
# Until then the planner knows nothing of the tables.
vacuumdb --all --analyze-only --quiet </dev/null >&2 || die "the data is loaded, but ANALYZE failed"
log "loaded $number databases"
