#!/bin/sh
# backup.sh DIR writes the data set of each master into DIR, as a replica would get
# it. The files are of one after the other, not of one moment.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

umask 077
log_in "$(administrator)"
member_names=$(everyone | tr '\n' ' ')
find_seed || die "no member answers and knows a cluster with all slots"
nodes=$(table "$seed")
[ -z "$(printf '%s\n' "$nodes" | where 'slots > 0 && failed')" ] || die "a master is down: a part of the keys cannot be copied"
printf '%s\n' "$nodes" | where 'slots > 0' | while read -r id name ip _; do
	# From a replica where one is in step: a copy costs a fork and its memory.
	from=$ip
	for replica in $(printf '%s\n' "$nodes" | where 'role == "replica" && up && of == "'"$id"'"' | column 3); do
		! synced "$replica" || from=$replica
	done
	file=$1/${name%%.*}.rdb
	log "copying the data set of the master ${name%%.*} from $from"
	(call_seconds=${STATEWARD_BACKUP_SECONDS:-21600} && call "$from" "$member_port" --rdb "$file" </dev/null >&2) || die "the copy failed"
	"${server%server}check-rdb" "$file" >"$1/check.log" </dev/null || {
		cat "$1/check.log" >&2
		die "the copy $file is damaged"
	}
	rm "$1/check.log"
	log "$(wc -c <"$file") bytes"
done
