#!/bin/sh
# helm test: makes a topic, writes to it through the client Service with the
# release's own credentials, and reads it back.
set -eu
umask 077
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

client=$STATEWARD_RUN_DIR/client.properties
client_properties SCRAM-SHA-512 "${STATEWARD_USERNAME:-}" password >"$client"
server=$STATEWARD_HOST:$STATEWARD_PORT
want=$(date +%s)-$$
topic=stateward-test-$want

tool kafka-topics.sh --command-config "$client" --bootstrap-server "$server" --create --topic "$topic" --partitions 1 >/dev/null ||
	die "cannot make a topic through $server"
trap 'tool kafka-topics.sh --command-config "$client" --bootstrap-server "$server" --delete --topic "$topic" >/dev/null' EXIT
# A producer that fails says so, and ends with 0.
printf '%s\n' "$want" |
	tool kafka-console-producer.sh --command-config "$client" --bootstrap-server "$server" --topic "$topic" --request-required-acks all >&2
got=$(tool kafka-console-consumer.sh --command-config "$client" --bootstrap-server "$server" --topic "$topic" \
	--from-beginning --max-messages 1 --timeout-ms 60000) || die "cannot read \"$topic\" through $server"
[ "$got" = "$want" ] || die "wrote \"$want\" and read \"$got\""
log "wrote and read back through $server"
