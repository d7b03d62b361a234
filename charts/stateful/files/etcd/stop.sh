#!/bin/sh
# preStop: a leader hands over before it goes, so that nobody waits for an
# election. It changes no membership: this runs at every restart and drain.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"
errors=$STATEWARD_RUN_DIR/stop.log

self=$scheme://$(fqdn):$STATEWARD_PORT
status=$(ctl "$self" endpoint status --write-out=fields) || exit 0
ids=$(printf '%s\n' "$status" | awk '$1 == "\"MemberID\"" || $1 == "\"Leader\"" { print $3 }' | uniq)
[ "$(printf '%s\n' "$ids" | wc -l)" -eq 1 ] || exit 0 # another one leads
# shellcheck disable=SC2046
find_cluster $(others) || exit 0
# The first voter that answers.
printf '%s\n' "$list" | awk -F ', ' -v self="$self" '$2 == "started" && $6 == "false" && $5 != self { print $1, $5 }' |
	while read -r id client; do
		ctl "$client" endpoint health >/dev/null || continue
		if ctl "$self" move-leader "$id" >&2; then
			exit 0
		fi
		log "cannot hand over to $id: $(reason)"
	done
exit 0
