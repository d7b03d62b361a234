# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # shares its variables with the scripts that source it
# The words of MySQL 8.4 and later.

server=mysqld client=mysql admin=mysqladmin dump=mysqldump
dump_options="--set-gtid-purged=OFF --column-statistics=0"
replica=REPLICA processlist=performance_schema.processlist
# A server that takes no writes at first, whatever is persisted: the command line wins.
hold_back='--read-only=ON --super-read-only=ON'

tls_options() {
	printf 'ssl-mode=VERIFY_IDENTITY\nssl-ca=%s\n' "$STATEWARD_HOME/tls/ca.crt"
}

# server_options prints what the server needs beside its configuration file.
server_options() {
	printf '%s\n' --gtid-mode=ON --enforce-gtid-consistency=ON --log-bin=binlog --relay-log=relay-bin --relay-log-recovery=ON
	! replicated || echo --plugin-load-add=mysql_clone.so
	# The settings of a plugin are unknown to a server that has not loaded it.
	for side in source replica; do
		! grep -q "^rpl_semi_sync_$side" "$config" || echo "--plugin-load-add=semisync_$side.so"
	done
}

# make_database DIR makes an empty database with root@localhost, without a password:
# with skip_name_resolve only the socket is "localhost".
make_database() {
	# Plugins are not loaded at this time.
	sed 's/^rpl_semi_sync/loose_&/' "$config" >"$STATEWARD_RUN_DIR/init.cnf"
	# shellcheck disable=SC2086 # one word per argument
	"$server" --defaults-file="$STATEWARD_RUN_DIR/init.cnf" --initialize-insecure --datadir="$1" ${STATEWARD_INIT_ARGS:-} >&2
}

close_database() { :; } # root@localhost is the only account

needs_upgrade() { false; } # the server does it by itself, and refuses data of a newer one

replication_account() {
	printf '%s\n' "CREATE USER replication@'%' IDENTIFIED BY $1 REQUIRE SSL;
		GRANT REPLICATION SLAVE, REPLICATION CLIENT, RELOAD, BACKUP_ADMIN, REPLICATION_SLAVE_ADMIN,
			SYSTEM_VARIABLES_ADMIN, CONNECTION_ADMIN, PROCESS ON *.* TO replication@'%';"
}

metrics_account() {
	printf '%s\n' "CREATE USER metrics@'127.0.0.1' IDENTIFIED BY $1 WITH MAX_USER_CONNECTIONS 3;
		GRANT PROCESS, REPLICATION CLIENT ON *.* TO metrics@'127.0.0.1';
		GRANT SELECT ON performance_schema.* TO metrics@'127.0.0.1';"
}

# Encrypted always: a server without a certificate makes itself one.
follow_sql() {
	printf '%s\n' "STOP REPLICA;
		CHANGE REPLICATION SOURCE TO SOURCE_HOST='$1', SOURCE_PORT=$2, SOURCE_USER='replication', SOURCE_PASSWORD=$3,
			SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_CONNECT_RETRY=5, SOURCE_RETRY_COUNT=0, GET_SOURCE_PUBLIC_KEY=1
			${STATEWARD_TLS:+, SOURCE_SSL_CA='$STATEWARD_HOME/tls/ca.crt', SOURCE_SSL_VERIFY_SERVER_CERT=1};"
}

start_following='START REPLICA;'
# A replica has persisted that it is read-only, the primary that it is not, so each
# is after a restart what it was. Both variables, since each of them moves the other.
keep_read_only='SET PERSIST read_only = ON; SET PERSIST super_read_only = ON;'
take_writes='SET PERSIST super_read_only = OFF; SET PERSIST read_only = OFF;'
forget_source='STOP REPLICA; RESET REPLICA ALL;'

# fence_sql [SQL]: the server refuses writes from now on, also after a restart.
fence_sql() {
	printf '%s\n' "SET SESSION lock_wait_timeout = 30; $keep_read_only"
}

# What the data say of the role, the server knows by itself.
follows_by_its_files() { false; }

# transactions HOST prints what a member has executed; position HOST, how far it is.
transactions() {
	printf '%s\n' "SELECT REPLACE(@@GLOBAL.gtid_executed, CHAR(10), '');" | ask "$1"
}
position() { transactions "$1"; }

# received HOST prints what a replica has got from its source, applied or not.
received() {
	printf '%s\n' "SELECT REPLACE(RECEIVED_TRANSACTION_SET, CHAR(10), '')
		FROM performance_schema.replication_connection_status WHERE CHANNEL_NAME = '';" | ask "$1"
}

# missing HOST HAS OTHER prints the transactions of HAS that are not in OTHER. Any
# server can compute it.
missing() {
	printf '%s\n' "SELECT REPLACE(GTID_SUBTRACT('$2', '$3'), CHAR(10), '');" | ask "$1"
}

# caught_up HOST POSITION SECONDS waits until a member is as far.
caught_up() {
	[ "$(printf '%s\n' "SELECT WAIT_FOR_EXECUTED_GTID_SET('$2', $3);" | patience=$(($3 + 20)) ask "$1")" = 0 ]
}

# A server copies itself to one other at a time.
cloned() {
	rm -rf "$filled"
	# In the background, so that a signal ends it.
	sql <"$STATEWARD_RUN_DIR/clone.sql" 2>"$STATEWARD_RUN_DIR/clone.err" &
	! wait $! || return 0
	grep -q 'Too many concurrent clone operations' "$STATEWARD_RUN_DIR/clone.err" ||
		die "the copy of $primary failed: $(cat "$STATEWARD_RUN_DIR/clone.err")"
	log "$primary is being copied by another member"
	return 1
}

# become_replica fills this member from the primary: the empty server aside fetches
# the primary's files, over TLS.
become_replica() {
	log "copying the data of $primary"
	donor_password=$(credential replication-password)
	donor_port=$(member_port)
	printf '%s\n' "SET GLOBAL clone_valid_donor_list = '$primary:$donor_port';
		CLONE INSTANCE FROM 'replication'@'$primary':$donor_port IDENTIFIED BY $(quote "$donor_password")
			DATA DIRECTORY = '$filled' REQUIRE SSL;" >"$STATEWARD_RUN_DIR/clone.sql"
	await 7200 "the copy of $primary" cloned
	rm "$STATEWARD_RUN_DIR/clone.sql"
	end_aside
	aside "$filled" --skip-networking --skip-replica-start
	{
		follow "$primary"
		printf '%s\n' "$keep_read_only"
	} | sql
	end_aside
	into_place "$filled"
}
