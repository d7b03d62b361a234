#!/bin/sh
# backup.sh DIR dumps roles and each database into DIR: roles.sql, N.dump, and
# databases, the names in the order of N. From the primary: on a replica a long dump
# is cancelled when the primary cleans up what the dump still reads. Each database is
# as it was at one moment, different ones at different moments.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=client.sh
. "$STATEWARD_HOME/scripts/client.sh"

umask 077
dir=${1:?backup.sh DIR}
log_in postgres superuser-password
pg_dumpall --roles-only --file="$dir/roles.sql" || die "the dump of the roles failed"
grep -q '^-- PostgreSQL database cluster dump complete$' "$dir/roles.sql" || die "the dump of the roles has no end"
databases >"$dir/databases" || die "no list of the databases"
[ -s "$dir/databases" ] || die "the list of the databases is empty"
number=0
while IFS= read -r database; do
	number=$((number + 1))
	log "dumping $database"
	pg_dump --format=custom --create --file="$dir/$number.dump" --dbname="$(conninfo "$database")" </dev/null || die "the dump of $database failed"
	# Reads and unpacks all of it.
	pg_restore --file=/dev/null "$dir/$number.dump" || die "the dump of $database is damaged"
done <"$dir/databases"
log "dumped $number databases"
