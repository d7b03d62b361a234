# shellcheck shell=sh disable=SC2016,SC2034,SC2154 # shares its variables with the scripts that source it
# The words of MariaDB 10.11 and later.

server=mariadbd client=mariadb admin=mariadb-admin dump=mariadb-dump
dump_options=
replica=SLAVE processlist=information_schema.processlist
hold_back=--read-only=ON

tls_options() {
	printf 'ssl-verify-server-cert\nssl-ca=%s\n' "$STATEWARD_HOME/tls/ca.crt"
}

server_options() {
	! replicated || printf '%s\n' --log-bin=binlog --relay-log=relay-bin --log-slave-updates=ON --binlog-format=ROW \
		--gtid-strict-mode=ON --relay-log-recovery=ON
}

make_database() {
	# shellcheck disable=SC2086 # one word per argument
	mariadb-install-db --defaults-file="$config" --datadir="$1" --skip-test-db --skip-name-resolve \
		--auth-root-authentication-method=normal ${STATEWARD_INIT_ARGS:-} >&2
}

# close_database leaves root@localhost, which only the socket is, and MariaDB's own account.
close_database() {
	printf '%s\n' "DELETE FROM mysql.global_priv WHERE NOT (User IN ('root', 'mariadb.sys') AND Host = 'localhost'); FLUSH PRIVILEGES;"
}

# needs_upgrade DIR: the data are of an older series than the program. Dies on data of a newer one.
needs_upgrade() {
	was=$(cat "$1/mariadb_upgrade_info" "$1/mysql_upgrade_info" 2>/dev/null | head -n 1 | tr -d '\0' | series)
	is=$("$server" --version | sed 's/.*Ver //' | series)
	[ -n "$was" ] && [ "$was" != "$is" ] || return 1
	[ "$(printf '%s\n%s\n' "$was" "$is" | sort -V | head -n 1)" = "$was" ] ||
		die "the data in $1 are of MariaDB $was, the image has $is: MariaDB does not go back; use an image of $was, or load a dump into an empty volume"
	log "the data are of MariaDB $was: moving the system tables to $is"
}

series() {
	sed -nE 's/^([0-9]+\.[0-9]+).*/\1/p'
}

upgrade() {
	mariadb-upgrade --no-defaults --protocol=socket --socket="$socket" --user=root >&2
}

# SELECT and the like: a new replica is filled from a dump that this account takes.
replication_account() {
	printf '%s\n' "CREATE USER replication@'%' IDENTIFIED BY $1;
		GRANT REPLICATION SLAVE, REPLICATION SLAVE ADMIN, SLAVE MONITOR, BINLOG MONITOR, READ_ONLY ADMIN, CONNECTION ADMIN,
			PROCESS, RELOAD, SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES ON *.* TO replication@'%';"
}

metrics_account() {
	printf '%s\n' "CREATE USER metrics@'127.0.0.1' IDENTIFIED BY $1 WITH MAX_USER_CONNECTIONS 3;
		GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR ON *.* TO metrics@'127.0.0.1';
		GRANT SELECT ON performance_schema.* TO metrics@'127.0.0.1';"
}

# A former primary knows its own transactions from its binary log only:
# MASTER_DEMOTE_TO_SLAVE makes them part of where it begins to follow.
follow_sql() {
	printf '%s\n' "STOP SLAVE;
		CHANGE MASTER TO MASTER_HOST='$1', MASTER_PORT=$2, MASTER_USER='replication', MASTER_PASSWORD=$3,
			MASTER_USE_GTID=slave_pos, MASTER_DEMOTE_TO_SLAVE=1, MASTER_CONNECT_RETRY=5
			${STATEWARD_TLS:+, MASTER_SSL=1, MASTER_SSL_CA='$STATEWARD_HOME/tls/ca.crt', MASTER_SSL_VERIFY_SERVER_CERT=1};"
}

start_following='START SLAVE;'
# MariaDB persists no variable. That a member is a replica stands in its file
# master.info, which the server keeps, and start.sh reads before it starts the server.
keep_read_only='SET GLOBAL read_only = ON;'
take_writes='SET GLOBAL read_only = OFF;'
forget_source='STOP SLAVE; RESET SLAVE ALL;'

# fence_sql HOST: the server refuses writes from now on, also after a restart, since
# it is a replica of HOST then.
fence_sql() {
	printf '%s\n' "SET SESSION lock_wait_timeout = 30; $keep_read_only $(follow "$1")"
}

follows_by_its_files() {
	[ -f "$STATEWARD_DATA_DIR/master.info" ] && [ -n "$(sed -n 4p "$STATEWARD_DATA_DIR/master.info")" ]
}

# transactions HOST prints the last transaction that a member has of each server in each
# domain; position HOST, how far it is.
transactions() {
	printf '%s\n' 'SELECT CONCAT(@@GLOBAL.gtid_binlog_state, ",", @@GLOBAL.gtid_slave_pos);' | ask "$1"
}
position() {
	printf '%s\n' 'SELECT @@GLOBAL.gtid_current_pos;' | ask "$1"
}

# received HOST prints how far a replica has read its source, applied or not.
received() {
	inspect "$1" && field Gtid_IO_Pos
}

# missing HOST HAS OTHER prints what HAS has and OTHER has not.
missing() {
	printf '%s\n' "$2" | tr -s ', ' '[\n*]' | while IFS=- read -r domain member number; do
		[ -n "$number" ] || continue
		last=$(printf '%s\n' "$3" | tr -s ', ' '[\n*]' | sed -n "s/^$domain-$member-//p" | sort -n | tail -n 1)
		[ "${last:-0}" -ge "$number" ] || printf '%s-%s-%s ' "$domain" "$member" "$number"
	done
}

caught_up() {
	[ "$(printf '%s\n' "SELECT MASTER_GTID_WAIT('$2', $3);" | patience=$(($3 + 20)) ask "$1")" = 0 ]
}

# become_replica fills this member from a dump of the primary, which goes straight into
# the empty server aside. (mariadb-backup would need a listener on the primary.)
become_replica() {
	log "loading a dump of $primary"
	login replication replication-password
	# What the binary log of the primary has seen, this member will have seen: without
	# it, transactions of former primaries would be unknown here.
	seen=$(printf '%s\n' 'SELECT @@GLOBAL.gtid_binlog_state;' | ask "$primary") || die "$primary did not answer"
	rm -f "$STATEWARD_RUN_DIR/dumped"
	{
		"$dump" --defaults-file="$login" --protocol=tcp --host="$primary" --port="$(member_port)" --all-databases \
			--single-transaction --quick --gtid --master-data=1 --routines --events --triggers --hex-blob &&
			: >"$STATEWARD_RUN_DIR/dumped"
	} | sql --init-command='SET SESSION sql_log_bin = 0' &
	wait $! || die "the dump of $primary could not be loaded"
	[ -f "$STATEWARD_RUN_DIR/dumped" ] || die "the dump of $primary is not complete"
	{
		# As if they had come by replication: on a replica, events do not run.
		printf '%s\n' "SET SESSION sql_log_bin = 0; FLUSH PRIVILEGES;
			UPDATE mysql.event SET status = 'SLAVESIDE_DISABLED' WHERE status = 'ENABLED';"
		follow "$primary"
		printf '%s\n' "RESET MASTER; SET GLOBAL gtid_binlog_state = '$seen';"
	} | sql
	end_aside
	into_place "$new"
}
