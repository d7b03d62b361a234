#!/bin/sh
# preStop: a primary hands over to a secondary that has all its writes, so that
# clients wait for an election and not for a failure to be seen. Membership stays
# as it is: the pod will be back.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"

shell "$(uri "127.0.0.1:$STATEWARD_PORT")" superuser '
	if (run({ hello: 1 }).isWritablePrimary) {
		run({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 20 });
		print("handed over");
	}
' >&2 || log "no handover (no secondary that can take over, or no answer): the server stops as it is"
