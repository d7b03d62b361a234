#!/bin/sh
# Job after every install and upgrade: makes the replica set of the declared
# members once, and adds members that are not in it yet.
#   no member knows a set, and all answer -> the set is made on the first member
#   a member knows one                    -> nothing is ever made anew
# MongoDB itself refuses to make a set with a member that does not answer, that
# has data or that is in another set.
set -eu
# shellcheck source=../../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=../mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"
# shellcheck source=set.sh
. "$STATEWARD_HOME/scripts/set.sh"

set_name=$(setting replication.replSetName)
# MongoDB knows no more than seven votes.
most_votes=7

all_answer_or_one_is_in_a_set() {
	survey
	[ -n "$named" ] || [ -z "$silent" ]
}

make_set() {
	log "no member knows a replica set: making $set_name of $(addresses | wc -l) members"
	MONGO_SET=$set_name MONGO_VOTES=$most_votes MONGO_MEMBERS=$(addresses) shell "$(uri "$(addresses | head -n 1)")" superuser '
		const members = env.MONGO_MEMBERS.split("\n").map((host, i) =>
			i < Number(env.MONGO_VOTES) ? { _id: i, host } : { _id: i, host, priority: 0, votes: 0 });
		run({ replSetInitiate: { _id: env.MONGO_SET, members } });
	' >&2 || die "the set could not be made; the message above is MongoDB's. A member that has data of its own may have been left by another release: give it an empty volume"
}

in_set() {
	[ "$(on_primary 'print("answer", member(host) ? "yes" : "no")' "$1" | sed -n 's/^answer //p')" = yes ]
}

# A new member has no vote until it has the data: else it would count for the
# majority of every write and could give none.
add() {
	find_primary || return 1
	log "adding $1"
	on_primary '
		const free = Math.max(...config.members.map((m) => m._id)) + 1;
		config.members.push({ _id: free, host, priority: 0, votes: 0, tags: { stateward: "joining" } });
		save();
	' "$1" >&2
}

# Only a member that add made is raised: what people set stays theirs.
raise() {
	find_primary || return 1
	on_primary '
		const m = member(host);
		if ((m.tags || {}).stateward === "joining") {
			delete m.tags.stateward;
			if (config.members.filter((x) => x.votes > 0).length < '"$most_votes"') { m.votes = 1; m.priority = 1; }
			save();
			print("raised " + host);
		}
	' "$1" >&2
}

has_data() {
	find_primary || return 1
	is=$(on_primary 'print("answer", state(host))' "$1" | sed -n 's/^answer //p')
	case $is in
	PRIMARY | SECONDARY) return 0 ;;
	# Its data are older than what the others still remember.
	RECOVERING) log "$1 is RECOVERING: if that does not end, it cannot catch up any more; delete its claim and its pod" ;;
	esac
	return 1
}

await 600 "every member's answer" all_answer_or_one_is_in_a_set
case $sets in
'') make_set ;;
" $set_name") ;;
*) die "members are in the set$sets, and not in \"$set_name\": nothing was changed" ;;
esac
await 300 "a primary" find_primary
for address in $(addresses); do
	in_set "$address" || {
		case " $named " in *" $address "*) die "$address is in a set of the same name that is not the set of the primary $primary: its data may be those of another release; nothing was changed" ;; esac
		await 300 "$address to be added" add "$address"
	}
	await 3000 "the data of $address" has_data "$address"
	await 300 "the vote of $address" raise "$address"
done
log "the set $set_name has all $(addresses | wc -l) members"
