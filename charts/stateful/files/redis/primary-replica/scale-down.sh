#!/bin/sh
# Before an upgrade: members that are to go are no longer electable, and the primary,
# if it is one of them, hands over. `members` prints the list after the upgrade.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"
# shellcheck source=handover.sh
. "$STATEWARD_HOME/scripts/handover.sh"

# next_member prints the name that a member has if there are more than the list says.
next_member() {
	last=$(members server | tail -n 1)
	pod=${last%%.*}
	echo "${pod%-*}-$((${pod##*-} + 1)).${last#*.}"
}

if [ -z "$(members server)" ] || [ -z "$(members sentinels)" ]; then
	log "all members are to stop: nothing to hand over"
	exit 0
fi
ask_sentinels
if [ -z "$named" ]; then
	# An upgrade may be what mends the Sentinels: only members that go are a reason to refuse it.
	getent hosts "$(next_member)" >/dev/null ||
		{ log "no majority of the Sentinels names a primary; no member is to go" && exit 0; }
	die "no majority of the Sentinels names a primary: see to them before members go"
fi
leaving=
for known in $named $(known_members replicas); do
	stays "$known" server || leaving="$leaving $known"
done
[ -n "$leaving" ] || { log "no member is to go" && exit 0; }
log "to go:$leaving"
log_in admin
for member in $leaving; do
	answer=$(call "$member" "$server_port" config set replica-priority 0 || true)
	[ "$answer" = OK ] || log "$member does not answer ($answer): it cannot be elected either"
done
case " $leaving " in
*" $named "*) ;;
*) exit 0 ;;
esac

# Sentinels look at the replicas' priorities every ten seconds.
unelectable() {
	known=$(sentinel_reply replicas)
	for member in $leaving; do
		priority=$(printf '%s\n' "$known" | sed -n "/^ip\$/{n;h;};/^slave-priority\$/{n;G;s/\(.*\)\n$member\$/\1/p;}")
		[ "${priority:-0}" -eq 0 ] || return 1
	done
}
await 40 "the Sentinels to see that the members to go are not electable" unelectable
leaver=$named
hand_over "$leaver" "$leaver" "${STATEWARD_HANDOVER_SECONDS:-30}" || {
	let_go
	die "$leaver is to go and no other member took its place; nothing was removed"
}
