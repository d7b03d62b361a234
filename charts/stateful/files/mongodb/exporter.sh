#!/bin/sh
# Starts the exporter, as a user that can only look.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

MONGODB_PASSWORD=$(credential metrics-password)
export MONGODB_PASSWORD
PATH=$PATH:/ # where the exporter's image has it
command -v mongodb_exporter >/dev/null || die "the exporter's image has no program mongodb_exporter"
exec mongodb_exporter "$@"
