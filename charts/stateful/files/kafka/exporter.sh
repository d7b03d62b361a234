#!/bin/sh
# Starts the exporter with a file of arguments, so that its password is on no command line.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"

arguments=/tmp/exporter.arguments
{
	# Its own broker only: what that one says of the cluster is what it can be asked for.
	# Its own default is a protocol that Kafka 4 no longer speaks.
	printf '%s\n' "--kafka.server=$STATEWARD_MEMBER.$STATEWARD_HEADLESS:$STATEWARD_PORT" --kafka.version=3.6.0 --web.listen-address=:9308
	if [ -n "${STATEWARD_TLS:-}" ]; then
		printf '%s\n' --tls.enabled "--tls.ca-file=$STATEWARD_HOME/tls/ca.crt"
	fi
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		printf '%s\n' --sasl.enabled --sasl.mechanism=scram-sha512 --sasl.username=metrics
		printf -- '--sasl.password=%s\n' "$(credential metrics-password)"
	fi
} >"$arguments"
exec kafka_exporter "@$arguments"
