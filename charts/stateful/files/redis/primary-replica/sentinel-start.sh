#!/bin/sh
# Starts a Sentinel. It writes what it learns into its own configuration, which
# therefore lies on the volume; everything else in it is written anew at each start.
set -eu
umask 077
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"

conf=$STATEWARD_DATA_DIR/sentinel.conf
mkdir -p "$STATEWARD_DATA_DIR"

write_users() {
	# For clients that ask for the primary's address themselves.
	acl_user default '-@all &* +@connection +role +subscribe +psubscribe +unsubscribe +punsubscribe +sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters +sentinel|replicas +sentinel|slaves +sentinel|sentinels +sentinel|myid'
	acl_user sentinel '&* +@all'
	acl_user admin '&* +@all'
	acl_user probe '-@all +ping'
	[ ! -r "$STATEWARD_HOME/credentials/metrics-password" ] ||
		acl_user metrics '-@all +ping +info +client|setname +sentinel|masters +sentinel|replicas +sentinel|slaves +sentinel|sentinels +sentinel|ckquorum'
}

# learned prints what an earlier run has learned.
learned() {
	[ -s "$conf" ] || return 0
	sed -n -e "s/^\(sentinel monitor $primary_name [^ ]* [0-9]*\) .*/\1 $(majority sentinels)/p" \
		-e '/^sentinel \(myid\|current-epoch\|config-epoch\|leader-epoch\|known-replica\|known-slave\|known-sentinel\) /p' "$conf"
}

write_conf() {
	if [ -n "${STATEWARD_TLS:-}" ]; then
		printf '%s\n' "tls-port $sentinel_port" 'port 0' 'tls-replication yes' 'tls-auth-clients no' \
			"tls-cert-file $STATEWARD_HOME/tls/tls.crt" "tls-key-file $STATEWARD_HOME/tls/tls.key" \
			"tls-ca-cert-file $STATEWARD_HOME/tls/ca.crt"
	else
		echo "port $sentinel_port"
	fi
	printf '%s\n' "dir $STATEWARD_DATA_DIR" 'protected-mode no' \
		'sentinel resolve-hostnames yes' 'sentinel announce-hostnames yes' \
		"sentinel announce-ip $(own_address)" "sentinel announce-port $sentinel_port"
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		printf '%s\n' "aclfile $STATEWARD_RUN_DIR/users.acl" 'sentinel sentinel-user sentinel' \
			"sentinel sentinel-pass $(quoted "$(credential sentinel-password)")"
	fi
	state=$(learned)
	printf '%s\n' "$state"
	# The rest is about a primary, and is refused before the Sentinel knows of one.
	case $state in
	*'sentinel monitor '*) ;;
	*) return 0 ;;
	esac
	while read -r setting value; do
		echo "sentinel $setting $primary_name $value"
	done <"$STATEWARD_HOME/config/sentinel.conf"
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		printf '%s\n' "sentinel auth-user $primary_name sentinel" \
			"sentinel auth-pass $primary_name $(quoted "$(credential sentinel-password)")"
	fi
}

[ -z "${STATEWARD_AUTH:-}" ] || write_users >"$STATEWARD_RUN_DIR/users.acl"
write_conf >"$conf.new"
mv "$conf.new" "$conf"
exec "$server" "$conf" --sentinel "$@"
