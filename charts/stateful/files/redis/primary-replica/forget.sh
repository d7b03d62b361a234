#!/bin/sh
# After an upgrade: Sentinels never forget a replica or another Sentinel by themselves,
# and count the missing ones into their majority. Those that know of a removed one are
# reset, one at a time: until it has found the others again, a Sentinel judges nothing.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"

# strangers prints what this Sentinel knows of and is not a member.
strangers() {
	for known in $(known_members replicas); do stays "$known" server || echo "$known"; done
	for known in $(known_members sentinels); do stays "$known" sentinels || echo "$known"; done
}

# gone is true when no stranger is connected any more: whom the primary or the other
# Sentinels still see would be found again at once.
gone() {
	log_in probe
	replicas=$(call "$named" "$server_port" info replication | sed -n 's/^slave[0-9]*:ip=\([^,]*\),.*/\1/p')
	for known in $replicas; do stays "$known" server || return 1; done
	for stranger in $1; do
		answer=$(call "$stranger" "$sentinel_port" ping || true)
		[ "$answer" != PONG ] || return 1
	done
}

# found is true when the Sentinel knows the primary and all the other Sentinels again.
found() {
	[ "$(known_members sentinels | wc -l)" -eq "$(($(members sentinels | wc -l) - 1))" ]
}

# Members that are all stopped come back.
if [ -z "$(members server)" ] || [ -z "$(members sentinels)" ]; then
	exit 0
fi
ask_sentinels
[ -n "$named" ] || { log "the Sentinels know of no primary: nothing to forget" && exit 0; }
for sentinel in $(members sentinels); do
	sentinel_host=$(address "$sentinel")
	# shellcheck disable=SC2046 # words
	set -- $(strangers)
	[ $# -gt 0 ] || continue
	await 300 "these to be gone: $*" gone "$*"
	log_in sentinel
	answer=$(call "$sentinel_host" "$sentinel_port" sentinel reset "$primary_name" || true)
	[ "$answer" = 1 ] || die "$sentinel cannot be reset: \"$answer\""
	await 60 "$sentinel to find the other Sentinels again" found
	log "$sentinel forgot: $*"
done
