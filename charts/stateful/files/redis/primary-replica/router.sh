#!/bin/sh
# Starts HAProxy. Its configuration reads the environment, so that a user can replace
# haproxy.cfg without losing what only a script can find out.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

# hex prints a command as the protocol writes it, in hexadecimal: whatever is in a password.
hex() {
	{
		printf '*%d\r\n' $#
		for word; do printf '$%d\r\n%s\r\n' "$(printf %s "$word" | wc -c)" "$word"; done
	} | od -An -v -tx1 | tr -d ' \n'
}

ROUTER_MEMBERS=$STATEWARD_HEADLESS:$STATEWARD_PORT_SERVER
ROUTER_CHECK=check
[ -z "${STATEWARD_TLS:-}" ] || ROUTER_CHECK="check check-ssl verify required ca-file $STATEWARD_HOME/tls/ca.crt"
if [ -n "${STATEWARD_AUTH:-}" ]; then
	password=$(credential probe-password)
	ROUTER_HELLO=$(hex AUTH probe "$password")
else
	ROUTER_HELLO=$(hex PING)
fi
export ROUTER_MEMBERS ROUTER_CHECK ROUTER_HELLO
exec haproxy -W -db -f "$STATEWARD_HOME/config/haproxy.cfg" "$@"
