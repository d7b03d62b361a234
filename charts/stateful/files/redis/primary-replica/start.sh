#!/bin/sh
# Starts one member. Who is the primary is what the Sentinels say and a member
# confirms; a member that cannot find out waits. It never makes itself the primary
# because it reaches nobody.
set -eu
umask 077
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"

conf=$STATEWARD_RUN_DIR/redis.conf
users=$STATEWARD_RUN_DIR/users.acl
own=$(own_address)
first=$(address "$(members server | head -n 1)")

write_users() {
	# The application's user rules over data, not over who leads: the last of these
	# commands, in an application's hands, would end the replication.
	acl_user default '~* &* +@all -@admin'
	acl_user admin '~* &* +@all'
	acl_user replica '-@all +psync +replconf +ping'
	acl_user sentinel '-@all &* +ping +info +role +multi +exec +slaveof +replicaof +config|rewrite +client|setname +client|kill +script|kill +subscribe +publish'
	acl_user probe '-@all +ping +info +role'
	# shellcheck disable=SC2119 # no more than the usual rules
	metrics_user
}

# write_base prints what the server needs in every role.
write_base() {
	echo "include $STATEWARD_HOME/config/redis.conf"
	echo "replica-announce-ip $own"
	echo "replica-announce-port $STATEWARD_PORT"
	[ -n "${STATEWARD_AUTH:-}" ] || return 0
	echo "aclfile $users"
	echo "masteruser replica"
	printf 'masterauth %s\n' "$(quoted "$(credential replica-password)")"
}

# While this member waits, a server without its data stands in its place: it tells the
# others that somebody is here, and whether there is data on the volume. It is a replica
# of nothing, so nobody takes it for a primary, copies from it or elects it.
stand_in() {
	mkdir -p "$STATEWARD_RUN_DIR/waiting"
	{
		write_base
		printf '%s\n' "dir $STATEWARD_RUN_DIR/waiting" 'appendonly no' 'save ""' 'replicaof 127.0.0.1 1' \
			'replica-priority 0' 'replica-announced no'
	} >"$STATEWARD_RUN_DIR/waiting-$1.conf"
	"$server" "$STATEWARD_RUN_DIR/waiting-$1.conf" >"$STATEWARD_RUN_DIR/waiting.log" 2>&1 &
	stand_in=$!
}

end_stand_in() {
	[ -n "$stand_in" ] || return 0
	kill "$stand_in" 2>/dev/null || true
	wait "$stand_in" 2>/dev/null || true
	stand_in=''
}

# introduce tells the Sentinels of the first primary before it is one: whatever happens
# next, they know. It succeeds when a majority of them has it.
introduce() {
	for sentinel in $(members sentinels); do
		monitor "$(address "$sentinel")" "$own" >/dev/null || true
	done
	ask_sentinels
	[ "$named" = "$own" ]
}

# decide sets `primary`, the member to follow or this one to lead, and `synced`, whether
# this member's data may be elected; or it fails and sets `why`.
decide() {
	ask_sentinels
	ask_members
	synced=no
	case " $leaders " in
	"  ") ;;
	*" $named "*)
		primary=$named
		return
		;;
	*" "*" "*" "*)
		why="more than one member is a primary ($leaders) and no majority of the Sentinels says which is right"
		return 1
		;;
	*)
		primary=$leaders
		return
		;;
	esac

	# From here on no other member is a primary.
	if [ "$named" = "$own" ]; then
		if [ "$data" = data ] || { [ -z "$silent" ] && [ -z "$holders" ]; }; then
			primary=$own
			return
		fi
		if [ -n "$holders" ]; then
			# A primary that lost its volume must not lead: the others would copy its
			# emptiness. As a replica it is replaced by the Sentinels with one that has data.
			primary=${holders%% *}
			log "the Sentinels name this member as the primary, but its volume is empty and $holders hold data: it follows, for them to elect another"
			return
		fi
		why="the Sentinels name this member as the primary, its volume is empty, and these do not answer whether they hold data: $silent"
		return 1
	fi
	if [ -n "$named" ]; then
		# The one they name may return, or they elect another: with data, this one too.
		primary=$named
		[ "$data" = empty ] || synced=yes
		return
	fi
	if [ "$blank" -lt "$(majority sentinels)" ]; then
		why="no majority of the Sentinels answers with one name"
		return 1
	fi

	# The Sentinels know of no primary: a first start, or their volumes are lost.
	if [ -n "$silent" ]; then
		why="the Sentinels know of no primary, and these members do not answer whether they hold data: $silent"
		return 1
	fi
	[ "$data" = empty ] || holders="$own $holders"
	holders=${holders% }
	case $holders in
	'') leader=$first ;;
	*' '*)
		why="the Sentinels know of no primary, and more than one member holds data ($holders): say which is right with \"sh /opt/stateward/scripts/name-primary.sh MEMBER\" in any of the pods"
		return 1
		;;
	*) leader=$holders ;;
	esac
	if [ "$leader" != "$own" ]; then
		why="the Sentinels know of no primary; $leader is to be the first one"
		return 1
	fi
	log "the Sentinels know of no primary and no other member holds data: this member is the first one"
	if ! introduce; then
		why="no majority of the Sentinels has taken this member's name yet"
		return 1
	fi
	primary=$own
}

mkdir -p "$STATEWARD_DATA_DIR"
rm -f "$STATEWARD_RUN_DIR/unsynced"
[ -z "${STATEWARD_AUTH:-}" ] || write_users >"$users"
data=data
! is_empty "$STATEWARD_DATA_DIR" || data=empty

stand_in='' said='' waited=0
# A shell that is the first process of a container ignores the signal otherwise.
trap 'end_stand_in; exit 0' TERM INT
until decide; do
	[ "$why" = "$said" ] || log "waiting: $why"
	said=$why
	[ -n "$stand_in" ] || stand_in "$data"
	kill -0 "$stand_in" 2>/dev/null || {
		cat "$STATEWARD_RUN_DIR/waiting.log" >&2
		die "the server does not start"
	}
	waited=$((waited + 2))
	[ "$waited" -lt "${STATEWARD_WAIT_SECONDS:-3600}" ] || {
		end_stand_in
		die "gave up waiting: $why"
	}
	sleep 2
done
end_stand_in
trap - TERM INT

write_base >"$conf"
if [ "$primary" = "$own" ]; then
	log "starting as the primary"
else
	log "starting as a replica of $primary"
	printf 'replicaof %s %s\n' "$primary" "$STATEWARD_PORT" >>"$conf"
	if [ "$synced" = no ]; then
		# Not to be elected before it has copied the primary's data; the readiness probe lifts it.
		echo 'replica-priority 0' >>"$conf"
		touch "$STATEWARD_RUN_DIR/unsynced"
	fi
fi
exec "$server" "$conf" "$@"
