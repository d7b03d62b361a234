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

# is_empty_dir DIR is true for a directory that is missing, or holds nothing but
# what a file system puts there itself.
is_empty_dir() {
	[ -z "$(find "$1" -mindepth 1 -maxdepth 1 ! -name lost+found 2>/dev/null | head -n 1)" ]
}
