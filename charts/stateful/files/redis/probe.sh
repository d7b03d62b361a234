#!/bin/sh
# probe.sh startup|liveness|readiness
# The answer is compared, not the exit code: redis-cli exits 0 on an error reply.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

if [ -n "${STATEWARD_AUTH:-}" ]; then
	REDISCLI_AUTH=$(credential password)
	export REDISCLI_AUTH
fi
answer=$(timeout 4 redis-cli -h 127.0.0.1 -p "$STATEWARD_PORT" ping 2>&1 || true)
case $1:$answer in
*:PONG) ;;
# It answers, so it lives: a restart would begin the loading anew, and cures no password.
liveness:*LOADING* | liveness:*MASTERDOWN* | liveness:*BUSY* | liveness:*NOAUTH* | liveness:*WRONGPASS*) ;;
*) die "$1: ping was answered with \"$answer\"" ;;
esac
