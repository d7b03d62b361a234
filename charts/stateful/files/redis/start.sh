#!/bin/sh
# Starts Redis with the password of the release's Secret.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

conf=$STATEWARD_RUN_DIR/redis.conf
mkdir -p "$STATEWARD_DATA_DIR"
printf 'include %s\n' "$STATEWARD_HOME/config/redis.conf" >"$conf"
if [ -n "${STATEWARD_AUTH:-}" ]; then
	# By its hash, so that the password is in no file but the Secret's. The value of a
	# variable ends without the line break a Secret written by hand may end with.
	password=$(credential password)
	[ -n "$password" ] || die "the key \"password\" of the release's Secret is empty: that would let everybody in"
	hash=$(printf %s "$password" | sha256sum | cut -d ' ' -f 1)
	printf 'user default on #%s ~* &* +@all\n' "$hash" >"$STATEWARD_RUN_DIR/users.acl"
	printf 'aclfile %s\n' "$STATEWARD_RUN_DIR/users.acl" >>"$conf"
fi
exec redis-server "$conf" "$@"
