#!/bin/sh
# probe.sh readiness: ready is a primary, a secondary, and a server in no set: it
# waits for the Job that takes it in, and Helm would never run that Job before
# every member is ready. The role none keeps the
# write and the read Service away from it.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"

me=127.0.0.1:$STATEWARD_PORT
# A renewed certificate is taken over without a restart.
if [ -n "${STATEWARD_TLS:-}" ] && [ -n "$(sh "$STATEWARD_HOME/scripts/certificate.sh")" ]; then
	shell "$(uri "$me")" superuser 'run({ rotateCertificates: 1, message: "renewed" }); print("took the new certificate");' >&2 ||
		rm -f "$STATEWARD_RUN_DIR/server.pem" # so that the next probe sees the change again
fi
answer=$(describe "$me")
case $answer in
*' primary '*) set_role primary ;;
*' secondary '*) set_role replica ;;
*' none '*) set_role none ;;
'') die "$1: no answer to hello" ;;
*) die "$1: the server is neither primary nor secondary (it says: $answer)" ;;
esac
