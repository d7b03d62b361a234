# shellcheck shell=sh
# shellcheck disable=SC2034 # read by the scripts
# What etcd's scripts share. Sourced after lib.sh.

# An image made from nothing may set no PATH; upstream's programs are there.
PATH=$PATH:/usr/local/bin
export PATH

scheme=http
[ -z "${STATEWARD_TLS:-}" ] || scheme=https
peer_port=2380
metrics_port=2381
# The keys that the application's user may read and write.
prefix=/${STATEWARD_DATABASE:-app}/
# What etcdctl said on its last call that failed.
errors=$STATEWARD_RUN_DIR/etcdctl.log

# ctl ENDPOINT ARGUMENT... calls etcdctl as $user, root unless that is set, for as long as
# $limit, five seconds unless that is set. While
# the cluster asks for no password yet, it is not looked at. It goes by the
# environment: an argument every process could see. Not under `timeout`, whose busybox
# variant leaves a dead process with process 1 at each call.
ctl() {
	ctl_endpoint=$1
	shift
	set -- --endpoints="$ctl_endpoint" --dial-timeout=3s --command-timeout="${limit:-5s}" "$@"
	[ -z "${STATEWARD_TLS:-}" ] || set -- --cacert="$STATEWARD_HOME/tls/ca.crt" \
		--cert="$STATEWARD_HOME/tls/tls.crt" --key="$STATEWARD_HOME/tls/tls.key" "$@"
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		ctl_key=password
		[ "${user:-root}" != root ] || ctl_key=root-password
		ctl_password=$(credential "$ctl_key") || return 1
		ETCDCTL_USER=${user:-root} ETCDCTL_PASSWORD=$ctl_password etcdctl "$@" 2>"$errors"
	else
		etcdctl "$@" 2>"$errors"
	fi
}

# reason prints why the last call of etcdctl failed.
reason() {
	sed -n 's/^Error: //p' "$errors" 2>/dev/null | tail -n 1
}

others() {
	members "$STATEWARD_POOL" | grep -vxF "$(fqdn)"
}

# find_cluster HOST... asks members one by one for the cluster's own list of
# members. One that has no quorum gives none. It sets via, who answered, and list,
# with lines of: ID, status, name, peer URL, client URL, is it a learner.
find_cluster() {
	for find_host; do
		via=$scheme://$find_host:$STATEWARD_PORT
		list=$(ctl "$via" member list) || continue
		[ -z "$list" ] || return 0
	done
	return 1
}

# entry URL prints the line of list with this peer URL.
entry() {
	printf '%s\n' "$list" | awk -F ', ' -v url="$1" '$4 == url'
}

# field N LINE prints the Nth field of a line of list.
field() {
	printf '%s\n' "$2" | awk -F ', ' -v n="$1" '{ print $n }'
}
