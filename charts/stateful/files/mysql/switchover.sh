#!/bin/sh
# switchover.sh [lost]
#
# Before an upgrade: makes the members' roles those that the values declare. It
# changes nothing when they are. With "lost", for people: the old primary is gone for
# good, and the declared one takes its place with what it has received.
#
# The old primary is fenced before the new one is promoted, and the fence survives a
# restart. The script can be run again wherever it was interrupted.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

lost=${1:-}
target=$(declared)
[ -n "$target" ] || { log "no member is declared the primary"; exit 0; }
manual="; nothing was changed. When that member is lost for good, do as the README says under \"When the primary is lost\""

# survey asks every member but the target and sets: writer (who takes writes), silent
# (who does not answer), elsewhere (who follows somebody else than the target).
survey() {
	writer='' silent='' elsewhere=''
	for member in $(members "$STATEWARD_POOL"); do
		[ "$member" != "$target" ] || continue
		if ! inspect "$member"; then
			silent="$silent $member"
			continue
		fi
		case $role in
		primary) writer="$writer $member" ;;
		replica) [ "$source" = "$target" ] || elsewhere="$elsewhere $member" ;;
		esac
	done
}

change() {
	ask "$1" || die "$1 refused; look at the message above, then run helm upgrade again"
}

fence() {
	log "fencing $1"
	if ! fence_sql "$target" | ask "$1"; then
		# A statement that runs for long holds the fence up.
		dismiss "$1"
		fence_sql "$target" | ask "$1" || { unfence "$1"; die "$1 could not be fenced: it takes writes again"; }
	fi
	# Clients that hold connections would go on asking here.
	dismiss "$1"
}

# dismiss ends the connections of the members' clients.
dismiss() {
	printf '%s\n' "SELECT CONCAT('KILL ', id, ';') FROM $processlist
		WHERE user NOT IN ('replication', 'metrics', 'root', 'system user', 'event_scheduler', 'mariadb.sys');" |
		ask "$1" | while read -r statement; do
		printf '%s\n' "$statement" | ask "$1" 2>/dev/null || true # it has left by itself
	done
}

# unfence gives the writes back to the old primary: the target did not get there.
unfence() {
	if inspect "$1" && [ "$role" = replica ]; then
		printf '%s\n' "$forget_source" | change "$1"
	fi
	printf '%s\n' "$take_writes" | change "$1"
}

serves_writes() {
	inspect "$1" && [ "$role" = primary ]
}

promote() {
	printf '%s\n' "$forget_source $take_writes" | change "$target"
	serves_writes "$target" || die "$target is not the primary after its promotion (it says: $role); run helm upgrade again"
	log "$target is the primary"
}

# hand_over OLD: what OLD has executed, the target executes; in between nobody takes writes.
hand_over() {
	old=$1
	has=$(transactions "$target") known=$(transactions "$old") || die "$old does not answer$manual"
	alone=$(missing "$target" "$has" "$known")
	[ -z "$alone" ] || die "$target has transactions that $old has not: $alone; save what is needed, then delete the claim and the pod of $target: it is filled anew$manual"
	end=$(position "$old")
	caught_up "$target" "$end" 300 || die "$target is more than 300 s behind $old: try again when it has caught up$manual"
	fence "$old"
	end=$(position "$old")
	if ! caught_up "$target" "$end" 60; then
		unfence "$old"
		die "$target did not get the last transactions of $old within 60 s: $old takes writes again, nothing else was changed"
	fi
	promote
}

# most_advanced dies when a member that answers has transactions that the target has not.
most_advanced() {
	for member in $(members "$STATEWARD_POOL"); do
		[ "$member" != "$target" ] || continue
		inspect "$member" || continue
		[ "$role" != vacant ] || continue
		has=$(transactions "$member")
		known=$(transactions "$target")
		alone=$(missing "$target" "$has" "$known")
		[ -z "$alone" ] || die "$member has transactions that $target has not: $alone; declare that member, or delete its claim and its pod when they do not matter"
	done
}

# succeed makes the target the primary without the old one.
succeed() {
	if inspect "$1" && [ "$role" = primary ]; then
		die "$1 is not lost: it takes writes. Declare the new primary and run helm upgrade"
	fi
	[ -z "$writer" ] || die "another member takes writes:$writer$manual"
	[ -z "$silent" ] || log "these members do not answer, and one of them may have more:$silent"
	end=$(received "$target")
	caught_up "$target" "$end" 300 || die "$target has not applied within 300 s what it has received; run this again"
	most_advanced
	log "$target takes the place of $1 with what it has: $(transactions "$target")"
	promote
}

# attach makes every other member that answers a replica of the target.
attach() {
	for member in "$@"; do
		[ "$member" != "$target" ] || continue
		if ! inspect "$member"; then
			log "$member does not answer: the next helm upgrade looks again"
			continue
		fi
		case $role:$source in
		vacant:*) continue ;;
		replica:"$target") [ "$io" = No ] || continue ;;
		esac
		# In this order: what it has, the target may get meanwhile, but not the other way round.
		has=$(transactions "$member")
		known=$(transactions "$target")
		alone=$(missing "$target" "$has" "$known")
		if [ -n "$alone" ]; then
			log "$member has transactions that $target has not: $alone; it stays as it is. Save what is needed, then delete its claim and its pod: it is filled anew"
			continue
		fi
		{
			printf '%s\n' "$keep_read_only"
			follow "$target"
			printf '%s\n' "$start_following"
		} | change "$member"
		log "$member follows $target"
	done
}

survey
others=$writer
if ! inspect "$target"; then
	[ -z "$writer$elsewhere" ] || die "the declared primary $target does not answer, and is not the primary so far:$writer$elsewhere$manual"
	log "$target does not answer; nothing to switch"
	exit 0
fi
case $role in
vacant)
	[ -z "$writer$elsewhere" ] || die "the declared primary $target has no data yet$manual"
	log "$target has no data yet; nothing to switch"
	exit 0
	;;
primary)
	[ -z "$writer" ] || die "$target is the primary, and so is:$writer; more than one member takes writes: stop the wrong one"
	;;
replica)
	old=$source
	if [ "$lost" = lost ]; then
		succeed "$old"
		# shellcheck disable=SC2046 # one word per member
		attach $(members "$STATEWARD_POOL")
		exit 0
	fi
	inspect "$old" || die "$target follows $old, which does not answer: whether $target has everything cannot be known$manual"
	case $role in
	primary) ;;
	fenced) log "$old is fenced already, by a switchover that did not end" ;;
	replica)
		[ "$source" = "$target" ] || die "$target follows $old, which follows $source: a replica of the primary can take over only; run helm upgrade with the present primary first$manual"
		log "$old is fenced already, by a switchover that did not end"
		;;
	*) die "$old, which $target follows, is $role$manual" ;;
	esac
	if [ "$role" = primary ]; then
		inspect "$target" || die "$target does not answer any more$manual"
		[ "$io:$applier" = Yes:Yes ] ||
			die "$target does not follow $old (I/O thread: $io, SQL thread: $applier; $trouble): mend that first$manual"
	fi
	[ -z "$writer" ] || [ "$writer" = " $old" ] || die "more than one member takes writes:$writer$manual"
	others="$others $old"
	hand_over "$old"
	;;
fenced)
	[ -z "$writer" ] || die "the declared primary $target is no replica of$writer, the present one: run helm upgrade with that one declared first, which makes $target its replica$manual"
	[ -z "$silent" ] || die "$target is fenced, and these members do not answer:$silent; one of them may have more$manual"
	most_advanced
	printf '%s\n' "$take_writes" | change "$target"
	log "$target is the primary again"
	;;
esac
# shellcheck disable=SC2046,SC2086 # one word per member
attach $(printf '%s\n' $(members "$STATEWARD_POOL") $others | sort -u)
