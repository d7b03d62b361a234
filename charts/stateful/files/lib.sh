# shellcheck shell=sh
# What the scripts of all presets share. Sourced, never run.

STATEWARD_HOME=${STATEWARD_HOME:-/opt/stateward}
STATEWARD_RUN_DIR=${STATEWARD_RUN_DIR:-/run/stateward}

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
