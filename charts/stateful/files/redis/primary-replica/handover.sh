# shellcheck shell=sh disable=SC2154
# Handing over from a primary that still runs. Sourced after peers.sh.

# hand_over HOST ADDRESS SECONDS lets the Sentinels make another member the primary in
# place of ADDRESS, which is reached at HOST. It holds writes back until the replicas have
# everything and one of them leads, so that no acknowledged write is lost on the way.
# It fails when nobody else leads after so many seconds. Writes are then still held back,
# for Sentinels that began late may yet elect a member that lacks what came meanwhile: the
# caller stops the server, or lets go of them.
hand_over() {
	old_host=$1 old=$2
	deadline=$(($(date +%s) + $3))
	case $(old_info) in
	*role:master*connected_slaves:0*) log "no replica to hand over to" && return 1 ;;
	*role:master*) ;;
	*) return 0 ;;
	esac
	hold_back
	behind=5
	until caught_up || [ "$behind" -eq 0 ]; do
		behind=$((behind - 1))
		sleep 1
	done
	if ! begin_failover; then
		log "no Sentinel hands over"
		return 1
	fi
	log "waiting for another member to lead"
	until succeeded; do
		if [ "$(date +%s)" -ge "$deadline" ]; then
			log "no other member leads yet"
			return 1
		fi
		hold_back
		sleep 1
	done
	# Not waiting for the Sentinels to say so: clients that still hold a connection to
	# the old primary are told at once that it leads no more.
	ask_old replicaof "$named" "$server_port" >/dev/null
	ask_old client kill type normal skipme yes >/dev/null || true
	let_go
	log "$named leads now"
}

# hold_back makes writes wait, for longer than a look at all Sentinels can take.
hold_back() {
	ask_old client pause 30000 write >/dev/null
}

let_go() {
	ask_old client unpause >/dev/null || true
}

ask_old() {
	log_in admin
	call "$old_host" "$server_port" "$@"
}

old_info() {
	ask_old info replication | tr -d '\r'
}

# caught_up is true when every replica that is online has the primary's last byte.
caught_up() {
	state=$(old_info)
	offset=$(printf '%s\n' "$state" | sed -n 's/^master_repl_offset://p')
	! printf '%s\n' "$state" | grep '^slave[0-9].*state=online' | grep -qv ",offset=$offset,"
}

# begin_failover asks the Sentinels, one after the other, until one begins. One whose
# clock jumped (tilt) would take the order, and begin half a minute later.
begin_failover() {
	log_in sentinel
	for sentinel in $(members sentinels); do
		sentinel_at=$(address "$sentinel")
		case $(call "$sentinel_at" "$sentinel_port" info sentinel) in
		*sentinel_tilt:1*)
			log "$sentinel is in tilt mode"
			continue
			;;
		esac
		answer=$(call "$sentinel_at" "$sentinel_port" sentinel failover "$primary_name" || true)
		case $answer in
		OK | *INPROG*) return 0 ;;
		esac
		log "$sentinel does not begin: $answer"
	done
	return 1
}

# succeeded is true when the Sentinels name another member and it leads.
succeeded() {
	ask_sentinels
	[ -n "$named" ] && [ "$named" != "$old" ] || return 1
	log_in probe
	[ "$(call "$named" "$server_port" role | head -n 1)" = master ]
}
