#!/bin/sh
# Starts etcd. What it starts is decided by the volume and by what the other
# members say, never by the ordinal alone:
#
#   data on the volume    a restart, whoever can be reached. Only when a cluster with
#                         a quorum says that this member is not in it, the data is
#                         moved aside: etcd would refuse it for ever.
#   none, a cluster runs  this member joins it: an entry of its own from a volume that
#                         is lost goes first, then it is added as a learner, one member
#                         at a time, and becomes a voter when it has the data.
#   none, no cluster      member 0 founds one, alone, and the others join it, but only
#                         when every other member says that it has no data either.
#                         Nobody answering is no proof: the others may be down, with
#                         the only copies. Had each member the right to found, two
#                         that lost their volumes could outvote the third; a single
#                         founder needs no agreement, and can draw a token that no
#                         other cluster ever had.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

: "${STATEWARD_DATA_DIR:?}" "${STATEWARD_MEMBER:?}" "${STATEWARD_POD_IP:?}"
data=$STATEWARD_DATA_DIR
url=$scheme://$(fqdn):$peer_port
note=$data.member # this member's peer URL and ID
new=$data.new     # is there until the member has been seen in the cluster
state=
id=
# A shell that is process 1 has to be told to end.
trap 'exit 0' TERM INT

has_data() {
	! is_empty "$data/member/wal"
}

write_note() {
	printf '%s %s\n' "$url" "$1" >"$note.tmp"
	mv "$note.tmp" "$note"
	sync
}

read_note() {
	[ -s "$note" ] || return 0
	read -r was id <"$note" || true
	! has_data || [ "$was" = "$url" ] ||
		die "the cluster knows this member as $was, and would be asked to reach it at $url: its address and tls.enabled are chosen at the first install; go back, or move the data by a backup"
}

# removed is true when a cluster with a quorum has no place for this data.
removed() {
	# shellcheck disable=SC2046 # one word per host
	find_cluster $(others) || return 1
	mine=$(entry "$url")
	[ -n "$mine" ] || return 0
	[ -n "$id" ] && [ "$(field 1 "$mine")" != "$id" ]
}

set_aside() {
	if [ -e "$STATEWARD_RUN_DIR/served" ]; then
		# Removed while it ran: the pod is about to go, and joining would undo that.
		log "this member was removed from the cluster: waiting 120 seconds for its pod to be taken away"
		aside_left=120
		while [ "$aside_left" -gt 0 ]; do
			sleep 2
			aside_left=$((aside_left - 2))
		done
		# shellcheck disable=SC2046
		members "$STATEWARD_POOL" | grep -qxF "$(fqdn)" || die "this member is not among those of the release any more"
	fi
	log "the data in $data is of a member that was removed from the cluster: moving it to $data.removed, which a person may delete, and joining anew"
	rm -rf "$data.removed"
	mv "$data" "$data.removed"
	rm -f "$note" "$new"
	id=
	sync
}

# While this member has no data, it says so where the others' etcd would listen.
say_empty() {
	mkdir -p "$STATEWARD_RUN_DIR/empty"
	printf '%s/%s\n' "$STATEWARD_NAMESPACE" "$STATEWARD_RELEASE" >"$STATEWARD_RUN_DIR/empty/stateward-empty"
	httpd -f -p "$peer_port" -h "$STATEWARD_RUN_DIR/empty" &
	httpd=$!
}

# everybody_empty is true when all other members say that they have no data.
everybody_empty() {
	for host in $(others); do
		answer=$(wget -q -T 3 -O - "http://$host:$peer_port/stateward-empty" 2>/dev/null) || answer=
		why="$host does not say whether it has data"
		[ "$answer" = "$STATEWARD_NAMESPACE/$STATEWARD_RELEASE" ] || return 1
	done
}

found() {
	log "no member of this release has data: founding a cluster"
	state=new
	initial=$STATEWARD_MEMBER=$url
	token=$STATEWARD_RELEASE-$(head -c 32 /dev/urandom | sha256sum | cut -c 1-16)
	touch "$new"
	write_note ""
}

# join takes a place in the cluster that find_cluster found.
join() {
	mine=$(entry "$url")
	if [ -n "$mine" ] && [ "$(field 2 "$mine") $(field 1 "$mine")" != "unstarted $id" ]; then
		log "the cluster knows this member by data that is lost: removing its entry $(field 1 "$mine")"
		ctl "$via" member remove "$(field 1 "$mine")" >/dev/null || return 1
		mine=
	fi
	if [ -z "$mine" ]; then
		ctl "$via" member add "$STATEWARD_MEMBER" --learner --peer-urls="$url" >/dev/null || return 1
		list=$(ctl "$via" member list) || return 1
		mine=$(entry "$url")
		[ -n "$mine" ] || return 1
	fi
	id=$(field 1 "$mine")
	state=existing
	token=
	# A member that has not started has no name yet.
	initial=$(printf '%s\n' "$list" | awk -F ', ' -v url="$url" -v name="$STATEWARD_MEMBER" \
		'{ if ($3 == "") $3 = $1; if ($4 == url) $3 = name; printf "%s%s=%s", comma, $3, $4; comma = "," }')
	touch "$new"
	write_note "$id"
	log "joining as a learner with the ID $id"
}

enter() {
	log "$data is empty: looking for a cluster to join"
	say_empty
	enter_end=$(($(date +%s) + 900))
	enter_said=
	while [ -z "$state" ]; do
		why=
		# shellcheck disable=SC2046
		if find_cluster $(others); then
			join || why="the cluster does not let this member in: $(reason)"
		elif [ "$(ordinal)" != 0 ]; then
			why="no cluster answers ($(reason))"
		elif everybody_empty; then
			found
		fi
		[ -z "$state" ] || break
		[ "$(date +%s)" -lt "$enter_end" ] || die "gave up after 15 minutes: $why"
		[ "$why" = "$enter_said" ] || log "waiting: $why"
		enter_said=$why
		sleep 2
	done
	kill "$httpd" 2>/dev/null || true
	wait "$httpd" 2>/dev/null || true # or its port would not be free
}

# settle runs beside the server: it makes a learner a voter once it has the data,
# and notes the member's ID.
settle() {
	errors=$STATEWARD_RUN_DIR/settle.log
	settle_left=3600
	while [ "$settle_left" -gt 0 ]; do
		sleep 2
		settle_left=$((settle_left - 2))
		# shellcheck disable=SC2046
		find_cluster $(others) "$(fqdn)" || continue
		mine=$(entry "$url")
		case $mine in
		*", started, "*", true")
			if ctl "$via" member promote "$(field 1 "$mine")" >/dev/null; then
				log "this member has the data now, and votes"
			elif [ $((settle_left % 60)) -eq 0 ]; then
				log "waiting for the learner to have the data: $(reason)"
			fi
			;;
		*", started, "*", false")
			write_note "$(field 1 "$mine")"
			rm -f "$new"
			return
			;;
		esac
	done
	log "gave up waiting for this member to become a voter; a restart of the pod tries again"
}

mkdir -p "${data%/*}"
read_note
if has_data; then
	! removed || set_aside
elif [ -e "$new" ]; then
	rm -rf "$data" # cut off before etcd had written its log: nothing was promised yet
elif ! is_empty "$data"; then
	die "$data is not empty and holds no write-ahead log (member/wal): nothing was changed; look at the volume"
fi
has_data || enter
mkdir -p "$data"
chmod 700 "$data"

any=0.0.0.0
case $STATEWARD_POD_IP in *:*) any='[::]' ;; esac
[ -z "$state" ] || set -- --initial-cluster-state="$state" --initial-cluster="$initial" ${token:+--initial-cluster-token="$token"} "$@"
if [ -n "${STATEWARD_TLS:-}" ]; then
	tls=$STATEWARD_HOME/tls
	# A CA for clients makes etcd ask them for certificates.
	! grep -qxF client-cert-auth=true "$STATEWARD_HOME/config/etcd.conf" || set -- --trusted-ca-file="$tls/ca.crt" "$@"
	set -- --cert-file="$tls/tls.crt" --key-file="$tls/tls.key" --peer-cert-file="$tls/tls.crt" \
		--peer-key-file="$tls/tls.key" --peer-trusted-ca-file="$tls/ca.crt" --peer-client-cert-auth "$@"
fi
set -- --name="$STATEWARD_MEMBER" --data-dir="$data" \
	--listen-peer-urls="$scheme://$any:$peer_port" --initial-advertise-peer-urls="$url" \
	--listen-client-urls="$scheme://$any:$STATEWARD_PORT" --advertise-client-urls="$scheme://$(fqdn):$STATEWARD_PORT" \
	--listen-metrics-urls="http://$any:$metrics_port" "$@"
# A configuration file would switch off all flags and the environment: its lines are made flags.
while IFS= read -r line; do
	[ -z "$line" ] || set -- "--$line" "$@"
done <"$STATEWARD_HOME/config/etcd.conf"
# Go's collector works harder before the kernel has to kill.
if [ -n "${STATEWARD_MEMORY_BYTES:-}" ] && [ -z "${GOMEMLIMIT:-}" ]; then
	export GOMEMLIMIT=$((STATEWARD_MEMORY_BYTES * 8 / 10))
fi
touch "$STATEWARD_RUN_DIR/served"
settle &
exec etcd "$@"
