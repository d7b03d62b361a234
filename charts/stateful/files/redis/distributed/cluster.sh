# shellcheck shell=sh disable=SC2034 # some variables are for those that source this
# What the scripts of Redis Cluster and Valkey Cluster share. Sourced after lib.sh and programs.sh.

replicas_per_master=${STATEWARD_CLUSTER_REPLICAS:-1}
slots_in_all=16384
# In a Job STATEWARD_PORT is the Service's; the members listen where their configuration says.
member_port=$(awk '($1 == "port" || $1 == "tls-port") && $2 > 0 { print $2; exit }' "$STATEWARD_HOME/config/redis.conf")

# everyone prints the members' names as the chart has them now.
everyone() {
	members "${STATEWARD_POOL:-server}"
}

# manage SECONDS ARGUMENT... runs the client's cluster manager.
manage() (
	call_seconds=$1
	shift
	call 127.0.0.1 "$member_port" --cluster "$@" </dev/null
)

# node HOST COMMAND... asks one member; an error is part of the answer's text.
node() {
	node_host=$1
	shift
	call "$node_host" "$member_port" "$@" </dev/null || true
}

# ok HOST COMMAND... is true when the member says so.
ok() {
	ok_answer=$(node "$@")
	[ "$ok_answer" = OK ] || { log "$*: $ok_answer" && false; }
}

# table HOST prints what a member knows of its cluster, one line for each node:
#   1 id  2 name  3 ip  4 port  5 bus port  6 master|replica  7 its master's id
#   8 up|cut|suspect|failed|new  9 slots  10 slots under way  11 self|other
# It prints nothing when there is no answer.
table() {
	node "$1" cluster nodes | table_of_nodes
}

# table_of_nodes makes that table of the text of CLUSTER NODES, or of a nodes.conf.
table_of_nodes() {
	awk 'length($1) == 40 && NF >= 8 {
		split($2, address, ",")
		name = address[2] == "" ? "-" : address[2]
		bus = port = ip = address[1]
		sub(/.*@/, "", bus); sub(/@.*/, "", port); sub(/.*:/, "", port); sub(/:[0-9]*@.*/, "", ip)
		if (ip == "") ip = "-"
		flags = "," $3 ","
		role = flags ~ /,slave,/ ? "replica" : "master"
		state = "up"
		if ($8 != "connected") state = "cut"
		if (flags ~ /,fail[?],/) state = "suspect"
		if (flags ~ /,(fail|noaddr),/) state = "failed"
		if (flags ~ /,handshake,/) state = "new"
		self = flags ~ /,myself,/ ? "self" : "other"
		if (self == "self") state = "up"
		slots = moving = 0
		for (i = 9; i <= NF; i++) {
			if ($i ~ /^\[/) { moving++; continue }
			n = split($i, range, "-")
			slots += n == 2 ? range[2] - range[1] + 1 : 1
		}
		print $1, name, ip, port, bus, role, $4, state, slots, moving, self
	}'
}

# where EXPRESSION prints the lines of a table on stdin for which awk finds it
# true. COLUMNS have names, and `listed` tells whether a name is a member's.
where() {
	awk -v list="${member_names:-}" 'BEGIN { count = split(list, list_of, " "); for (i = 1; i <= count; i++) member[list_of[i]] = 1 }
	{ id = $1; name = $2; ip = $3; role = $6; of = $7; up = $8 == "up"; failed = $8 == "failed"; slots = $9
		self = $11 == "self"; listed = name in member }
	'"$1"
}

# column N prints a column of a table on stdin.
column() {
	awk -v n="$1" '{ print $n }'
}

# lines counts those of its argument that are not empty.
lines() {
	printf '%s\n' "$1" | grep -c . || true
}

# total COLUMN TABLE adds a column up.
total() {
	printf '%s\n' "$2" | awk -v n="$1" '{ sum += $n } END { print sum + 0 }'
}

# blank TABLE: this node has no slots and knows no other.
blank() {
	[ "$(lines "$1")" = 1 ] && [ "$(total 9 "$1")" = 0 ]
}

# whole TABLE: this node knows others, and an owner of each slot.
whole() {
	[ "$(lines "$1")" -gt 1 ] && [ "$(total 9 "$1")" = "$slots_in_all" ]
}

# has TABLE ID: the node of this id is known there.
has() {
	[ -n "$2" ] && printf '%s\n' "$1" | grep -q "^$2 "
}

# self TABLE prints the line of the member that gave the table.
self() {
	printf '%s\n' "$1" | where self
}

# state_ok HOST: the member serves the whole cluster.
state_ok() {
	node "$1" cluster info | grep -q '^cluster_state:ok'
}

# synced HOST: the member is a replica that has its master's data.
synced() {
	synced_info=$(node "$1" info replication)
	case $synced_info in *role:slave*master_link_status:up*) ;; *) return 1 ;; esac
}

# meet HOST LINE makes a member know the one of a table's line, by its address:
# CLUSTER MEET takes no names.
meet() {
	# shellcheck disable=SC2086 # a line is a list of words
	set -- "$1" $2
	ok "$1" cluster meet "$4" "$5" "$6" >/dev/null
}

# forget ID HOST makes all members that HOST can reach forget a node. They do so
# for a minute, in which no other may tell them of it again: so all in one go,
# until none has it.
forget() {
	forget_left=20
	while :; do
		forget_known=
		for forget_ip in $(table "$2" | where 'up && id != "'"$1"'"' | column 3); do
			has "$(table "$forget_ip")" "$1" || continue
			forget_known="$forget_known $forget_ip"
			node "$forget_ip" cluster forget "$1" >/dev/null
		done
		[ -n "$forget_known" ] || return 0
		forget_left=$((forget_left - 1))
		[ "$forget_left" -gt 0 ] || { log "these still know the node $1:$forget_known" && return 1; }
		sleep 2
	done
}

# surplus TABLE prints the masters without slots when there are more masters than
# the members can have. They are new, and shall be replicas.
surplus() {
	surplus_masters=$(printf '%s\n' "$1" | where 'role == "master" && listed && up')
	[ "$(lines "$surplus_masters")" -le "$(masters_wanted)" ] || printf '%s\n' "$surplus_masters" | where 'slots == 0'
}

# places prints for each member that answers its name, zone and machine, which it
# says in a setting that only serves people otherwise.
places() {
	for places_host in $member_names; do
		places_at=$(node "$places_host" config get cluster-announce-human-nodename | tail -n 1)
		printf '%s\n' "$places_at" | awk -F / -v name="$places_host" 'NF == 3 { print "place," name "," $2 "," $3 }'
	done
}

# master_for NAME TABLE prints the id of the master that a member is to follow: one
# with the fewest replicas, of these one in another zone and on another machine. All
# new members are dealt out in the order of their names, so that those who ask at the
# same time do not all choose the same one.
master_for() {
	{
		places
		printf '%s\n' "$2" | where 'role == "master" && slots > 0 && up || role == "replica" && up && name != "'"$1"'"' | sort -k 2
		{
			surplus "$2" | column 2
			echo "$1"
		} | sort -u
	} | awk -v me="$1" '
		/^place,/ { split($0, at, ","); zone[at[2]] = at[3]; machine[at[2]] = at[4]; next }
		NF > 1 && $6 == "master" { id[++n] = $1; name[n] = $2; next }
		NF > 1 { have[$7]++; next }
		n {
			# From the one after the last on this machine: so all get round, not only the first.
			for (first = n; first > 1 && !near($1, name[first]); ) first--
			for (k = 1; k <= n; k++) {
				i = (first + k - 1) % n + 1
				cost = 4 * have[id[i]] + near($1, name[i])
				if (k == 1 || cost < least) { least = cost; best = id[i] }
			}
			have[best]++
			if ($1 == me) print best
		}
		function near(a, b) {
			return (machine[a] != "" && machine[a] == machine[b]) * 2 + (zone[a] != "" && zone[a] == zone[b])
		}'
}

# masters_wanted is the number of masters that fit the members that shall be.
masters_wanted() {
	# shellcheck disable=SC2086 # a list of names
	set -- $member_names
	echo $(($# / (replicas_per_master + 1)))
}

# follow HOST MASTER-ID makes a member the replica of a master.
follow() {
	ok "$1" cluster replicate "$2"
}

# try SECONDS WHAT COMMAND... is await that only returns false at the end.
try() {
	(await "$@")
}

# acquainted HOST COUNT ID PEER: both know each other, and HOST knows as many as that.
acquainted() {
	acquainted_table=$(table "$1")
	[ "$(printf '%s\n' "$acquainted_table" | where 'up' | wc -l)" -ge "$2" ] && has "$(table "$4")" "$3"
}

# join HOST PEER introduces a member that knows nobody to the cluster that PEER is of.
join() {
	join_peer=$(table "$2")
	join_id=$(self "$(table "$1")" | column 1)
	meet "$1" "$(self "$join_peer")" || return 1
	# All that are up for the peer; one it lost may stay unknown here.
	try 60 "$1 to know the cluster of $2" acquainted "$1" "$(printf '%s\n' "$join_peer" | where up | wc -l)" "$join_id" "$2"
}

# settle HOST PEER makes a new member a replica: a master needs slots, which a Job
# moves (configure.sh). False while it cannot be.
settle() {
	settle_own=$(self "$(table "$1")")
	settle_id=$(printf '%s\n' "$settle_own" | column 1)
	settle_name=$(printf '%s\n' "$settle_own" | column 2)
	bury "$settle_name" "$settle_id" "$2"
	settle_master=$(master_for "$settle_name" "$(table "$1")")
	[ -n "$settle_master" ] || { log "no master is up that ${settle_name%%.*} could be a replica of" && return 1; }
	log "${settle_name%%.*} becomes a replica of the node $settle_master"
	follow "$1" "$settle_master"
}

# bury NAME ID PEER makes the cluster forget the nodes that had a member's name
# before it: it lost its volume. One that owns slots is given time to be replaced.
bury() {
	bury_left=30
	while :; do
		bury_dead=$(table "$3" | where 'name == "'"$1"'" && id != "'"$2"'"')
		[ -n "$bury_dead" ] || return 0
		for bury_id in $(printf '%s\n' "$bury_dead" | where 'slots == 0' | column 1); do
			log "$1 has a new volume: the cluster forgets its former id $bury_id"
			forget "$bury_id" "$3" || true
		done
		bury_left=$((bury_left - 1))
		[ "$bury_left" -gt 0 ] || break
		sleep 2
	done
	log "error: the former volume of $1 held slots that no replica has taken over: their keys are lost unless that volume comes back. To go on without them: redis-cli --cluster fix"
}

# stranger ID asks all other members whether they know this one. It is true when
# some serve a cluster (stranger_to is one) and nobody has heard of this id; it is
# false when somebody has, or when nobody can be asked.
stranger() {
	stranger_to=
	for stranger_host in $(everyone); do
		[ "$stranger_host" != "$(fqdn)" ] || continue
		stranger_table=$(table "$stranger_host")
		! has "$stranger_table" "$1" || return 1
		# One that has just joined may not have heard of everybody yet: those who serve have.
		if whole "$stranger_table" && [ "$(self "$stranger_table" | column 9)" -gt 0 ]; then
			stranger_to=$stranger_host
		fi
	done
	[ -n "$stranger_to" ]
}

# The rest is for the Jobs, which know the members that shall be as $member_names.

# find_seed sets seed to a member that knows a cluster. False when none answers so.
find_seed() {
	for seed in $member_names; do
		! whole "$(table "$seed")" || return 0
	done
	seed=
	return 1
}

# finish closes slots whose move was interrupted: their keys are in two places.
finish() {
	finish_table=
	for finish_ip in $(table "$seed" | where up | column 3); do
		finish_table="$finish_table$(self "$(table "$finish_ip")")
"
	done
	[ "$(total 10 "$finish_table")" -gt 0 ] || return 1
	log "a move of slots was interrupted: finishing it"
	manage 3600 fix "$seed:$member_port" | grep -v -e '^>>>' -e '^$' -e '^[MS]:' -e '^ ' >&2 || true
}

# agreed HOST...: all members have heard of the last change.
agreed() {
	case $(manage 30 check "$seed:$member_port") in
	*"[OK] All nodes agree about slots configuration"*"[OK] All 16384 slots covered"*) ;;
	*) return 1 ;;
	esac
}

# rebalance ID... spreads the slots evenly over the masters, those without any too,
# and none over the nodes named.
rebalance() {
	rebalance_weights=
	for rebalance_id; do
		rebalance_weights="$rebalance_weights $rebalance_id=0"
	done
	[ -z "$rebalance_weights" ] || rebalance_weights="--cluster-weight$rebalance_weights"
	rebalance_try=0
	while :; do
		try 120 "all members to agree about the slots" agreed || true
		# shellcheck disable=SC2086 # a list of words
		rebalance_out=$(manage 86400 rebalance "$seed:$member_port" --cluster-use-empty-masters $rebalance_weights | tr -d '#') || true
		finish || break
		rebalance_try=$((rebalance_try + 1))
		[ "$rebalance_try" -lt 5 ] || { log "the slots could not be moved: $rebalance_out" && return 1; }
	done
	printf '%s\n' "$rebalance_out" | sed -n '/^Moving/p;/^\*\*\*/p' >&2
}

# promote makes a replica a master without slots: one of the master that has most,
# of these the last member.
promote() {
	# shellcheck disable=SC2016 # the text is for awk
	promote_line=$(table "$seed" | where 'role == "replica" && listed && up { line[++n] = $0; whose[n] = of; have[of]++ }
		END { for (i = 1; i <= n; i++) if (best == "" || have[whose[i]] > have[whose[best]] || have[whose[i]] == have[whose[best]] && number(line[i]) > number(line[best])) best = i
			if (best != "") print line[best] }
		function number(text) { split(text, part, " "); sub(/\..*/, "", part[2]); sub(/.*-/, "", part[2]); return part[2] + 0 }')
	# shellcheck disable=SC2086 # a line is a list of words
	set -- $promote_line
	[ $# -gt 0 ] || { log "no replica is left that could become a master" && return 1; }
	log "${2%%.*} becomes a master"
	# It forgets everybody and its copy of the data, and keeps its id, by which the others know it.
	ok "$3" cluster reset soft || return 1
	for promote_peer in $member_names; do
		[ "$promote_peer" != "$2" ] || continue
		promote_peer=$(self "$(table "$promote_peer")")
		[ -z "$promote_peer" ] || meet "$3" "$promote_peer" || true
	done
	try 60 "the others to know that $2 is a master" is_master "$1" "$(lines "$(table "$seed" | where up)")" "$3"
}

# is_master ID COUNT IP: everybody sees that it is one, and it sees as many as COUNT.
is_master() {
	[ "$(table "$3" | where up | wc -l)" -ge "$2" ] || return 1
	for is_ip in $(table "$seed" | where up | column 3); do
		[ -n "$(table "$is_ip" | where 'id == "'"$1"'" && role == "master" && up')" ] || return 1
	done
}

# even gives each master as many replicas as the others have. Members whose master
# has no slots, and masters without slots, are free to be anybody's replica.
even() {
	even_left=50
	while [ "$even_left" -gt 0 ]; do
		even_left=$((even_left - 1))
		# shellcheck disable=SC2016 # the text is for awk
		even_move=$(table "$seed" | where '
			role == "master" && listed && up && slots > 0 { serves[id] = 1; order[++n] = id; have[id] += 0; next }
			listed && up { address[++m] = ip; whose[m] = role == "replica" ? of : ""; names[m] = name }
			END {
				for (i = 1; i <= m; i++) if (whose[i] in serves) have[whose[i]]++
				for (i = 1; i <= n; i++) { if (low == "" || have[order[i]] < have[low]) low = order[i]; if (high == "" || have[order[i]] > have[high]) high = order[i] }
				if (low == "") exit
				for (i = m; i > 0; i--) if (!(whose[i] in serves)) { print address[i], low, names[i]; exit }
				if (have[high] - have[low] < 2) exit
				for (i = m; i > 0; i--) if (whose[i] == high) { print address[i], low, names[i]; exit }
			}')
		[ -n "$even_move" ] || return 0
		# shellcheck disable=SC2086 # three words
		set -- $even_move
		log "${3%%.*} becomes a replica of the node $2"
		follow "$1" "$2" || return 1
		try 60 "all members to know that" follows "$1" "$2" || return 1
	done
	log "the replicas could not be spread evenly" && return 1
}

# follows IP MASTER-ID: the seed sees it as its replica.
follows() {
	[ -n "$(table "$seed" | where 'ip == "'"$1"'" && of == "'"$2"'"')" ]
}

# covered: each master among the members has all its replicas, with its data.
covered() {
	covered_table=$(table "$seed")
	for covered_id in $(printf '%s\n' "$covered_table" | where 'role == "master" && slots > 0 && listed' | column 1); do
		covered_count=0
		for covered_ip in $(printf '%s\n' "$covered_table" | where 'role == "replica" && listed && up && of == "'"$covered_id"'"' | column 3); do
			! synced "$covered_ip" || covered_count=$((covered_count + 1))
		done
		[ "$covered_count" -ge "$replicas_per_master" ] || return 1
	done
}

# by_number sorts the lines of a table by the ordinal in the name, highest first.
by_number() {
	awk '{ n = $2; sub(/\..*/, "", n); sub(/.*-/, "", n); print n, $0 }' | sort -rn | cut -d ' ' -f 2-
}

masters_listed() {
	table "$seed" | where 'role == "master" && listed && !failed' | by_number
}

# shape gives the members that shall be as many masters as fit their number, and
# these all slots and the replicas. Members that are to leave have no slots afterwards.
shape() {
	shape_wanted=$(masters_wanted)
	while [ "$(masters_listed | wc -l)" -lt "$shape_wanted" ]; do
		promote || return 1
	done
	shape_masters=$(masters_listed)
	# Those with slots first, of these the first members.
	shape_keep=$({
		printf '%s\n' "$shape_masters" | where 'slots == 0'
		printf '%s\n' "$shape_masters" | where 'slots > 0'
	} | tail -n "$shape_wanted")
	shape_drain=$({
		printf '%s\n%s\n' "$shape_masters" "$shape_keep" | sort | uniq -u
		table "$seed" | where 'role == "master" && !listed && !failed'
	})
	# Slots that are spread unevenly may be so on purpose: only these call for a move.
	if [ -n "${interrupted:-}" ] || [ "$(total 9 "$shape_drain")" -gt 0 ] || [ -n "$(printf '%s\n' "$shape_keep" | where 'slots == 0')" ]; then
		log "moving slots"
		# shellcheck disable=SC2046 # a list of ids
		rebalance $(printf '%s\n' "$shape_drain" | column 1) || return 1
		try 120 "all members to agree about the slots" agreed || return 1
	fi
	[ -z "$(table "$seed" | where '!listed && slots > 0')" ] || { log "members that leave still own slots" && return 1; }
	even || return 1
	try 900 "each master to have its replicas in step" covered
}
