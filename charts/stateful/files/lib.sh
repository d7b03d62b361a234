# shellcheck shell=sh
# What the scripts of all presets share. Sourced, never run.

STATEWARD_HOME=${STATEWARD_HOME:-/opt/stateward}
STATEWARD_RUN_DIR=${STATEWARD_RUN_DIR:-/run/stateward}
# Where an init container puts a shell and its programs when the image has none.
PATH=$PATH:$STATEWARD_HOME/tools
export PATH

log() {
	printf '%s stateward: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" >&2
}

die() {
	log "error: $*"
	exit 1
}

# credential NAME prints the value of one key of the release's Secret.
credential() {
	[ -r "$STATEWARD_HOME/credentials/$1" ] ||
		die "the release's Secret has no key \"$1\" (looked in $STATEWARD_HOME/credentials)"
	cat "$STATEWARD_HOME/credentials/$1"
}

# is_empty DIR is true for a folder that is missing or holds nothing.
is_empty() {
	[ -z "$(ls -A "$1" 2>/dev/null)" ]
}

# members [POOL] prints the full names of a pool's members, in order of their ordinals.
members() {
	cat "$STATEWARD_HOME/topology/members.${1:-$STATEWARD_POOL}"
}

# fqdn prints this member's own full name.
fqdn() {
	printf '%s.%s\n' "$STATEWARD_MEMBER" "$STATEWARD_HEADLESS"
}

# ordinal prints this member's own number.
ordinal() {
	printf '%s\n' "${STATEWARD_MEMBER##*-}"
}

# set_role ROLE says what this member is at the moment: primary or replica. The
# container "role" makes it the pod's label, which the Services select.
set_role() {
	printf '%s\n' "$1" >"$STATEWARD_RUN_DIR/role.new"
	mv "$STATEWARD_RUN_DIR/role.new" "$STATEWARD_RUN_DIR/role"
}

# await SECONDS WHAT COMMAND... runs a command every two seconds until it succeeds.
await() {
	await_left=$1 await_what=$2
	shift 2
	log "waiting for $await_what"
	until "$@"; do
		await_left=$((await_left - 2))
		[ "$await_left" -gt 0 ] || die "gave up waiting for $await_what"
		sleep 2
	done
}
