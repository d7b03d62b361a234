# shellcheck shell=sh disable=SC2034 # read by the scripts that source it
# What the scripts of MySQL and MariaDB share. Sourced after lib.sh. The words in
# which the two differ are in mysql.sh and mariadb.sh.

PATH=$PATH:/usr/local/sbin:/usr/sbin
export PATH
if command -v mariadbd >/dev/null; then
	# shellcheck source=mariadb.sh
	. "$STATEWARD_HOME/scripts/mariadb.sh"
elif command -v mysqld >/dev/null; then
	# shellcheck source=mysql.sh
	. "$STATEWARD_HOME/scripts/mysql.sh"
else
	die "the image has neither mariadbd nor mysqld on its PATH ($PATH)"
fi

# Where the running server listens. While a database is being made, its server has
# another socket, so that no probe takes it for the real one.
socket=${STATEWARD_SOCKET_DIR:-/run/mysqld}/mysqld.sock
config=$STATEWARD_HOME/config/my.cnf

replicated() {
	[ "$STATEWARD_PATTERN" = primary-replica ]
}

# quote TEXT prints a string of SQL.
quote() {
	printf "'%s'" "$(printf %s "$1" | sed "s/[\\\\']/\\\\&/g")"
}

# name TEXT prints an identifier of SQL.
name() {
	# shellcheck disable=SC2016 # the quotes of SQL
	printf '`%s`' "$(printf %s "$1" | sed 's/`/``/g')"
}

# sql [OPTION]... runs the statements on its input in this pod's server, as root. Who
# reaches the socket can read the data files anyway: a password would guard nothing.
sql() {
	"$client" --no-defaults --protocol=socket --socket="$socket" --user=root --batch --skip-column-names --raw "$@"
}

# login USER KEY writes an option file with the account's password, once: as an
# argument every process could see it.
login() {
	login=$STATEWARD_RUN_DIR/login.$2
	[ ! -s "$login" ] || return 0
	login_password=$(credential "$2")
	{
		printf '[client]\nuser="%s"\npassword="%s"\n' \
			"$(printf %s "$1" | sed 's/["\\]/\\&/g')" "$(printf %s "$login_password" | sed 's/["\\]/\\&/g')"
		[ -z "${STATEWARD_TLS:-}" ] || tls_options
	} >"$login.$$"
	mv "$login.$$" "$login"
}

# The members' own port: a Service may show another one.
member_port() {
	port=$(sed -n 's/^port *= *//p' "$config" | tail -n 1)
	printf '%s\n' "${port:-3306}"
}

# ask HOST [OPTION]... runs the statements on its input in a member, as the account for
# replication; with an empty HOST in this pod's server, over its socket.
ask() {
	asked=$1
	shift
	if [ -z "$asked" ]; then
		set -- --no-defaults --protocol=socket --socket="$socket" --user=root --batch --skip-column-names --raw "$@"
	else
		login replication replication-password
		set -- --defaults-file="$login" --protocol=tcp --host="$asked" --port="$(member_port)" --batch --skip-column-names --raw "$@"
	fi
	timeout "${patience:-20}" "$client" "$@" --connect-timeout=5
}

# inspect HOST looks at a member, without a name at this one, and sets
#   role     vacant    it serves no data yet
#            primary   it takes writes
#            fenced    it takes no writes and follows nobody
#            replica   it follows $source
#   source, io, applier, trouble: as the replica reports them
# It is false when the member does not answer; $role is then empty.
inspect() {
	role='' source='' io='' applier='' trouble=''
	answer=$(printf '%s\n' "SELECT @@GLOBAL.read_only AS Read_Only, @@GLOBAL.report_host AS Report_Host;
		SHOW $replica STATUS;" | patience=10 ask "$1" --column-names --vertical 2>&1) || return 1
	source=$(field '(Source|Master)_Host')
	io=$(field '(Replica|Slave)_IO_Running')
	applier=$(field '(Replica|Slave)_SQL_Running')
	trouble=$(field 'Last_SQL_Error')
	trouble=${trouble:-$(field 'Last_IO_Error')}
	case $(field Report_Host):$source:$(field Read_Only) in
	vacant:*) role=vacant ;;
	*::0) role=primary ;;
	*::*) role=fenced ;;
	*) role=replica ;;
	esac
}

field() {
	printf '%s\n' "$answer" | sed -nE "s/^ *$1: *//p" | head -n 1
}

# declared prints the full name of the member that the values declare the primary.
declared() {
	members "$STATEWARD_POOL" | sed -n "$(($(cat "$STATEWARD_HOME/topology/primary") + 1))p"
}

# follow HOST prints the statements that make a member a replica of HOST.
follow() {
	follow_password=$(credential replication-password)
	follow_sql "$1" "$(member_port)" "$(quote "$follow_password")"
}
