#!/bin/sh
# preStop: a primary hands over before it ends. Without a successor it ends all the
# same, with writes held back and the replicas in step: the Sentinels elect one of them
# when it is gone.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"
# shellcheck source=handover.sh
. "$STATEWARD_HOME/scripts/handover.sh"

# The rest of the time is for the last save of the data set.
seconds=${STATEWARD_HANDOVER_SECONDS:-30}
[ "$seconds" -le $((STATEWARD_GRACE_SECONDS / 2)) ] || seconds=$((STATEWARD_GRACE_SECONDS / 2))
hand_over 127.0.0.1 "$(own_address)" "$seconds" || log "going without a successor"
