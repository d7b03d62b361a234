#!/bin/sh
# After an install or upgrade: waits for the cluster, makes new members masters
# as far as their number asks for it, moves slots to these, spreads the replicas,
# and has former members forgotten. Does nothing where all is as it should be.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

log_in admin
member_names=$(everyone | tr '\n' ' ')
count=$(everyone | wc -l)

# whole_crew: all members are up and know each other. A member that was emptied, by a
# scale-down that was then called off, does not join on its own: it is joined here.
turn=0
whole_crew() {
	find_seed || return 1
	turn=$((turn + 1))
	if [ "$turn" -gt 30 ]; then
		for host in $member_names; do
			if blank "$(table "$host")"; then
				! join "$host" "$seed" || settle "$host" "$seed" || true
			fi
		done
	fi
	for host in $member_names; do
		[ "$(table "$host" | where 'listed && up' | wc -l)" = "$count" ] || return 1
	done
	state_ok "$seed"
}
await 900 "all $count members to be up and part of one cluster" whole_crew

for id in $(table "$seed" | where '!up && !listed && slots == 0' | column 1); do
	log "the cluster forgets the node $id, which is no member any more"
	forget "$id" "$seed" || true
done
interrupted=
! finish || interrupted=yes
shape || die "run the upgrade again to go on"
log "$count members, $(table "$seed" | where 'role == "master" && slots > 0' | wc -l) masters with slots"
