#!/bin/sh
# Writes the manifest of a Secret: what is in the mounted Secret stays as it is,
# a key that is not there yet gets a random value.
#
# credentials.sh EXISTING OUT NAME LABELS [KEY=LENGTH]...
#   EXISTING  folder where the Secret of an earlier run is mounted, empty on the first
#   OUT       file to write
#   NAME      of the Secret
#   LABELS    JSON object
set -eu
umask 077

existing=$1 out=$2 name=$3 labels=$4
shift 4

random() {
	# 62 of 256 byte values pass tr: 8 bytes for each character are plenty.
	value=$(head -c $(($1 * 8)) /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9' | head -c "$1")
	[ ${#value} -eq "$1" ] || { echo "error: /dev/urandom gave too little" >&2; exit 1; }
	printf %s "$value"
}

{
	printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  labels: %s\ntype: Opaque\ndata:\n' "$name" "$labels"
	# Keys that this release did not ask for are somebody's: they stay.
	for file in "$existing"/*; do
		[ -f "$file" ] || continue
		printf '  %s: %s\n' "${file##*/}" "$(base64 <"$file" | tr -d '\n')"
	done
	for want in "$@"; do
		key=${want%%=*}
		[ ! -f "$existing/$key" ] || continue
		value=$(random "${want#*=}")
		printf '  %s: %s\n' "$key" "$(printf %s "$value" | base64 | tr -d '\n')"
	done
} >"$out"
