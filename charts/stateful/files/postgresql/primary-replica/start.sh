#!/bin/sh
# Starts Patroni, which makes or copies the database cluster, runs PostgreSQL and
# decides with the other members, over the API server of Kubernetes, who is the primary.
set -eu
umask 077
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=../database.sh
. "$STATEWARD_HOME/scripts/database.sh"
# shellcheck source=patroni.sh
. "$STATEWARD_HOME/scripts/patroni.sh"

: "${PGDATA:?}"
tls=$STATEWARD_HOME/tls

# A copy of another member that was cut off: pg_basebackup begins with the folder of
# the log, goes on with the label, and ends with pg_control. No server ever ran there.
is_half_copy() {
	[ ! -e "$PGDATA/global/pg_control" ] || return 1
	[ -f "$PGDATA/backup_label" ] || [ "$(ls -A "$PGDATA")" = pg_wal ]
}

# login NAME KEY prints how a member logs in to another one. Over TLS the other one
# must have the certificate of its name.
login() {
	password=$(credential "$2")
	[ -n "$password" ] || die "the key \"$2\" of the release's Secret is empty"
	printf '{"username": "%s", "password": %s' "$1" "$(text "$password")"
	[ -z "${STATEWARD_TLS:-}" ] || printf ', "sslmode": "verify-full", "sslrootcert": "%s"' "$tls/ca.crt"
	printf '}'
}

# initdb_options ARGUMENT... prints arguments of initdb in the form Patroni wants. In the
# builtin provider (17 and later) text sorts alike in every image; libc's order changes
# with the C library and silently breaks indexes.
initdb_options() {
	set -- --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --data-checksums \
		--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C.UTF-8 "$@"
	[ -z "${STATEWARD_LOG_DIR:-}" ] || set -- --waldir="$STATEWARD_LOG_DIR/wal" "$@"
	comma=
	for option; do
		option=${option#--}
		case $option in
		*=*) printf '%s{"%s": %s}' "$comma" "${option%%=*}" "$(text "${option#*=}")" ;;
		*) printf '%s"%s"' "$comma" "$option" ;;
		esac
		comma=', '
	done
}

configuration() {
	address=$(fqdn)
	# shellcheck disable=SC2086 # one word per argument
	cat <<-END
		scope: $STATEWARD_RELEASE-patroni
		name: $STATEWARD_MEMBER
		restapi:
		  listen: "*:$rest_port"
		  connect_address: $address:$rest_port
		  authentication: {"username": "patroni", "password": $(text "$(credential restapi-password)")}
		${STATEWARD_TLS:+"  certfile: $tls/tls.crt"}
		${STATEWARD_TLS:+"  keyfile: $tls/tls.key"}
		${STATEWARD_TLS:+"ctl: {cacert: $tls/ca.crt}"}
		kubernetes:
		  namespace: $STATEWARD_NAMESPACE
		  use_endpoints: false
		  labels: $STATEWARD_LABELS
		  scope_label: stateward.dev/scope
		  role_label: stateward.dev/role
		  leader_label_value: primary
		  follower_label_value: replica
		bootstrap:
		  dcs: $(dynamic)
		  initdb: [$(initdb_options ${STATEWARD_INIT_ARGS:-})]
		  post_bootstrap: sh $STATEWARD_HOME/scripts/initialize.sh
		postgresql:
		  data_dir: $PGDATA
		  bin_dir: $(dirname "$(command -v postgres)")
		  listen: "$(setting listen_addresses):$STATEWARD_PORT"
		  connect_address: $address:$STATEWARD_PORT
		  pgpass: $STATEWARD_RUN_DIR/pgpass
		  custom_conf: $conf
		  use_unix_socket: true
		  use_slots: true
		  use_pg_rewind: true
		  # After a rewind that failed the folder is good for nothing but a new copy.
		  remove_data_directory_on_rewind_failure: true
		  parameters:
		    hba_file: $STATEWARD_RUN_DIR/pg_hba.conf
		    unix_socket_directories: $(text "$(setting unix_socket_directories)")
		  basebackup: [{checkpoint: fast}${STATEWARD_LOG_DIR:+, {waldir: "$STATEWARD_LOG_DIR/wal"\}}]
		  authentication:
		    superuser: $(login postgres superuser-password)
		    replication: $(login replicator replication-password)
		    rewind: $(login rewind rewind-password)
		watchdog: {mode: "off"}
	END
}

[ $# -eq 0 ] || die "server.args: Patroni starts PostgreSQL, write settings under server.config instead of: $*"
find_programs
client_rules
command -v patroni >/dev/null || die "the image has no patroni program on PATH: docs/patroni-image.md has a recipe for an image"
if [ -s "$PGDATA/PG_VERSION" ]; then
	check_version
fi
if is_empty "$PGDATA"; then
	check_username
	[ -z "${STATEWARD_LOG_DIR:-}" ] || is_empty "$STATEWARD_LOG_DIR/wal" ||
		die "$STATEWARD_LOG_DIR/wal holds a write-ahead log but $PGDATA holds no database: is the data volume the right one?"
elif is_half_copy; then
	log "the copy in $PGDATA was never completed: removing it, to make another"
	rm -rf "$PGDATA" ${STATEWARD_LOG_DIR:+"$STATEWARD_LOG_DIR/wal"}
elif [ ! -s "$PGDATA/PG_VERSION" ]; then
	die "$PGDATA is not empty and holds no database (no PG_VERSION): nothing was changed; look at the volume"
fi
mkdir -p "${PGDATA%/*}"
configuration >"$STATEWARD_RUN_DIR/patroni.yaml"
exec patroni "$STATEWARD_RUN_DIR/patroni.yaml"
