#!/bin/sh
# Starts MySQL or MariaDB. On an empty volume it makes a database first, or fills
# the volume from the primary.
set -eu
umask 027
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

data=$STATEWARD_DATA_DIR
new=$data.new filled=$data.filled # complete before they get their final name
real=$socket
aside=
trap '[ -z "$aside" ] || kill "$aside"; exit 143' TERM INT

options="--socket=$real --pid-file=${real%.sock}.pid --skip-name-resolve"
options="$options $(server_options | tr '\n' ' ')"
if replicated; then
	options="$options --server-id=$(($(ordinal) + 1))"
	me=$(fqdn) primary=$(declared)
else
	options="$options --server-id=1"
fi

# aside DIR OPTION...: a server beside the real one's socket, on data in the making.
aside() {
	socket=$STATEWARD_RUN_DIR/aside.sock
	aside_dir=$1
	shift
	# shellcheck disable=SC2086 # one word per option
	"$server" --defaults-file="$config" --datadir="$aside_dir" $options --socket="$socket" \
		--pid-file="$STATEWARD_RUN_DIR/aside.pid" "$@" >&2 &
	aside=$!
	await 600 "the server on $aside_dir" aside_answers
}

aside_answers() {
	kill -0 "$aside" 2>/dev/null || die "the server on $aside_dir ended; its last lines say why"
	[ "$(printf '%s\n' 'SELECT 1;' | sql 2>/dev/null)" = 1 ]
}

end_aside() {
	"$admin" --no-defaults --protocol=socket --socket="$socket" --user=root shutdown >&2
	wait "$aside" || die "the server on $aside_dir did not end well"
	aside='' socket=$real
}

# into_place DIR makes complete data the member's own. A pod that dies before leaves
# nothing that looks like a database.
into_place() {
	[ ! -d "$data" ] || rmdir "$data" # or mv would move into it
	mv "$1" "$data"
	rm -rf "$new" "$filled"
	sync
}

# create_accounts prints what a new database gets: the application's database and
# the accounts, with the passwords of the release's Secret.
create_accounts() {
	password=$(credential password)
	[ -n "$password" ] || die "the key \"password\" of the release's Secret is empty: that would let everybody in"
	user=$(quote "$STATEWARD_USERNAME")@\'%\'
	database=$(name "$STATEWARD_DATABASE")
	printf '%s\n' "CREATE DATABASE $database;
		CREATE USER $user IDENTIFIED BY $(quote "$password");
		GRANT ALL PRIVILEGES ON $(printf %s "$database" | sed 's/[_%]/\\&/g').* TO $user;"
	if [ -r "$STATEWARD_HOME/credentials/metrics-password" ]; then
		password=$(credential metrics-password)
		metrics_account "$(quote "$password")"
	fi
}

create_database() {
	create_accounts >"$STATEWARD_RUN_DIR/accounts.sql"
	sql <"$STATEWARD_RUN_DIR/accounts.sql"
	rm "$STATEWARD_RUN_DIR/accounts.sql"
	for file in "$STATEWARD_HOME"/config/init.*.sql; do
		[ -f "$file" ] || continue
		log "running ${file##*/}"
		sql --database="$STATEWARD_DATABASE" <"$file" >&2
	done
}

first_start() {
	log "no database in $data: making one"
	rm -rf "$new" "$filled"
	mkdir -p "${data%/*}"
	make_database "$new"
	if ! replicated; then
		aside "$new" --skip-networking
		close_database | sql
		create_database
		end_aside
		into_place "$new"
		return
	fi

	# The other members can ask this one, and learn that it holds nothing: a member
	# that does not answer may hold everything.
	aside "$new" --report-host=vacant
	password=$(credential replication-password)
	{
		close_database
		replication_account "$(quote "$password")"
	} >"$STATEWARD_RUN_DIR/accounts.sql"
	sql <"$STATEWARD_RUN_DIR/accounts.sql"
	rm "$STATEWARD_RUN_DIR/accounts.sql"
	if [ "$me" = "$primary" ]; then
		await 900 "every other member to say that it has no data" all_vacant
		create_database
		end_aside
		into_place "$new"
	else
		await 3600 "the primary $primary to serve" serves "$primary"
		become_replica
	fi
}

all_vacant() {
	for member in $(members "$STATEWARD_POOL"); do
		[ "$member" != "$me" ] || continue
		inspect "$member" || { log "no answer from $member yet: $(printf '%s' "$answer" | tail -n 1)"; return 1; }
		[ "$role" = vacant ] ||
			die "the volume of $me, which the values declare the primary, is empty, but $member has data: nothing was made; declare a member that has data, as the README says under \"When the primary is lost\""
	done
}

serves() {
	if inspect "$1"; then
		[ "$role" = primary ] || { log "$1 is $role so far"; return 1; }
	else
		log "no answer from $1 yet: $(printf '%s' "$answer" | tail -n 1)"
		return 1
	fi
}

# confirmed is true when this member may take writes if its data say that it is the
# primary: the values agree, or the member they name follows this one, as between a
# switchover and the end of its upgrade. And nobody else takes writes.
confirmed() {
	if [ "$me" != "$primary" ]; then
		inspect "$primary" && [ "$source" = "$me" ]
		return
	fi
	for member in $(members "$STATEWARD_POOL"); do
		[ "$member" != "$me" ] || continue
		if inspect "$member" && [ "$role" = primary ]; then
			log "$member takes writes, though the values declare $me: this member takes none"
			return 1
		fi
	done
}

if [ -d "$data/mysql" ]; then
	if needs_upgrade "$data"; then
		aside "$data" --skip-networking --skip-slave-start
		upgrade
		end_aside
	fi
elif is_empty "$data"; then
	first_start
else
	die "$data is not empty and holds no database: nothing was changed; look at the volume"
fi
if replicated; then
	options="$options --report-host=$me"
	if follows_by_its_files || ! confirmed; then
		options="$options $hold_back"
	fi
fi
# shellcheck disable=SC2086 # one word per option
exec "$server" --defaults-file="$config" --datadir="$data" $options "$@"
