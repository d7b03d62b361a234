#!/bin/sh
# Makes the role that the server's probe writes down the label of this pod, which
# the write and the read Service select. Needs curl and the pod's own token.
set -eu
: "${STATEWARD_MEMBER:?}" "${STATEWARD_NAMESPACE:?}"
# shellcheck source=lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

account=${STATEWARD_ACCOUNT_DIR:-/var/run/secrets/kubernetes.io/serviceaccount}
url=https://${KUBERNETES_SERVICE_HOST:?}:${KUBERNETES_SERVICE_PORT:?}/api/v1/namespaces/$STATEWARD_NAMESPACE/pods/$STATEWARD_MEMBER

# The token comes through a file: as an argument every process could see it. It is
# renewed on disk every hour.
label() {
	printf 'header = "Authorization: Bearer %s"\n' "$(cat "$account/token")" |
		curl --silent --show-error --fail --max-time 5 --output /dev/null --config - --cacert "$account/ca.crt" \
			--request PATCH --header 'Content-Type: application/merge-patch+json' \
			--data "{\"metadata\":{\"labels\":{\"stateward.dev/role\":\"$1\"}}}" "$url"
}

trap 'exit 0' TERM
last=
while :; do
	role=
	[ ! -f "$STATEWARD_RUN_DIR/role" ] || role=$(cat "$STATEWARD_RUN_DIR/role")
	if [ -n "$role" ] && [ "$role" != "$last" ]; then
		if label "$role"; then
			log "$STATEWARD_MEMBER is ${last:+now }$role"
			last=$role
		else
			log "cannot label $STATEWARD_MEMBER as $role; trying again"
		fi
	fi
	# In the background and waited for, so that TERM ends it at once.
	sleep 1 &
	wait $!
done
