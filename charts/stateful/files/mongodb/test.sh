#!/bin/sh
# helm test: writes through the client Service with the release's own
# credentials, and reads it back over another connection; where there are
# replicas, from one of them too.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"

WANT=$(date +%s)-$$
export WANT
on() {
	shell "$(uri "$1:$STATEWARD_PORT")&readPreference=secondaryPreferred" application '
		const tests = client.getDB(env.STATEWARD_DATABASE).stateward_test;
		'"$2"
}

# shellcheck disable=SC2016 # JavaScript
got=$(on "$STATEWARD_HOST" 'tests.insertOne({ _id: env.WANT }, { writeConcern: { w: "majority", wtimeoutMS: 30000 } }); print("wrote")')
[ "$got" = wrote ] || die "cannot write through $STATEWARD_HOST:$STATEWARD_PORT: $got"
trap 'on "$STATEWARD_HOST" "tests.deleteOne({ _id: env.WANT })" >/dev/null' EXIT
read_back() {
	got=$(on "$1" 'print((tests.findOne({ _id: env.WANT }) || {})._id)') && [ "$got" = "$WANT" ]
}
await 30 "the value through $STATEWARD_HOST" read_back "$STATEWARD_HOST"
if [ -n "${STATEWARD_READ_HOST:-}" ] && [ "$(addresses | wc -l)" -gt 1 ]; then
	await 60 "the value from a replica, through $STATEWARD_READ_HOST" read_back "$STATEWARD_READ_HOST"
fi
log "wrote and read back through $STATEWARD_HOST:$STATEWARD_PORT"
