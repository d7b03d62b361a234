#!/bin/sh
# probe.sh startup|liveness|readiness
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

log_in default
ping_server "$1"
