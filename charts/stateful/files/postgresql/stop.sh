#!/bin/sh
# preStop: a fast shutdown. SIGTERM alone would wait for every client to leave,
# and the kubelet's SIGKILL would then cost a crash recovery.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

find_programs
exec pg_ctl --pgdata="$PGDATA" --mode=fast --wait --timeout="$((STATEWARD_GRACE_SECONDS - 5))" stop
