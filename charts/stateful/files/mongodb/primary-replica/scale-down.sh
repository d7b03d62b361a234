#!/bin/sh
# Job before every upgrade: takes members that will go out of the set, the highest
# first, while they still run. Nothing to take out: does nothing.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"
# shellcheck source=set.sh
. "$STATEWARD_HOME/scripts/set.sh"

count=$(addresses | wc -l)

# The first pod that would go has an address as long as it is there.
more_pods() {
	getent hosts "$STATEWARD_RELEASE-$count.$STATEWARD_HEADLESS" >/dev/null
}

# victims: members of the set that are pods of this release with a number that is
# no longer declared. Members that somebody else added are not ours to take out.
list_victims() {
	on_primary 'for (const m of config.members) print("member", m.host)' |
		sed -n "s/^member \($STATEWARD_RELEASE-\([0-9]*\)\.$STATEWARD_HEADLESS:.*\)/\2 \1/p" |
		while read -r number address; do
			[ "$number" -lt "$count" ] || printf '%s %s\n' "$number" "$address"
		done | sort -rn | cut -d ' ' -f 2
}

# Of the members that stay, more than half must be able to vote.
majority_stays() {
	[ "$(on_primary '
		const voters = config.members.filter((m) => m.host !== host && m.votes > 0).map((m) => m.host);
		const well = members().filter((m) => voters.includes(m.name) && m.health === 1 && ["PRIMARY", "SECONDARY"].includes(m.stateStr));
		print("answer", well.length * 2 > voters.length ? "yes" : "no");
	' "$1" | sed -n 's/^answer //p')" = yes ]
}

another_primary() {
	find_primary && [ "$primary" != "$1" ]
}

remove() {
	majority_stays "$1" || die "without $1 the healthy members would be no majority: nothing more was taken out; bring the others up first"
	if [ "$primary" = "$1" ]; then
		log "$1 is the primary: it hands over"
		on_primary 'run({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 20 })' >&2 || log "$1 did not hand over at once"
		await 120 "another primary than $1" another_primary "$1"
	fi
	log "taking $1 out of the set"
	on_primary '
		const left = config.members.filter((m) => m.host !== host);
		if (left.length < config.members.length) { config.members = left; save(); }
	' "$1" >&2
}

out() {
	find_primary && [ "$(on_primary 'print("answer", member(host) ? "in" : "out")' "$1" | sed -n 's/^answer //p')" = out ]
}

survey
if [ -z "$named" ]; then
	more_pods || exit 0
	[ -n "$silent" ] || exit 0 # they answer, and no set was ever made
	die "members would go, and no member answers that could take them out of the set: bring the set up first"
fi
waited=0
until find_primary; do
	waited=$((waited + 5))
	if [ "$waited" -gt 120 ]; then
		more_pods || exit 0
		die "members would go, and the set has no primary that could take them out: bring the set up first"
	fi
	sleep 5
done
victims=$(list_victims)
[ -n "$victims" ] || exit 0
for victim in $victims; do
	remove "$victim"
	await 120 "the set without $victim" out "$victim"
done
log "taken out: $(printf '%s' "$victims" | tr '\n' ' ')"
