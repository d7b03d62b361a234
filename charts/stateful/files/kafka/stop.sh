#!/bin/sh
# preStop of a broker: waits until the copies that other brokers are still fetching
# are complete, so that a rolling update does not take a partition below
# min.insync.replicas. At most half of the grace period; the rest is for the
# controlled shutdown, which SIGTERM starts.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=kafka.sh
. "$STATEWARD_HOME/scripts/kafka.sh"

id=$(node_id "$STATEWARD_POOL" "$(ordinal)")
pause=${STATEWARD_STOP_PAUSE:-5}
until=$(($(date +%s) + STATEWARD_GRACE_SECONDS / 2))

# needed prints the partitions at their minimum of copies in sync that count this
# broker in, and would have another copy as soon as it has caught up.
needed() {
	awk -v id="$id" '
		{ replicas = isr = "" }
		{ for (i = 1; i < NF; i++) { if ($i == "Replicas:" && replicas == "") replicas = $(i + 1); if ($i == "Isr:") isr = $(i + 1) } }
		index("," isr ",", "," id ",") && split(replicas, a, ",") > split(isr, b, ",") { print }'
}

while partitions=$(admin kafka-topics.sh --describe --at-min-isr-partitions 2>/dev/null); do
	waiting=$(printf '%s\n' "$partitions" | needed | wc -l)
	[ "$waiting" -gt 0 ] || exit 0
	[ "$(date +%s)" -lt "$until" ] || break
	log "$waiting partitions have no copy to spare: waiting for the other brokers to catch up"
	sleep "$pause"
done
# The cluster does not answer, or a broker stays away: nobody gains by waiting longer.
log "stopping without waiting any longer"
