#!/bin/sh
# Starts a member of a Redis Cluster or Valkey Cluster; join.sh, beside it, makes
# or joins the cluster.
#   a volume without data   -> a new node; join.sh decides
#   data of a member        -> the same node again, at a new address
#   data of a node that the cluster has forgotten -> see below
set -eu
umask 077
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

mkdir -p "$STATEWARD_DATA_DIR"
nodes=$STATEWARD_DATA_DIR/nodes.conf
if [ ! -s "$nodes" ]; then
	# The server would take ownership of slots for which it finds keys.
	for data in "$STATEWARD_DATA_DIR"/*.rdb "$STATEWARD_DATA_DIR"/appendonlydir; do
		[ ! -e "$data" ] || die "$data is there, but $nodes is not: this is the data of a server that was in no cluster. Give this member an empty volume, and load such data through the cluster: redis-cli --cluster import"
	done
else
	log_in admin
	own=$(table_of_nodes <"$nodes" | where self)
	id=$(printf '%s\n' "$own" | column 1)
	[ -n "$id" ] || die "$nodes names no node of its own: it is damaged. Delete this member's claim and its pod: it joins anew as a replica"
	# A node on its own (1 line, no slots) joins like a new one.
	if [ "$(table_of_nodes <"$nodes" | wc -l)" -gt 1 ] && stranger "$id"; then
		# Nothing is lost with a replica, a copy, nor with a master without slots, which has no keys.
		if [ "$(printf '%s\n' "$own" | column 6)" = master ] && [ "$(printf '%s\n' "$own" | column 9)" -gt 0 ]; then
			die "the volume is of a node ($id) that the cluster of $stranger_to has forgotten, or of another cluster, and holds the keys of $(printf '%s\n' "$own" | column 9) slots. If they are of no use, delete this member's claim and its pod: it joins anew as a replica"
		fi
		log "the volume is of a node ($id) that the cluster of $stranger_to has forgotten; it held no slots of its own: it is emptied and joins anew"
		rm -rf "$nodes" "$STATEWARD_DATA_DIR"/*.rdb "$STATEWARD_DATA_DIR/appendonlydir"
	fi
	unset REDISCLI_AUTH VALKEYCLI_AUTH
fi

conf=$STATEWARD_RUN_DIR/redis.conf
cat >"$conf" <<-CONF
	include $STATEWARD_HOME/config/redis.conf
	cluster-announce-ip $STATEWARD_POD_IP
	cluster-announce-hostname $(fqdn)
	cluster-announce-human-nodename $STATEWARD_MEMBER/${STATEWARD_RACK:-}/${STATEWARD_NODE:-}
CONF
if [ -n "${STATEWARD_AUTH:-}" ]; then
	users=$STATEWARD_RUN_DIR/users.acl
	# default is the application's: all data, no administration.
	{
		acl_user default '~* &* +@all -@admin'
		acl_user admin '~* &* +@all'
		acl_user replica '-@all +psync +replconf +ping'
		acl_user probe '-@all +ping +info +cluster|info +cluster|nodes'
		metrics_user '+cluster|nodes'
	} >"$users"
	printf '%s\n' "aclfile $users" 'masteruser replica' "masterauth $(quoted "$(credential replica-password)")" >>"$conf"
fi
# It ends with the container.
sh "$STATEWARD_HOME/scripts/join.sh" "$$" &
exec "$server" "$conf" "$@"
