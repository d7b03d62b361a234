# shellcheck shell=sh
# How mongodump and mongorestore are called. Sourced after mongo.sh.

# tool PROGRAM ARGUMENT... runs it as the superuser, with the password from a file
# that only this user can read.
tool() {
	program=$1
	shift
	(
		umask 077
		printf "password: '%s'\n" "$(credential superuser-password | sed "s/'/''/g")" >"$STATEWARD_RUN_DIR/tools.yaml"
	)
	[ -z "${STATEWARD_TLS:-}" ] || set -- --ssl --sslCAFile="$STATEWARD_HOME/tls/ca.crt" "$@"
	status=0
	"$program" --config="$STATEWARD_RUN_DIR/tools.yaml" --host="$(servers)" --username=root --authenticationDatabase=admin "$@" || status=$?
	rm -f "$STATEWARD_RUN_DIR/tools.yaml"
	return "$status"
}

# A replica set is named by all its members, so that its primary is found.
servers() {
	if [ -n "$(setting replication.replSetName)" ]; then
		printf '%s/%s\n' "$(setting replication.replSetName)" "$(addresses | paste -s -d , -)"
	else
		printf '%s:%s\n' "$STATEWARD_HOST" "$STATEWARD_PORT"
	fi
}
