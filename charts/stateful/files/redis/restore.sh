#!/bin/sh
# restore.sh DIR loads DIR/dump.rdb into an empty server. A server reads such a file only
# when it starts, and the data volume is not here: a second server reads it and hands all
# keys over, with their times to live.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"

umask 077
[ -s "$1/dump.rdb" ] || die "there is no $1/dump.rdb"
who=$(administrator)
log_in "$who"
keyspace=$(call "$STATEWARD_HOST" "$STATEWARD_PORT" info keyspace | tr -d '\r')
case $keyspace in
*db[0-9]*) die "$STATEWARD_HOST:$STATEWARD_PORT is not empty: $(printf '%s' "$keyspace" | grep '^db' | tr '\n' ' ')" ;;
'# Keyspace'*) ;;
*) die "$STATEWARD_HOST:$STATEWARD_PORT does not say whether it is empty: \"$keyspace\"" ;;
esac

work=$STATEWARD_RUN_DIR/restore
socket=$work/server.sock
mkdir -p "$work"
{
	printf '%s\n' 'port 0' "unixsocket $socket" "dir $1" 'dbfilename dump.rdb' 'appendonly no' 'save ""' 'databases 1024'
	[ -z "${STATEWARD_TLS:-}" ] || printf '%s\n' 'tls-cluster yes' "tls-ca-cert-file $STATEWARD_HOME/tls/ca.crt" \
		"tls-cert-file $STATEWARD_HOME/tls/tls.crt" "tls-key-file $STATEWARD_HOME/tls/tls.key"
} >"$work/server.conf"
"$server" "$work/server.conf" >"$work/server.log" 2>&1 &
reader=$!
trap 'kill "$reader" 2>/dev/null || true' EXIT
ask_reader() {
	env -u REDISCLI_AUTH -u VALKEYCLI_AUTH "$cli" -s "$socket" "$@" 2>&1
}
loaded() {
	kill -0 "$reader" 2>/dev/null || {
		tail -n 5 "$work/server.log" >&2
		die "the server cannot read $1/dump.rdb"
	}
	[ "$(ask_reader ping)" = PONG ]
}
await "${STATEWARD_RESTORE_SECONDS:-21600}" "the data set to be read" loaded "$1"

# The password goes by the client's input, not on a command line.
login=
[ -z "${STATEWARD_AUTH:-}" ] || login="auth2 $who $(quoted "$(credential "$(password_key "$who")")")"
move='local done, cursor = 0, "0"
repeat
	local page = redis.call("SCAN", cursor, "COUNT", 500)
	cursor = page[1]
	if #page[2] > 0 then
		local command = {"MIGRATE", ARGV[1], ARGV[2], "", ARGV[3], "600000", "COPY", "REPLACE"}
		for i = 4, #ARGV do command[#command + 1] = ARGV[i] end
		command[#command + 1] = "KEYS"
		for _, key in ipairs(page[2]) do command[#command + 1] = key end
		redis.call(unpack(command))
		done = done + #page[2]
	end
until cursor == "0"
return done'
for base in $(ask_reader info keyspace | sed -n 's/^db\([0-9]*\):.*/\1/p'); do
	want=$(ask_reader -n "$base" dbsize)
	answer=$(printf 'eval %s 0 %s %s %s %s\n' "$(quoted "$(printf %s "$move" | tr '\n\t' '  ')")" \
		"$STATEWARD_HOST" "$STATEWARD_PORT" "$base" "$login" | ask_reader -n "$base")
	[ "$answer" -ge "$want" ] 2>/dev/null || die "database $base: $want keys to copy, and the answer was \"$answer\""
	log "database $base: $answer keys"
done
functions=$(ask_reader function list | wc -w)
[ "$functions" -eq 0 ] || log "the data set has functions, which are not copied: load them with FUNCTION LOAD"
log "loaded into $STATEWARD_HOST:$STATEWARD_PORT"
