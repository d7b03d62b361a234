#!/bin/sh
# After an install and each upgrade: the users of the release's Secret with what they
# may do, and the end of a scale-down: what has left is taken out of the cluster's list.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

pause=${STATEWARD_POLL_PAUSE:-5}
count=$(count_members brokers)
wanted=$(count_members "$(quorum_pool)")
if [ "$count" -eq 0 ] || [ "$wanted" -eq 0 ]; then
	log "the release is stopped"
	exit 0
fi
write_clients

answers() {
	status=$(quorum describe --status 2>/dev/null) && has_leader "$status" && registered=$(brokers 2>/dev/null) && [ -n "$registered" ]
}

# user NAME KEY sets a user's password, from a file: an argument could be seen.
user() {
	check_password "$2"
	printf 'SCRAM-SHA-512=password=%s\n' "$(credential "$2")" >"$STATEWARD_RUN_DIR/user.properties"
	admin kafka-configs.sh --alter --entity-type users --entity-name "$1" --add-config-file "$STATEWARD_RUN_DIR/user.properties" >"$STATEWARD_RUN_DIR/user.log" 2>&1 ||
		die "cannot set the password of $1: $(grep -v 'password=' "$STATEWARD_RUN_DIR/user.log" | head -n 3)"
	rm -f "$STATEWARD_RUN_DIR/user.properties" "$STATEWARD_RUN_DIR/user.log"
}

# allow USER ARG... grants without taking anything away.
allow() {
	name=$1
	shift
	admin kafka-acls.sh --add --allow-principal "User:$name" "$@" >/dev/null
}

users() {
	case ${STATEWARD_USERNAME:-} in
	"$admin" | metrics) die "auth.username: \"$STATEWARD_USERNAME\" is a user of the release's own; choose another name" ;;
	'') ;;
	*)
		user "$STATEWARD_USERNAME" password
		# Everything with topics, groups and transactions of any name; nothing with the cluster.
		allow "$STATEWARD_USERNAME" --operation All --topic '*' --group '*' --transactional-id '*'
		;;
	esac
	user metrics metrics-password
	allow metrics --operation Describe --topic '*' --group '*' --cluster
	log "users and their rights are set"
}

# A broker that runs would only register again: it is taken out once it has stopped.
unregister() {
	left=${STATEWARD_TRIES:-180}
	while [ -n "$(gone unfenced)" ]; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || die "gave up waiting for brokers $(gone unfenced | paste -s -d ' ' -) to stop"
		log "waiting for brokers $(gone unfenced | paste -s -d ' ' -) to stop"
		sleep "$pause"
		registered=$(brokers)
	done
	for broker in $(gone fenced); do
		log "taking broker $broker out of the cluster"
		cluster unregister --id "$broker" >/dev/null
	done
}

# gone STATE prints the brokers beyond the release's own that are in that state.
gone() {
	printf '%s\n' "$registered" | awk -v count="$count" -v state="$1" '$1 >= count && $1 < 1000 && $3 == state { print $1 }'
}

# The next broker with the id of one that left takes partitions again; so does one
# that stays after all.
open_brokers() {
	configs=$(admin kafka-configs.sh --describe --entity-type brokers 2>/dev/null) || return 0
	closed=$(printf '%s\n' "$configs" | awk '/^Dynamic configs for broker / { id = $5 } /cordoned\.log\.dirs=\*/ { print id }' | sort -u)
	for broker in $closed; do
		log "opening broker $broker to new partitions"
		admin kafka-configs.sh --alter --entity-type brokers --entity-name "$broker" --delete-config cordoned.log.dirs >/dev/null
	done
}

left=${STATEWARD_TRIES:-180}
until answers; do
	left=$((left - 1))
	[ "$left" -gt 0 ] || die "gave up waiting for the brokers to answer"
	log "waiting for the brokers to answer"
	sleep "$pause"
done
[ -z "${STATEWARD_AUTH:-}" ] || users
unregister
open_brokers
# A controller that restarted while it was leaving has asked for its vote again.
remove_voters "$wanted"
