#!/bin/sh
# restore.sh DIR: loads DIR/mongodb.archive.gz into a server that has no data yet.
# Users of the backup come along; those that the release has made keep the
# passwords of its Secret.
set -eu
# shellcheck source=../lib.sh
. "${STATEWARD_HOME:-/opt/stateward}/scripts/lib.sh"
# shellcheck source=mongo.sh
. "$STATEWARD_HOME/scripts/mongo.sh"
# shellcheck source=tools.sh
. "$STATEWARD_HOME/scripts/tools.sh"

archive=${1:?restore.sh DIR}/mongodb.archive.gz
[ -s "$archive" ] || die "there is no $archive"
on_server() {
	shell "$(uri "$STATEWARD_HOST:$STATEWARD_PORT")" superuser "$1"
}

found=$(on_server '
	const names = run({ listDatabases: 1, nameOnly: true }).databases.map((d) => d.name);
	print("answer", names.filter((n) => !["admin", "config", "local"].includes(n)).join(" "));
') || die "no answer from $STATEWARD_HOST:$STATEWARD_PORT"
found=$(printf '%s\n' "$found" | sed -n 's/^answer *//p')
[ -z "$found" ] || die "the server has databases ($found): a backup is loaded into an empty one only; nothing was changed"

set --
if [ -n "$(setting replication.replSetName)" ]; then
	# What was written while the dump was made is replayed by a command that no
	# built-in role may give.
	on_server '
		if (!run({ rolesInfo: "stateward-restore" }).roles.length) {
			run({ createRole: "stateward-restore", privileges: [{ resource: { anyResource: true }, actions: ["anyAction"] }], roles: [] });
		}
		run({ grantRolesToUser: "root", roles: ["stateward-restore"] });
	' >&2
	trap 'on_server "run({ dropRole: \"stateward-restore\" })" >&2' EXIT
	set -- --oplogReplay
fi
# config holds what the servers note for themselves.
tool mongorestore --archive="$archive" --gzip --stopOnError --nsExclude='config.*' "$@" >&2 || die "mongorestore failed: the server holds a part of the backup"
log "restored $archive"
