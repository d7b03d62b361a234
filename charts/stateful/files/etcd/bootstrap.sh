#!/bin/sh
# After an install or upgrade: waits for the cluster, and makes the users root and
# the application's, with its role. It changes only what is not yet so.
set -eu
: "${STATEWARD_HOST:?}" "${STATEWARD_PORT:?}"
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=etcd.sh
. "$STATEWARD_HOME/scripts/etcd.sh"

service=$scheme://$STATEWARD_HOST:$STATEWARD_PORT
limit=20s

answers() {
	list=$(ctl "$service" member list) && [ -n "$list" ]
}

missing() {
	for host in $(members "$STATEWARD_POOL"); do
		printf '%s\n' "$list" | awk -F ', ' -v host="://$host:" 'index($4, host) && $2 == "started" && $6 == "false" { found = 1 } END { exit !found }' ||
			printf '%s ' "${host%%.*}"
	done
}

complete() {
	answers && [ -z "$(missing)" ]
}

call() {
	ctl "$service" "$@" || die "etcdctl $1 $2: $(reason)"
}

# has WHAT NAME: is there a user or role of this name
has() {
	names=$(call "$1" list) || exit 1 # no answer is not a no
	printf '%s\n' "$names" | grep -qxF "$2"
}

# set_password add|passwd USER KEY: the password is read from standard input
set_password() {
	word=$(credential "$3")
	[ -n "$word" ] || die "the key \"$3\" of the release's Secret is empty: that would let everybody in"
	printf '%s' "$word" | call user "$1" "$2" --interactive=false >&2
}

if [ -z "$(members "$STATEWARD_POOL")" ]; then
	log "no member runs: there is nothing to do"
	exit 0
fi
await 600 "the cluster to answer at $service" answers

if [ -n "${STATEWARD_AUTH:-}" ]; then
	has user root || set_password add root root-password
	roles=$(call user get root) || exit 1
	case $roles in *root*root*) ;; *) call user grant-role root root >&2 ;; esac

	app=${STATEWARD_USERNAME:-root}
	if [ "$app" != root ]; then
		has role "$app" || call role add "$app" >&2
		rights=$(call role get "$app") || exit 1
		[ "$(printf '%s\n' "$rights" | grep -cF "(prefix $prefix)")" -eq 2 ] ||
			call role grant-permission "$app" readwrite --prefix=true "$prefix" >&2
		if ! has user "$app"; then
			set_password add "$app" password
		elif ! (user=$app && ctl "$service" get "$prefix" --keys-only >/dev/null); then
			case $(reason) in *"authentication failed"*) set_password passwd "$app" password ;; esac
		fi
		roles=$(call user get "$app") || exit 1
		case "$(printf '%s\n' "$roles" | sed -n 's/^Roles://p') " in *" $app "*) ;; *) call user grant-role "$app" "$app" >&2 ;; esac
	fi
	on=$(call auth status) || exit 1
	case $on in *"Status: true"*) ;; *) call auth enable >&2 ;; esac
fi

# Not a reason to fail: the cluster serves, and a member may be late for its node's sake.
if (await 300 "all members to be voters" complete); then
	log "all members are voters"
else
	answers || true
	log "warning: not yet voters: $(missing)"
fi
