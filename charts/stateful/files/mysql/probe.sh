#!/bin/sh
# probe.sh startup|liveness|readiness
# Over the socket and as root, who gets in even when max_connections is reached.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=engine.sh
. "$STATEWARD_HOME/scripts/engine.sh"

answer=$(printf '%s\n' 'SELECT 1;' | timeout 8 "$client" --no-defaults --protocol=socket --socket="$socket" --user=root --batch --skip-column-names 2>&1 || true)
case $1:$answer in
*:1) ;;
# No answer over the socket: 2002, 2003, 2013. Any other error is the word of a living
# server, and a restart cures none.
liveness:*ERROR\ 20[01][0-9]* | liveness:) die "$1: \"$answer\"" ;;
liveness:*) ;;
*) die "$1: \"$answer\"" ;;
esac
[ "$1" = readiness ] && replicated || exit 0

inspect '' || die "readiness: the server does not tell its state: \"$answer\""
case $role in
primary) set_role primary ;;
fenced)
	die "readiness: this member takes no writes and follows nobody, and the values declare $(declared) the primary: run helm upgrade, whose Job gives it its place, or says why not"
	;;
replica)
	set_role replica
	# A primary that is away leaves the I/O thread trying again: what is here can be read.
	case $applier:$io in
	Yes:Yes | Yes:Connecting | Yes:Preparing) ;;
	*) die "readiness: it does not follow $source (I/O thread: $io, SQL thread: $applier): $trouble" ;;
	esac
	# Once per start: transactions of this member alone, as on a left-over volume.
	[ ! -f "$STATEWARD_RUN_DIR/compared" ] || exit 0
	has=$(patience=5 transactions '')
	if known=$(patience=5 transactions "$source"); then
		alone=$(missing '' "$has" "$known")
		[ -z "$alone" ] || die "readiness: this member has transactions that $source has not: $alone; save what is needed, then delete its claim and its pod: it is filled anew"
		: >"$STATEWARD_RUN_DIR/compared"
	fi
	;;
esac
