# shellcheck shell=sh
# What the scripts of Kafka share. Sourced after lib.sh.

PATH=$PATH:/opt/kafka/bin
# Between the servers only. Clients come in at $STATEWARD_PORT.
controller_port=9093
internal_port=9094
# The user of the servers among themselves, and of the Jobs.
admin="admin"

# combined is true where the brokers are the quorum as well.
combined() {
	[ ! -f "$STATEWARD_HOME/topology/members.controllers" ]
}

# node_id POOL ORDINAL prints the fixed id of a member.
node_id() {
	case $1 in
	controllers) echo $((1000 + $2)) ;;
	*) echo "$2" ;;
	esac
}

# quorum_pool prints the pool whose members keep the metadata.
quorum_pool() {
	if combined; then echo brokers; else echo controllers; fi
}

# addresses POOL PORT prints the members of a pool as HOST:PORT,HOST:PORT.
addresses() {
	members "$1" | sed "s/\$/:$2/" | paste -s -d , -
}

# count_members POOL: the last line of the file has no line break.
count_members() {
	members "$1" | grep -c . || true
}

# cluster_id prints the id that was made for this release, once.
cluster_id() {
	credential cluster-id
}

# protocol prints the security protocol of all listeners.
protocol() {
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		if [ -n "${STATEWARD_TLS:-}" ]; then echo SASL_SSL; else echo SASL_PLAINTEXT; fi
	else
		if [ -n "${STATEWARD_TLS:-}" ]; then echo SSL; else echo PLAINTEXT; fi
	fi
}

# check_password KEY: Kafka's own tools read a password as a part of a larger text,
# and show the rest of one that they cannot read.
check_password() {
	case $(credential "$1") in
	'' | *[!A-Za-z0-9._~:@%^*+/=-]*) die "the key \"$1\" of the release's Secret must be of letters, digits and ._~:@%^*+/=- only" ;;
	esac
}

# login MECHANISM USER KEY prints the JAAS text of a client.
login() {
	case $1 in
	PLAIN) module=plain.PlainLoginModule ;;
	*) module=scram.ScramLoginModule ;;
	esac
	(check_password "$3") || return 1
	printf 'org.apache.kafka.common.security.%s required username="%s" password="%s"' "$module" "$2" "$(credential "$3")"
}

# client_properties MECHANISM USER KEY prints what a client needs to log in. A member
# soon asks again by itself; a Job would begin from its start.
client_properties() {
	limit=60000
	[ -z "${STATEWARD_MEMBER:-}" ] || limit=20000
	printf 'security.protocol=%s\nrequest.timeout.ms=%s\ndefault.api.timeout.ms=%s\n' "$(protocol)" "$((limit / 2))" "$limit"
	if [ -n "${STATEWARD_TLS:-}" ]; then
		printf 'ssl.truststore.type=PEM\nssl.truststore.location=%s/tls/ca.crt\n' "$STATEWARD_HOME"
	fi
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		jaas=$(login "$1" "$2" "$3") || exit 1
		printf 'sasl.mechanism=%s\nsasl.jaas.config=%s;\n' "$1" "$jaas"
	fi
}

# tool NAME ARG... runs one of Kafka's own programs, with a JVM that is small and
# quick to start: in a server's pod it lives within the server's memory limit.
tool() {
	heap=256m
	[ -z "${STATEWARD_MEMBER:-}" ] || heap=64m
	env KAFKA_HEAP_OPTS="-Xmx$heap" KAFKA_JVM_PERFORMANCE_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1" \
		KAFKA_OPTS= JMX_PORT= LOG_DIR="$STATEWARD_RUN_DIR/log" \
		KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$STATEWARD_HOME/config/tools-log4j2.properties" "$@"
}

# quorum ARG... asks the controllers; the answer of "describe --status" names the
# leader and the voters.
quorum() {
	tool kafka-metadata-quorum.sh --command-config "$STATEWARD_RUN_DIR/controller-client.properties" \
		--bootstrap-controller "$(addresses "$(quorum_pool)" "$controller_port")" "$@"
}

# voters STATUS prints a line "ID DIRECTORY" for each voter in such an answer.
voters() {
	printf '%s\n' "$1" | sed -n '/^CurrentVoters:/s/{/\n/gp' |
		sed -n 's/^"id": *\([0-9]*\), *"directoryId": *"\([^"]*\)".*/\1 \2/p'
}

# has_leader STATUS
has_leader() {
	printf '%s\n' "$1" | grep -q '^LeaderId: *[0-9]'
}

# admin PROGRAM ARG... runs a program as the administrator, against the brokers.
admin() {
	program=$1
	shift
	tool "$program" --command-config "$STATEWARD_RUN_DIR/admin.properties" --bootstrap-server "$(addresses brokers "$internal_port")" "$@"
}

# cluster SUBCOMMAND ARG... is admin for kafka-cluster.sh, whose options come last.
cluster() {
	tool kafka-cluster.sh "$@" --command-config "$STATEWARD_RUN_DIR/admin.properties" --bootstrap-server "$(addresses brokers "$internal_port")"
}

# remove_voters COUNT takes the votes of the controllers beyond COUNT, the highest
# first. They follow the quorum until they stop.
remove_voters() {
	first=$(node_id "$(quorum_pool)" 0)
	while :; do
		status=$(quorum describe --status) || die "the controllers do not answer"
		last=$(voters "$status" | sort -rn | awk -v limit="$((first + $1))" '$1 >= limit { print; exit }')
		[ -n "$last" ] || return 0
		log "taking out the vote of controller ${last% *}"
		quorum remove-controller --controller-id "${last% *}" --controller-directory-id "${last#* }" >/dev/null ||
			die "the vote of controller ${last% *} was not taken out; run the upgrade again"
	done
}

# brokers prints a line "ID RACK STATE" for each registered broker, also for those
# that are down ("fenced"); "-" for no rack.
brokers() {
	endpoints=$(cluster list-endpoints --include-fenced-brokers) || return 1
	printf '%s\n' "$endpoints" |
		awk '$1 ~ /^[0-9]+$/ { print $1, (NF < 6 || $4 == "null" ? "-" : $4), $(NF - 1) }'
}

# write_clients writes the files that quorum, admin and cluster read.
write_clients() {
	client_properties PLAIN "$admin" admin-password >"$STATEWARD_RUN_DIR/controller-client.properties"
	client_properties SCRAM-SHA-512 "$admin" admin-password >"$STATEWARD_RUN_DIR/admin.properties"
}

# listens HOST PORT is true when a server takes connections there. bash, because
# Kafka's own programs need it too and no other program of the image connects.
listens() {
	# shellcheck disable=SC2016 # the inner shell expands it
	timeout 3 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null
}
