#!/bin/sh
# sentinel-probe.sh startup|liveness|readiness
# A Sentinel that knows of no primary, because it is new or has lost its volume, is not
# ready: the readiness probe finds out what the others know and tells it.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"

log_in sentinel
local_sentinel() {
	call 127.0.0.1 "$sentinel_port" "$@"
}
answer=$(local_sentinel ping || true)
[ "$answer" = PONG ] || die "$1: ping was answered with \"$answer\""
[ "$1" = readiness ] || exit 0

# get NAME prints one field of what this Sentinel knows of the primary.
get() {
	printf '%s\n' "$known" | sed -n "/^$1\$/{n;p;q;}"
}

call_seconds=2
known=$(local_sentinel sentinel master "$primary_name" || true)
case $known in
*runid*) learn=no ;;
*'No such master'*) learn=yes ;;
*) die "readiness: this Sentinel does not say what it knows: \"$known\"" ;;
esac
if [ "$learn" = yes ]; then
	ask_sentinels
	if [ -z "$named" ]; then
		ask_members
		case $leaders in
		'' | *' '*) die "readiness: this Sentinel knows of no primary yet, nor does a majority of the others; members that are one: ${leaders:-none}" ;;
		*) named=$leaders ;;
		esac
	fi
	log "learned of the primary $named"
	monitor 127.0.0.1 "$named" >/dev/null
	log_in sentinel
	known=$(local_sentinel sentinel master "$primary_name")
fi

# Settings that a Sentinel was told at run time, or that have changed since, as the
# quorum with the number of Sentinels.
{
	echo "quorum $(majority sentinels)"
	cat "$STATEWARD_HOME/config/sentinel.conf"
} | while read -r setting value; do
	[ "$(get "$setting")" = "$value" ] && continue
	answer=$(local_sentinel sentinel set "$primary_name" "$setting" "$value" || true)
	[ "$answer" = OK ] || die "readiness: cannot set $setting to $value: \"$answer\""
done
