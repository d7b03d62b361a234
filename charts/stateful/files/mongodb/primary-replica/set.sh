# shellcheck shell=sh
# What the Jobs know of the replica set. Sourced after mongo.sh.

# survey fills silent, the members that do not answer; named, those that are in a
# set; sets, the names of these sets.
survey() {
	silent='' named='' sets=''
	for asked in $(addresses); do
		# shellcheck disable=SC2046 # three words
		set -- $(describe "$asked")
		if [ $# -eq 0 ]; then
			silent="$silent $asked"
		elif [ "$1" != - ]; then
			named="$named $asked"
			case " $sets " in *" $1 "*) ;; *) sets="$sets $1" ;; esac
		fi
	done
}

# find_primary fills primary with the address of the member that is primary now:
# one of the declared ones, or one that they know and that is not declared any more.
find_primary() {
	primary=
	for asked in $(addresses); do
		# shellcheck disable=SC2046 # three words
		set -- $(describe "$asked")
		if [ "${2:-}" = primary ]; then
			primary=$asked
		elif [ "${3:--}" != - ]; then
			case $(describe "$3") in *' primary '*) primary=$3 ;; esac
		fi
		[ -z "$primary" ] || return 0
	done
	return 1
}

# on_primary JAVASCRIPT runs it on the primary, as the superuser, with
#   config, save(): the set's configuration, and what makes a changed one hold
#   member(host), state(host): a member of it, and how it is: SECONDARY, STARTUP2 ...
on_primary() {
	MONGO_MEMBER=${2:-} shell "$(uri "$primary")" superuser '
		const config = run({ replSetGetConfig: 1 }).config;
		const host = env.MONGO_MEMBER;
		const member = (name) => config.members.find((m) => m.host === name);
		const members = () => run({ replSetGetStatus: 1 }).members;
		const state = (name) => (members().find((m) => m.name === name) || { stateStr: "unknown" }).stateStr;
		const save = () => { config.version++; run({ replSetReconfig: config, maxTimeMS: 30000 }); };
		'"$1"
}
