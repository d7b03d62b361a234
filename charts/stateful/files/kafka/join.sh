#!/bin/sh
# Makes this controller a voter when it is none: after its volume was lost, after the
# quorum grew, or on a volume that was left over when it shrank. Runs beside the
# server, once after each start. It never takes away another member's vote.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

id=$(node_id "$STATEWARD_POOL" "$(ordinal)")
directory=$(sed -n 's/^directory.id=//p' "$STATEWARD_DATA_DIR/meta.properties")
pause=${STATEWARD_JOIN_PAUSE:-5}
# add-controller reads what to add from the server's own configuration.
join=$STATEWARD_RUN_DIR/join.properties
cat "$STATEWARD_RUN_DIR/server.properties" "$STATEWARD_RUN_DIR/controller-client.properties" >"$join"

is_voter() {
	voters "$status" | grep -qxF "$id $directory"
}

await 1800 "this controller to listen" listens "$(fqdn)" "$controller_port"
left=${STATEWARD_TRIES:-360}
while :; do
	sleep "$pause"
	if status=$(quorum describe --status 2>/dev/null) && has_leader "$status"; then
		if is_voter; then
			log "this controller is a voter"
			exit 0
		fi
		# The same member with the volume it had before: that one will not come back.
		old=$(voters "$status" | sed -n "s/^$id //p")
		if [ -n "$old" ]; then
			log "taking out the vote of this controller's lost volume ($old)"
			quorum remove-controller --controller-id "$id" --controller-directory-id "$old" >/dev/null 2>"$join.log" ||
				log "not yet: $(tail -n 1 "$join.log")"
		else
			log "asking the leader to make this controller a voter"
			tool kafka-metadata-quorum.sh --command-config "$join" \
				--bootstrap-controller "$(addresses "$(quorum_pool)" "$controller_port")" add-controller >/dev/null 2>"$join.log" ||
				log "not yet: $(tail -n 1 "$join.log")"
		fi
	fi
	left=$((left - 1))
	[ "$left" -gt 0 ] || die "gave up: this controller follows the quorum and is no voter; restart it to try again"
done
