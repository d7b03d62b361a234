#!/bin/sh
# name-primary.sh MEMBER
# For people, when the Sentinels have lost their volumes and more than one member holds
# data: says which one is right. The others will copy its data and lose their own.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../programs.sh
. "$STATEWARD_HOME/scripts/programs.sh"
# shellcheck source=peers.sh
. "$STATEWARD_HOME/scripts/peers.sh"

chosen=
for member in $(members server); do
	[ "${member%%.*}" != "${1%%.*}" ] || chosen=$(address "$member")
done
[ -n "$chosen" ] || die "there is no member \"$1\", but these: $(members server | sed 's/\..*//' | tr '\n' ' ')"
ask_sentinels
[ -z "$named" ] || die "the Sentinels name $named already: make another one the primary with SENTINEL FAILOVER"
for sentinel in $(members sentinels); do
	log "$sentinel: $(monitor "$(address "$sentinel")" "$chosen" | head -n 1)"
done
