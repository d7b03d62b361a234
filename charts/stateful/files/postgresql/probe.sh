#!/bin/sh
# probe.sh startup|liveness|readiness
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

find_programs
status=0
pg_isready --quiet --host=127.0.0.1 --port="$STATEWARD_PORT" --timeout=3 || status=$?
case $1:$status in
*:0) ;;
# 1: the server answers but takes no connections, as in a recovery or a shutdown. Killing it helps nobody.
liveness:1) ;;
*) die "$1: pg_isready says $status (1 rejecting connections, 2 no answer, 3 wrong call)" ;;
esac
