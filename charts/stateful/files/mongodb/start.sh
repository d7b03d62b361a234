#!/bin/sh
# Starts MongoDB; where there is no database yet, and nobody else may have one, it
# makes the users first.
set -eu
umask 077
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"

data=$STATEWARD_DATA_DIR
new=$data.new
conf=$STATEWARD_RUN_DIR/mongod.conf
# mongod does not look at files it does not know. The name of the set the data are of.
mark=stateward.set

holds_database() {
	[ -e "$1/WiredTiger" ]
}

set_name=$(setting replication.replSetName)

configure() {
	# mongod knows the names of its settings with dots, but not those of its parameters.
	grep -v '^setParameter\.' "$STATEWARD_HOME/config/mongod.conf" >"$conf" || true
	if grep -q '^setParameter\.' "$STATEWARD_HOME/config/mongod.conf"; then
		printf 'setParameter:\n' >>"$conf"
		sed -n 's/^setParameter\./  /p' "$STATEWARD_HOME/config/mongod.conf" >>"$conf"
	fi
	if [ -n "$set_name" ]; then
		# mongod wants a key that nobody else may read; the Secret's is the group's too.
		rm -f "$STATEWARD_RUN_DIR/key-file"
		credential key-file >"$STATEWARD_RUN_DIR/key-file"
		chmod 0400 "$STATEWARD_RUN_DIR/key-file"
		printf "security.keyFile: '%s'\n" "$STATEWARD_RUN_DIR/key-file" >>"$conf"
	fi
	[ -z "${STATEWARD_TLS:-}" ] || sh "$STATEWARD_HOME/scripts/certificate.sh" >/dev/null
}

# The database is made beside its final place and moved there when it is complete,
# by a server that only this pod can reach and that asks for no password yet.
initialize() {
	log "no database in $data: making one"
	rm -rf "$new"
	mkdir -p "$new"
	mongod --dbpath "$new" --bind_ip 127.0.0.1 --port "$STATEWARD_PORT" --unixSocketPrefix "$STATEWARD_RUN_DIR" >&2 &
	server=$!
	trap 'kill $server 2>/dev/null || true' EXIT
	await 300 "the server that makes the users" answers
	# The server is plain, whatever clients will have to speak.
	MONGO_PLAIN=1 shell "$(uri "127.0.0.1:$STATEWARD_PORT")" nobody '
		const name = env.STATEWARD_DATABASE;
		admin.createUser({ user: "root", pwd: secret("superuser-password"), roles: ["root"] });
		admin.createUser({ user: "stateward-metrics", pwd: secret("metrics-password"), roles: ["clusterMonitor", { role: "read", db: "local" }] });
		client.getDB(name).createUser({ user: env.STATEWARD_USERNAME, pwd: secret("password"), roles: [{ role: "readWrite", db: name }, { role: "dbAdmin", db: name }] });
		print("made the users");
	' >&2
	trap - EXIT
	kill "$server"
	wait "$server" || die "the server that made the users did not end well"
	[ -z "$set_name" ] || printf '%s\n' "$set_name" >"$new/$mark"
	[ ! -d "$data" ] || rmdir "$data" # or mv would move into it
	mv "$new" "$data"
	sync
}

answers() {
	kill -0 "$server" 2>/dev/null || die "the server that makes the users has ended"
	[ -n "$(MONGO_PLAIN=1 describe "127.0.0.1:$STATEWARD_PORT")" ]
}

# Data of another set, or of none, would be taken for those of this member.
check_set() {
	found=
	[ ! -f "$data/$mark" ] || found=$(cat "$data/$mark")
	[ "$found" != "$set_name" ] || return 0
	is="data of the replica set \"$found\""
	[ -n "$found" ] || is="data of a server in no replica set"
	wanted="is of the set \"$set_name\"" way="make the file $data/$mark say \"$set_name\""
	[ -n "$set_name" ] || wanted="is in no set" way="remove the file $data/$mark"
	die "$data holds $is, this one $wanted: nothing was changed; give it another volume, or $way if the data are to be taken over"
}

# first_of_all is true on the one member that may begin: the first, when every
# other one answers and none knows a set. One that does not answer may know one.
first_of_all() {
	[ -n "$set_name" ] || return 0
	[ "$(addresses | head -n 1)" = "$(fqdn):$(server_port)" ] || return 1
	waited=0
	while :; do
		silent=
		for address in $(addresses); do
			[ "$address" != "$(fqdn):$(server_port)" ] || continue
			answer=$(describe "$address")
			case $answer in
			'') silent="$silent ${address%%.*}" ;;
			'- none '*) ;;
			*)
				log "${address%%.*} knows a set: this member gets its data from there"
				return 1
				;;
			esac
		done
		[ -n "$silent" ] || return 0
		[ "$waited" -lt 600 ] || die "no database here, and no answer from$silent: they may have one, so none is made"
		[ "$waited" -gt 0 ] || log "waiting for an answer from$silent: they may have a database"
		sleep 5
		waited=$((waited + 5))
	done
}

configure
if holds_database "$data"; then
	check_set
elif ! is_empty "$data" && [ "$(ls -A "$data")" != "$mark" ]; then
	die "$data is not empty and holds no database (no file WiredTiger): nothing was changed; look at the volume"
elif first_of_all; then
	rm -f "$data/$mark"
	initialize
else
	rm -rf "$new"
	mkdir -p "$data"
	printf '%s\n' "$set_name" >"$data/$mark"
fi
exec mongod --config "$conf" "$@"
