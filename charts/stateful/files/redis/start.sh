#!/bin/sh
# Starts the server with the users of the release's Secret.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

conf=$STATEWARD_RUN_DIR/redis.conf
mkdir -p "$STATEWARD_DATA_DIR"
printf 'include %s\n' "$STATEWARD_HOME/config/redis.conf" >"$conf"
if [ -n "${STATEWARD_AUTH:-}" ]; then
	users=$STATEWARD_RUN_DIR/users.acl
	acl_user default '~* &* +@all' >"$users"
	# shellcheck disable=SC2119 # no more than the usual rules
	metrics_user >>"$users"
	printf 'aclfile %s\n' "$users" >>"$conf"
fi
exec "$server" "$conf" "$@"
