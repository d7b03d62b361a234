#!/bin/sh
# Before a master stops, one of its replicas takes its place: a second instead of
# the time the others need to see it is gone, and no acknowledged write is lost.
# Nothing here changes who is a member.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

log_in admin
me=127.0.0.1

is_replica() {
	[ "$(self "$(table "$me")" | column 6)" = replica ]
}

mine=$(table "$me")
own=$(self "$mine")
id=$(printf '%s\n' "$own" | column 1)
if [ "$(printf '%s\n' "$own" | column 6)" != master ] || [ "$(total 9 "$own")" = 0 ]; then
	exit 0
fi
# shellcheck disable=SC2016 # the text is for awk
for replica in $(printf '%s\n' "$mine" | where 'role == "replica" && up && of == "'"$id"'"' | column 3); do
	synced "$replica" || continue
	log "the replica $replica takes over"
	ok "$replica" cluster failover || continue
	# The replica gives up after 5 s when this master does not hear it.
	if try 12 "$replica to take over" is_replica; then
		exit 0
	fi
done
log "no replica has taken over: the cluster chooses one when this master is gone"
