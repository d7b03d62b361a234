#!/bin/sh
# Before an upgrade: takes the members that it will stop out of the cluster, the
# highest ordinal first. It runs at every upgrade, and mostly finds none. `members`
# prints those that stay.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}" "${STATEWARD_RELEASE:?}" "${STATEWARD_HEADLESS:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

service=$scheme://$STATEWARD_HOST:$STATEWARD_PORT
limit=20s
stay=$(members "$STATEWARD_POOL" | grep -c .) || true
if [ "$stay" -eq 0 ]; then
	log "all members stop and keep their data: there is nobody to remove"
	exit 0
fi

# leaving prints ordinal, ID, client URL and learner of the members that go, the highest first.
leaving() {
	printf '%s\n' "$list" | awk -F ', ' -v OFS=' ' -v name="$STATEWARD_RELEASE-" -v domain=".$STATEWARD_HEADLESS:" -v stay="$stay" '{
		host = $4
		sub(/^https?:\/\//, "", host)
		at = index(host, domain)
		if (index(host, name) != 1 || at == 0) next # not of this release
		number = substr(host, length(name) + 1, at - length(name) - 1)
		if (number ~ /^[0-9]+$/ && number + 0 >= stay + 0) print number, $1, ($5 == "" ? "-" : $5), $6
	}' | sort -rn
}

ask() {
	list=$(ctl "$service" member list) && [ -n "$list" ]
}

if ! ask; then
	said=$(reason)
	# Only members that run can be stopped. A pod has a name as long as it exists.
	if nslookup "$STATEWARD_RELEASE-$stay.$STATEWARD_HEADLESS" >/dev/null 2>&1; then
		die "the cluster does not answer ($said), and $STATEWARD_RELEASE-$stay would be stopped: bring back a quorum first, or keep the number of members"
	fi
	log "the cluster does not answer ($said); no member would be stopped"
	exit 0
fi
go=$(leaving)
if [ -z "$go" ]; then
	log "no member to remove"
	exit 0
fi

# With all that stay healthy voters, they are a majority of themselves, and of each step on the way.
for host in $(members "$STATEWARD_POOL"); do
	client=$(printf '%s\n' "$list" | awk -F ', ' -v host="://$host:" 'index($4, host) && $2 == "started" && $6 == "false" { print $5 }')
	[ -n "$client" ] || die "$host stays, but is no voter of the cluster: nothing was removed; wait for it, or look at its log"
	ctl "$client" endpoint health >/dev/null ||
		die "$host stays, but is not healthy ($(reason)): nothing was removed; bring it back first"
	[ -n "${heir:-}" ] || heir=$(printf '%s\n' "$list" | awk -F ', ' -v client="$client" '$5 == client { print $1 }')
done

# is_leader CLIENT-URL
is_leader() {
	status=$(ctl "$1" endpoint status --write-out=fields) || return 1
	[ "$(printf '%s\n' "$status" | awk '$1 == "\"MemberID\"" || $1 == "\"Leader\"" { print $3 }' | uniq | wc -l)" -eq 1 ]
}

printf '%s\n' "$go" | while read -r number id client learner; do
	if [ "$learner" = false ] && [ "$client" != - ] && is_leader "$client"; then
		log "$STATEWARD_RELEASE-$number leads: handing over to $heir"
		ctl "$client" move-leader "$heir" >&2 || die "cannot hand over: $(reason)"
	fi
	log "removing $STATEWARD_RELEASE-$number, $id"
	# Refused while another change or an election is under way.
	# shellcheck disable=SC2317,SC2329 # called by await
	remove() { ctl "$service" member remove "$id" >&2 || { ask && ! printf '%s\n' "$list" | grep -q "^$id,"; }; }
	await 120 "the cluster to remove $STATEWARD_RELEASE-$number" remove
	# The cluster has to be well before the next one goes.
	# shellcheck disable=SC2317,SC2329
	healthy() { ctl "$service" endpoint health >/dev/null; }
	await 60 "the cluster to be healthy without it" healthy
	log "the claim data-$STATEWARD_RELEASE-$number stays; its data is of no use to the cluster any more: kubectl --namespace $STATEWARD_NAMESPACE delete pvc data-$STATEWARD_RELEASE-$number"
done
