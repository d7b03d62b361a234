#!/bin/sh
# restore.sh DIR loads the files that backup.sh wrote into an empty cluster, of any
# number of masters: a server of its own reads each file, and redis-cli hands its keys
# over to the masters that have their slots now.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

umask 077
log_in "$(administrator)"
member_names=$(everyone | tr '\n' ' ')
is_empty "$1" && die "there is nothing in $1"
find_seed || die "no member answers and knows a cluster with all slots"
for ip in $(table "$seed" | where 'slots > 0' | column 3); do
	size=$(node "$ip" dbsize)
	[ "$size" = 0 ] || die "the cluster is not empty: the master $ip has $size keys"
done

work=$STATEWARD_RUN_DIR/restore
mkdir -p "$work"
socket=$work/server.sock
ask_reader() {
	env -u REDISCLI_AUTH -u VALKEYCLI_AUTH "$cli" -s "$socket" "$@" 2>&1
}
loaded() {
	kill -0 "$reader" 2>/dev/null || {
		tail -n 5 "$work/server.log" >&2
		die "the server cannot read the file"
	}
	[ "$(ask_reader ping)" = PONG ]
}
total=0
for file in "$1"/*.rdb; do
	[ -s "$file" ] || die "there are no copies in $1"
	{
		# Without TLS to here: the client speaks none to the server it copies from.
		printf '%s\n' 'bind 127.0.0.1' 'port 6390' "unixsocket $socket" "dir $1" "dbfilename ${file##*/}" 'appendonly no' 'save ""'
		[ -z "${STATEWARD_TLS:-}" ] || printf '%s\n' 'tls-cluster yes' "tls-ca-cert-file $STATEWARD_HOME/tls/ca.crt" \
			"tls-cert-file $STATEWARD_HOME/tls/tls.crt" "tls-key-file $STATEWARD_HOME/tls/tls.key"
	} >"$work/server.conf"
	"$server" "$work/server.conf" >"$work/server.log" 2>&1 &
	reader=$!
	trap 'kill "$reader" 2>/dev/null || true' EXIT
	await "${STATEWARD_RESTORE_SECONDS:-21600}" "${file##*/} to be read" loaded
	count=$(ask_reader dbsize)
	log "${file##*/}: $count keys"
	manage "${STATEWARD_RESTORE_SECONDS:-21600}" import "$seed:$member_port" --cluster-from 127.0.0.1:6390 --cluster-copy >"$work/import.log" || true
	total=$((total + count))
	have=0
	for ip in $(table "$seed" | where 'slots > 0' | column 3); do
		have=$((have + $(node "$ip" dbsize)))
	done
	[ "$have" -ge "$total" ] || {
		grep -v '^Migrating' "$work/import.log" | tail -n 5 >&2
		die "$total keys were to be there by now, and $have are"
	}
	kill "$reader"
	wait "$reader" || true
done
log "$total keys are in the cluster"
