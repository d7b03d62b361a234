#!/bin/sh
# Starts a broker, a controller, or both in one. An empty volume is formatted
# first: a broker's at once, a controller's when it is known whether there is a
# cluster already.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

id=$(node_id "$STATEWARD_POOL" "$(ordinal)")
cluster=$(cluster_id)
conf=$STATEWARD_RUN_DIR/server.properties
meta=$STATEWARD_DATA_DIR/meta.properties
# Where a controller that has nothing says so, until it has something.
waiting_port=9095

case $STATEWARD_POOL in
controllers) roles=controller ;;
*) if combined; then roles=broker,controller; else roles=broker; fi ;;
esac

# listener_properties prints where this member listens and what it tells others.
listener_properties() {
	protocol=$(protocol)
	listeners='' advertised=''
	case $roles in
	*broker*)
		listeners=CLIENTS://:$STATEWARD_PORT,INTERNAL://:$internal_port
		advertised=CLIENTS://$(fqdn):$STATEWARD_PORT,INTERNAL://$(fqdn):$internal_port
		printf 'inter.broker.listener.name=INTERNAL\n'
		;;
	esac
	case $roles in
	*controller)
		listeners=${listeners:+$listeners,}CONTROLLER://:$controller_port
		advertised=${advertised:+$advertised,}CONTROLLER://$(fqdn):$controller_port
		;;
	esac
	printf 'listeners=%s\nadvertised.listeners=%s\ncontroller.listener.names=CONTROLLER\n' "$listeners" "$advertised"
	printf 'listener.security.protocol.map=CLIENTS:%s,INTERNAL:%s,CONTROLLER:%s\n' "$protocol" "$protocol" "$protocol"
	printf 'controller.quorum.bootstrap.servers=%s\n' "$(addresses "$(quorum_pool)" "$controller_port")"
}

# Controllers log in to each other before there is metadata to look a SCRAM
# credential up in: their listener takes PLAIN.
auth_properties() {
	controller=$(login PLAIN "$admin" admin-password) || exit 1
	internal=$(login SCRAM-SHA-512 "$admin" admin-password) || exit 1
	cat <<-EOF
		authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
		super.users=User:$admin
		sasl.mechanism.controller.protocol=PLAIN
		sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
		listener.name.controller.sasl.enabled.mechanisms=PLAIN
		listener.name.controller.plain.sasl.jaas.config=$controller user_$admin="$(credential admin-password)";
		listener.name.internal.sasl.enabled.mechanisms=SCRAM-SHA-512
		listener.name.internal.scram-sha-512.sasl.jaas.config=$internal;
		listener.name.clients.sasl.enabled.mechanisms=SCRAM-SHA-512
		listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
	EOF
}

# A PEM key store is the key and its certificates in one file.
tls_properties() {
	cat "$STATEWARD_HOME/tls/tls.key" "$STATEWARD_HOME/tls/tls.crt" >"$STATEWARD_RUN_DIR/keystore.pem"
	cat <<-EOF
		ssl.keystore.type=PEM
		ssl.keystore.location=$STATEWARD_RUN_DIR/keystore.pem
		ssl.truststore.type=PEM
		ssl.truststore.location=$STATEWARD_HOME/tls/ca.crt
	EOF
}

# In a properties file the last word counts: what the cluster stands on comes after
# the user's settings.
write_config() {
	cat "$STATEWARD_HOME/config/server.properties"
	printf '\nprocess.roles=%s\nnode.id=%s\nlog.dirs=%s\n' "$roles" "$id" "$STATEWARD_DATA_DIR"
	[ -z "${STATEWARD_RACK:-}" ] || printf 'broker.rack=%s\n' "$STATEWARD_RACK"
	listener_properties
	[ -z "${STATEWARD_TLS:-}" ] || tls_properties
	[ -z "${STATEWARD_AUTH:-}" ] || auth_properties
}

# check_volume refuses a volume that is of another cluster or another member.
check_volume() {
	theirs=$(sed -n 's/^cluster.id=//p' "$meta")
	[ "$theirs" = "$cluster" ] ||
		die "the volume is of cluster \"$theirs\", this release is \"$cluster\": nothing was changed; delete the claim if its data is of no use, or bring back the Secret it was made with"
	theirs=$(sed -n 's/^node.id=//p' "$meta")
	[ "$theirs" = "$id" ] || die "the volume is of node $theirs, this is node $id: nothing was changed; look at the claim"
}

# format OPTION... makes the folder beside its final place and moves it there when
# it is complete: a pod that dies half-way leaves nothing that looks like a volume
# of the cluster. The arguments come from a file, because there is a password.
format() {
	new=$STATEWARD_DATA_DIR.new
	arguments=$STATEWARD_RUN_DIR/format
	rm -rf "$new"
	mkdir -p "${STATEWARD_DATA_DIR%/*}"
	{
		cat "$conf"
		printf 'log.dirs=%s\n' "$new"
	} >"$conf.new"
	printf '%s\n' "$@" --config "$conf.new" --cluster-id "$cluster" >"$arguments"
	# It prints the records it writes, derived keys among them.
	tool kafka-storage.sh format "@$arguments" >"$STATEWARD_RUN_DIR/format.log" 2>&1 ||
		die "formatting failed: $(grep -v '^Bootstrap metadata' "$STATEWARD_RUN_DIR/format.log")"
	rm -f "$arguments" "$conf.new" "$STATEWARD_RUN_DIR/format.log"
	[ ! -d "$STATEWARD_DATA_DIR" ] || rmdir "$STATEWARD_DATA_DIR" # or mv would move into it
	mv "$new" "$STATEWARD_DATA_DIR"
	sync
}

# first_controller formats the first member of a new quorum, which the others join.
first_controller() {
	log "every controller is empty: this one begins a new cluster"
	set -- --standalone
	if [ -n "${STATEWARD_AUTH:-}" ]; then
		set -- "$@" --add-scram "SCRAM-SHA-512=[name=$admin,password=$(credential admin-password)]"
	fi
	format "$@"
}

# peers prints the other members of the quorum.
peers() {
	members "$STATEWARD_POOL" | grep -vxF "$(fqdn)" || true
}

# cluster_is_there is true when the controllers have a leader.
cluster_is_there() {
	for peer in $(peers); do
		listens "$peer" "$controller_port" || continue
		status=$(quorum describe --status 2>&1) || return 1
		has_leader "$status"
		return
	done
	return 1
}

# all_peers_are_empty is true when every other controller says that it has nothing.
all_peers_are_empty() {
	for peer in $(peers); do
		# shellcheck disable=SC2016 # the inner shell expands it
		answer=$(timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1" && printf "GET /empty HTTP/1.0\r\n\r\n" >&3 && cat <&3' "$peer" "$waiting_port" 2>/dev/null) || return 1
		case $answer in
		*"empty $cluster"*) ;;
		*) return 1 ;;
		esac
	done
}

# A controller with an empty volume joins the cluster when there is one. When there
# is none, only the first member may begin one, and only when every other says that
# it is empty too: silence could be a cluster that is out of reach or without its
# majority, and a second one beside it would cost the first one's topics.
first_or_join() {
	room=$STATEWARD_RUN_DIR/waiting
	mkdir -p "$room"
	printf 'empty %s\n' "$cluster" >"$room/empty"
	java -Xmx16m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -m jdk.httpserver \
		--bind-address "$STATEWARD_POD_IP" --port "$waiting_port" --directory "$room" --output none >/dev/null &
	server=$!
	trap 'kill "$server" 2>/dev/null || true' EXIT
	log "this controller's volume is empty: waiting for the cluster's leader, or for all controllers to be empty"
	left=${STATEWARD_TRIES:-900}
	while :; do
		if cluster_is_there; then
			log "there is a cluster: joining it"
			format --no-initial-controllers
			break
		elif [ "$(ordinal)" = 0 ] && all_peers_are_empty; then
			first_controller
			break
		fi
		left=$((left - 1))
		[ "$left" -gt 0 ] ||
			die "gave up: no controller leads, and not every one is empty; a majority of the controllers' volumes must be there"
		sleep 2
	done
	kill "$server" 2>/dev/null || true
	wait "$server" || true
	trap - EXIT
}

# heap prints the JVM's share of the memory limit; the rest is for the page cache,
# which is where Kafka reads from. More than 6 GiB only makes pauses longer.
heap() {
	limit=${STATEWARD_MEMORY_BYTES:-}
	if [ -z "$limit" ] && [ -r /sys/fs/cgroup/memory.max ]; then
		limit=$(cat /sys/fs/cgroup/memory.max)
	fi
	case $limit in
	'' | *[!0-9]*) limit=2147483648 ;;
	esac
	mib=$((limit / 2 / 1048576))
	[ "$mib" -le 6144 ] || mib=6144
	printf -- '-Xms%sm -Xmx%sm' "$mib" "$mib"
}

write_config >"$conf"
write_clients
if [ -s "$meta" ]; then
	check_volume
elif ! is_empty "$STATEWARD_DATA_DIR"; then
	die "$STATEWARD_DATA_DIR is not empty and no volume of Kafka (no meta.properties): nothing was changed; look at the volume"
elif [ "$roles" = broker ]; then
	log "this broker's volume is empty: formatting it"
	format
else
	first_or_join
fi

case $roles in
*controller) sh "$STATEWARD_HOME/scripts/join.sh" & ;;
esac

export LOG_DIR="$STATEWARD_RUN_DIR/log"
export KAFKA_LOG4J_OPTS="-Dlog4j2.configurationFile=$STATEWARD_HOME/config/log4j2.properties"
export KAFKA_HEAP_OPTS="${KAFKA_HEAP_OPTS:-$(heap)}"
export KAFKA_OPTS="-XX:+ExitOnOutOfMemoryError ${KAFKA_OPTS:-}"
# Without the default's log of the garbage collector, which goes to the image's file system.
export EXTRA_ARGS="-name kafkaServer"
exec kafka-server-start.sh "$conf" "$@"
