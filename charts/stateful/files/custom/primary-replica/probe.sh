#!/bin/sh
# probe.sh readiness: asks the user's scripts. ready.sh, where there is one, says
# whether clients can be served; role.sh prints primary or replica, and the write
# and the read Service follow what it says.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

scripts=$STATEWARD_HOME/scripts
[ -f "$scripts/role.sh" ] ||
	die "$1: server.scripts has no role.sh, which prints primary or replica; write it, or a readiness probe of your own"
[ ! -f "$scripts/ready.sh" ] || sh "$scripts/ready.sh" || die "$1: ready.sh says no"
role=$(sh "$scripts/role.sh") || die "$1: role.sh failed"
case $role in
primary | replica) set_role "$role" ;;
*) die "$1: role.sh printed \"$role\"; it prints primary or replica, or fails" ;;
esac
