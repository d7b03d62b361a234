#!/bin/sh
# join.sh SERVER-PID: runs beside the server and makes it part of the cluster.
#   a new node, and peers that are a cluster -> joins them as a replica
#   new nodes all, every member answers      -> the first of them makes a cluster of as many
#                                               as shall be masters; the others join it
#   a node that was a member                 -> tells its peers its new address, and hears theirs
# Then it sees to it that a replica copies from where its master is.
# A peer that does not answer is never taken for one that is not there.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

pid=$1
me=127.0.0.1
# It is there while this member makes the cluster, and stays when that is cut short.
making=$STATEWARD_DATA_DIR/making-cluster
rm -f "$STATEWARD_RUN_DIR/waiting"
log_in admin

# say TEXT: what is awaited, for the log when it changes and for the readiness probe.
said=
say() {
	[ "$1" != "$said" ] || return 0
	said=$1
	log "$1"
	printf '%s\n' "$1" >"$STATEWARD_RUN_DIR/waiting"
}

answers() {
	[ "$(node "$me" ping)" = PONG ]
}

# survey fills, from one question to each other member: silent, those that do not
# answer; blanks, how many know nobody; seed, one that knows a whole cluster.
survey() {
	silent='' blanks=0 seed='' others=0
	for host in $(everyone); do
		[ "$host" != "$(fqdn)" ] || continue
		others=$((others + 1))
		found=$(table "$host")
		if [ -z "$found" ]; then
			silent="$silent ${host%%.*}"
		elif blank "$found"; then
			blanks=$((blanks + 1))
		elif whole "$found"; then
			seed=$host
		fi
	done
}

create() {
	count=$(everyone | wc -l)
	masters=$(masters_wanted)
	[ "$masters" -ge 3 ] || {
		say "$count members make $masters masters with $replicas_per_master replicas each, and a cluster has 3 or more: raise replicas or lower STATEWARD_CLUSTER_REPLICAS"
		return 0
	}
	addresses=
	for host in $(everyone | head -n "$masters"); do
		addresses="$addresses $(self "$(table "$host")" | awk '{ print $3 ":" $4 }')"
	done
	log "all $count members are new: making a cluster of the first $masters; the others join it"
	: >"$making"
	# shellcheck disable=SC2086 # a list of addresses
	made=$(manage 120 create $addresses --cluster-replicas 0 --cluster-yes) || true
	case $made in
	*"[OK] All 16384 slots covered"*) rm "$making" ;;
	*) log "the cluster was not made: $made" ;;
	esac
}

# undo takes a cluster apart that this member had half made: nobody has a key, so nothing is lost.
undo() {
	for host in $(everyone); do
		[ "$(node "$host" dbsize)" = 0 ] || {
			say "making the cluster was interrupted, and $host does not answer, or holds keys already: not made anew"
			return 0
		}
	done
	log "making the cluster was interrupted: beginning anew"
	for host in $(everyone); do
		ok "$host" cluster reset hard || return 0
	done
}

step_new() {
	survey
	if [ -n "$seed" ]; then
		say "joining the cluster of ${seed%%.*}"
		join "$me" "$seed" || true
	elif [ -n "$silent" ]; then
		say "waiting for all members to answer, to know whether there is a cluster; silent:$silent"
	elif [ "$blanks" != "$others" ]; then
		# Half a minute is enough for one that is being made.
		[ "$left" -gt 1785 ] || say "a cluster is being made, or one is there whose slots have no owners: redis-cli --cluster fix gives them to the masters that are left, without the lost keys"
	elif [ "$(ordinal)" = 0 ]; then
		create
	else
		say "all members are new: the first of them makes the cluster"
	fi
}

# step_member introduces this member to its peers by their present addresses, as
# those in its memory are out of date when all pods moved. Only those that know it
# by its id: any other meeting would mix two clusters. True when there is no more to do.
step_member() {
	id=$(self "$mine" | column 1)
	missing=
	for host in $(everyone); do
		[ "$host" != "$(fqdn)" ] || continue
		theirs=$(table "$host")
		line=$(self "$theirs")
		# shellcheck disable=SC2086 # a line is a list of words
		set -- $line
		if [ $# = 0 ]; then
			missing="$missing ${host%%.*}"
		elif blank "$theirs"; then
			: # It joins on its own.
		elif printf '%s\n' "$mine" | grep -q "^$1 [^ ]* $3 .* up "; then
			:
		elif has "$theirs" "$id"; then
			missing="$missing ${host%%.*}"
			meet "$me" "$line" || true
		elif ! stranger "$id"; then
			missing="$missing ${host%%.*}"
		else
			say "error: the cluster of $stranger_to has forgotten this node ($id): restart this pod for it to be judged anew"
			return 1
		fi
	done
	if [ -n "$(surplus "$mine" | where self)" ]; then
		survey
		say "this member has no part in the cluster yet"
		# New members are dealt out together: those that join just now are waited for.
		waited=$((waited + 1))
		if [ -n "$seed" ] && [ "$blanks" = 0 ] || [ "$waited" -gt 8 ]; then
			settle "$me" "${seed:-$me}" || true
		fi
		return 1
	fi
	[ -z "$missing" ] || {
		say "waiting to hear from:$missing"
		return 1
	}
	# Of a master that failed this one may be the successor under the same name, which a
	# replica shall replace: then there is one master too many.
	if [ -n "$(self "$mine" | where 'role == "master" && slots == 0')" ] && [ -n "$(printf '%s\n' "$mine" | where 'failed && slots > 0')" ]; then
		bury "$(fqdn)" "$id" "$me"
		return 1
	fi
	if ! whole "$mine" || ! state_ok "$me"; then
		say "the members know each other; the cluster does not serve all slots yet"
		return 1
	fi
}

# mend_master: a replica may hear of its master's new address from others, and then goes
# on copying from the old one (seen with Redis 8.0): told again whom to follow, it looks
# there. A server that does not is started anew. The difference has to last a while.
stale=0
mend_master() {
	mend_id=$(self "$1" | where 'role == "replica"' | column 7)
	mend_want=$(printf '%s\n' "$1" | where 'up && id == "'"$mend_id"'"' | column 3)
	mend_have=$(node "$me" info replication | tr -d '\r' | sed -n 's/^master_host://p')
	if [ -z "$mend_want" ] || [ -z "$mend_have" ] || [ "$mend_have" = "$mend_want" ]; then
		stale=0
		return 0
	fi
	stale=$((stale + 1))
	case $stale in
	1) ;;
	2 | 3)
		log "the master is at $mend_want now and is looked for at $mend_have: following it anew"
		follow "$me" "$mend_id" || true
		;;
	*)
		log "error: the master is at $mend_want and still looked for at $mend_have: the server starts anew"
		kill "$pid"
		exit 1
		;;
	esac
}

await 3600 "the server to have loaded its data" answers
# A new member has nothing else to do. For one that was a member, whoever comes later tells it.
left=1800 waited=0
while [ "$left" -gt 0 ]; do
	left=$((left - 1))
	member_names=$(everyone | tr '\n' ' ')
	mine=$(table "$me")
	if [ -z "$mine" ]; then
		say "the server does not answer"
	elif blank "$mine"; then
		step_new
	elif step_member; then
		rm -f "$making" "$STATEWARD_RUN_DIR/waiting"
		log "this member is part of a cluster of $(printf '%s\n' "$mine" | where up | wc -l) nodes"
		while kill -0 "$pid" 2>/dev/null; do
			sleep 15
			mend_master "$(table "$me")"
		done
		exit 0
	elif [ -e "$making" ] && ! whole "$mine" && [ "$left" -lt 1785 ]; then
		undo # Half a minute was enough for one that is made.
	else
		mend_master "$mine"
	fi
	sleep 2
done
if blank "$(table "$me")"; then
	log "error: no cluster in an hour; beginning anew"
	kill "$pid"
fi
log "gave up: $said"
