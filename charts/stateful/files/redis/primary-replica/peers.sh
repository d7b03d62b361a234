# shellcheck shell=sh disable=SC2034
# What members and Sentinels know of one another. Sourced after lib.sh and programs.sh.

# The name by which Sentinels, and clients that ask them, know this release's primary.
primary_name=mymaster
server_port=${STATEWARD_PORT_SERVER:?} sentinel_port=${STATEWARD_PORT_SENTINELS:?}

# address FQDN prints the name by which everybody knows a member: that of its own
# Service. A pod's name leaves the DNS with its pod, and a Sentinel that cannot resolve
# the name of a primary takes no part in judging it.
address() {
	address_rest=${1#*.}
	printf '%s.%s\n' "${1%%.*}" "${address_rest#*.}"
}

own_address() {
	address "$(fqdn)"
}

# majority POOL prints how many members of a pool are more than half of it.
majority() {
	echo $(($(members "$1" | wc -l) / 2 + 1))
}

# ask_sentinels sets `named`, the address that a majority of the Sentinels names as the
# primary, and `blank`, how many of them answer that they know of none.
ask_sentinels() {
	log_in sentinel
	votes='' blank=0
	for sentinel in $(members sentinels); do
		answer=$(call "$(address "$sentinel")" "$sentinel_port" sentinel get-master-addr-by-name "$primary_name") || continue
		case $(printf %s "$answer" | tr '\n' ' ') in
		'') blank=$((blank + 1)) ;;
		*' '*' '*) ;; # an error reply
		*' '*) votes="$votes ${answer%%[!a-zA-Z0-9.:-]*}" ;;
		esac
	done
	need=$(majority sentinels)
	# shellcheck disable=SC2086 # words
	named=$(printf '%s\n' $votes | sort | uniq -c | while read -r count name; do
		[ "$count" -lt "$need" ] || echo "$name"
	done)
}

# ask_members sets, from what the other members answer, `leaders`, those that are a
# primary, `holders`, those that hold data, and `silent`, those that do not answer.
ask_members() {
	log_in probe
	leaders='' holders='' silent=''
	self=${STATEWARD_MEMBER:-}
	for member in $(members server); do
		[ "${member%%.*}" != "$self" ] || continue
		member=$(address "$member")
		answer=$(call "$member" "$server_port" info server persistence replication keyspace | tr -d '\r')
		case $answer in
		*role:master*) leaders="$leaders $member" ;;
		*role:slave*) ;;
		*)
			silent="$silent $member"
			continue
			;;
		esac
		# start.sh shows by its configuration's name whether a member that waits has data.
		case $answer in
		*config_file:*/waiting-empty.conf*) ;;
		*config_file:*/waiting-data.conf* | *db[0-9]*:keys=* | *loading:1*) holders="$holders $member" ;;
		esac
	done
	leaders=${leaders# } holders=${holders# } silent=${silent# }
}

# monitor SENTINEL ADDRESS makes a Sentinel watch over this primary. The password goes
# by the client's input, not on a command line.
monitor() {
	log_in sentinel
	{
		echo "sentinel monitor $primary_name $2 $server_port $(majority sentinels)"
		if [ -n "${STATEWARD_AUTH:-}" ]; then
			echo "sentinel set $primary_name auth-user sentinel"
			printf 'sentinel set %s auth-pass %s\n' "$primary_name" "$(quoted "$(credential sentinel-password)")"
		fi
	} | call "$1" "$sentinel_port"
}

# sentinel_reply WHAT prints what a Sentinel says of the primary's replicas or of the
# other sentinels: that at $sentinel_host, or the first that answers.
sentinel_reply() {
	log_in sentinel
	for sentinel_at in ${sentinel_host:-$(members sentinels)}; do
		[ -n "${sentinel_host:-}" ] || sentinel_at=$(address "$sentinel_at")
		call "$sentinel_at" "$sentinel_port" sentinel "$1" "$primary_name" && return
	done
}

# known_members WHAT prints the addresses in such a reply: the line after "ip".
known_members() {
	sentinel_reply "$1" | sed -n '/^ip$/{n;p;}'
}

# stays ADDRESS POOL is true when the pool has a member with this address.
stays() {
	for stays_member in $(members "$2"); do
		[ "$(address "$stays_member")" != "$1" ] || return 0
	done
	return 1
}
