#!/bin/sh
# Before members are removed: their slots move to those that stay, and the cluster
# forgets them. Runs before each upgrade and does nothing when all stay. May be
# run again when it was interrupted.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

log_in admin
member_names=$(everyone | tr '\n' ' ')
# An upgrade may be the cure for members that do not start; the data is on their volumes.
find_seed || { log "no member that stays answers and knows a cluster: nothing is moved" && exit 0; }
# Those of this release by name; a node without a name has not been up since it was met.
leaving() {
	table "$seed" | where '!listed && name != "-"'
}
[ -n "$(leaving)" ] || { log "no member leaves" && exit 0; }

count=$(everyone | wc -l)
wanted=$(masters_wanted)
log "leaving: $(leaving | column 2 | sed 's/\..*//' | tr '\n' ' ')"
[ "$wanted" -ge 3 ] ||
	die "replicas: $count members are $wanted masters with $replicas_per_master replicas each, and a cluster needs 3 masters: keep $((3 * (replicas_per_master + 1))) or more, or lower server.env STATEWARD_CLUSTER_REPLICAS"
[ -z "$(table "$seed" | where 'slots > 0 && failed')" ] || die "a master is down and no replica has taken its slots: nothing can be moved before they are served again"
interrupted=
! finish || interrupted=yes
try 120 "all members to agree about the slots" agreed || die "the members do not agree about the slots: see redis-cli --cluster check"

staying_masters() {
	table "$seed" | where 'listed && up && role == "master" && slots > 0'
}
gave_up() {
	[ -n "$(table "$seed" | where 'id == "'"$1"'" && role == "replica"')" ]
}

# 1. Where a replica stays, it takes the place of its master: no slot has to move.
for id in $(leaving | where 'role == "master" && slots > 0 && up' | by_number | column 1); do
	[ "$(staying_masters | wc -l)" -lt "$wanted" ] || break
	# shellcheck disable=SC2016 # the text is for awk
	for ip in $(table "$seed" | where 'listed && up && role == "replica" && of == "'"$id"'"' | column 3); do
		synced "$ip" || continue
		log "the replica $ip takes over from the node $id"
		ok "$ip" cluster failover || continue
		! try 20 "$ip to take over" gave_up "$id" || break
	done
done
# 2. The other slots move, and each master that stays gets replicas that stay.
shape || die "nobody was removed; run the upgrade again to go on"
# 3. Nobody needs them any more. They are emptied: their volumes may be used again.
leaving | by_number | while read -r id name ip _ _ _ _ state _; do
	log "the cluster forgets ${name%%.*}"
	forget "$id" "$seed" || die "run the upgrade again to go on"
	[ "$state" != up ] || ok "$ip" cluster reset hard || log "${name%%.*} is not emptied: its volume must not be used again"
done
log "$count members stay"
