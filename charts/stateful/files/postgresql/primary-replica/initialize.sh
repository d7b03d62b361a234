#!/bin/sh
# initialize.sh DSN
# Patroni runs this once, in the new database cluster's first primary, before it is
# a leader and before any client is sent to it. Where this fails, Patroni takes the
# cluster back.
set -eu
umask 077
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../database.sh
. "$STATEWARD_HOME/scripts/database.sh"

socket=/run/postgresql
fill
