#!/bin/sh
# probe.sh startup|liveness|readiness
# A replica is ready when it follows its primary: one that has lost it still answers PONG.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

log_in probe
ping_server "$1"
[ "$1" = readiness ] || exit 0

info=$(call 127.0.0.1 "$STATEWARD_PORT" info replication | tr -d '\r')
case $info in
*role:master*) exit 0 ;;
*master_link_status:up*) ;;
*) die "readiness: this replica has no connection to its primary ($(printf '%s\n' "$info" | grep '^master_host' || echo 'no answer'))" ;;
esac
# It has the primary's data: now it may be elected, if the user has not forbidden it.
if [ -e "$STATEWARD_RUN_DIR/unsynced" ]; then
	priority=$(sed -n 's/^replica-priority //p' "$STATEWARD_HOME/config/redis.conf")
	log_in admin
	answer=$(call 127.0.0.1 "$STATEWARD_PORT" config set replica-priority "${priority:-100}" || true)
	[ "$answer" = OK ] || die "readiness: cannot set the replica's priority: \"$answer\""
	rm -f "$STATEWARD_RUN_DIR/unsynced"
fi
