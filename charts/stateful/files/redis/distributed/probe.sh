#!/bin/sh
# probe.sh startup|liveness|readiness
# Startup and liveness look at this process only: the state of the cluster is no
# reason to restart a member.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=cluster.sh
. "$STATEWARD_HOME/scripts/cluster.sh"

log_in probe
ping_server "$1"
[ "$1" = readiness ] || exit 0

not_ready() {
	waiting=$(cat "$STATEWARD_RUN_DIR/waiting" 2>/dev/null || true)
	die "readiness: $1${waiting:+; $waiting}"
}

# field NAME prints one of the fields of CLUSTER INFO, 0 when it is not there.
field() {
	value=$(printf '%s\n' "$info" | tr -d '\r' | sed -n "s/^$1://p")
	printf '%s\n' "${value:-0}"
}
info=$(node 127.0.0.1 cluster info)
[ "$(field cluster_known_nodes)" -gt 1 ] || not_ready "this member is part of no cluster yet"
# While join.sh is at work, a master without slots is one that shall be a replica.
if [ -e "$STATEWARD_RUN_DIR/waiting" ]; then
	[ -z "$(self "$(table 127.0.0.1)" | where 'role == "master" && slots == 0')" ] ||
		not_ready "this member has no part in the cluster yet"
fi
# A cluster that serves no request because slots are lost is as good here as
# anywhere: were all members unready for that, a rolling update that brings the cure
# would stop at the first. A member that cannot hear the others is not ready.
if [ "$(field cluster_state)" != ok ]; then
	[ "$(field cluster_slots_pfail)" = 0 ] || not_ready "the cluster is not ok, and this member does not hear all masters"
	[ "$(field cluster_slots_ok)" != "$slots_in_all" ] || not_ready "the cluster is not ok: this member is about to join"
fi
# The next member of a rolling update may be this one's master.
case $(node 127.0.0.1 info replication) in
*role:slave*master_link_status:up* | *role:master*) ;;
*) not_ready "this replica does not have its master's data yet" ;;
esac
