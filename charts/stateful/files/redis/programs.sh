# shellcheck shell=sh disable=SC2034
# The programs of the server, by whichever name the image has them: Redis, or
# Valkey, which speaks the same protocol and reads the same configuration.
# Sourced after lib.sh.

# one_of NAME... prints the first of the names that is a program.
one_of() {
	for name; do
		if command -v "$name" >/dev/null; then
			echo "$name"
			return
		fi
	done
	die "the image has none of these programs: $*"
}

# Valkey first: its images have links by the names of Redis, too.
server=$(one_of valkey-server redis-server)
cli=$(one_of valkey-cli redis-cli)

# log_in USER makes every later call log in as this user. Each user but the default
# one has a key of its own in the Secret.
log_in() {
	[ -n "${STATEWARD_AUTH:-}" ] || return 0
	user=$1
	REDISCLI_AUTH=$(credential "$(password_key "$1")")
	VALKEYCLI_AUTH=$REDISCLI_AUTH
	export REDISCLI_AUTH VALKEYCLI_AUTH
}

password_key() {
	case $1 in
	default) echo password ;;
	*) echo "$1-password" ;;
	esac
}

# administrator prints the user that may do everything: where the default one may not,
# there is one with a key of its own.
administrator() {
	if [ -r "$STATEWARD_HOME/credentials/admin-password" ]; then
		echo admin
	else
		echo default
	fi
}

# call HOST PORT ARGUMENT... runs the client. The exit code says nothing about an
# error reply: compare the text.
call() {
	call_host=$1
	call_port=$2
	shift 2
	case ${user:-default} in
	default) ;;
	*) set -- --user "$user" "$@" ;;
	esac
	# The certificate must be of the release's authority; the client checks no names.
	[ -z "${STATEWARD_TLS:-}" ] ||
		set -- --tls --cacert "$STATEWARD_HOME/tls/ca.crt" --cert "$STATEWARD_HOME/tls/tls.crt" --key "$STATEWARD_HOME/tls/tls.key" "$@"
	timeout "${call_seconds:-4}" "$cli" -h "$call_host" -p "$call_port" "$@" 2>&1
}

# acl_user NAME RULE... prints the line of an ACL file. The password stands there as
# its hash, so that it is in no file but the Secret's; and without the line break that
# a Secret written by hand may end with.
acl_user() {
	name=$1
	shift
	password=$(credential "$(password_key "$name")")
	[ -n "$password" ] ||
		die "the key \"$(password_key "$name")\" of the release's Secret is empty: that would let everybody in"
	echo "user $name on #$(printf %s "$password" | sha256sum | cut -d ' ' -f 1) $*"
}

# ping_server KIND is the probe of this name, as far as a ping can tell. Its answer is
# compared: the client exits 0 on an error reply.
ping_server() {
	answer=$(call 127.0.0.1 "$STATEWARD_PORT" ping || true)
	case $1:$answer in
	*:PONG) ;;
	# It answers, so it lives: a restart would begin the loading anew, and cures no password.
	liveness:*LOADING* | liveness:*MASTERDOWN* | liveness:*BUSY* | liveness:*NOAUTH* | liveness:*WRONGPASS*) ;;
	*) die "$1: ping was answered with \"$answer\"" ;;
	esac
}

# quoted VALUE prints it as a word of a configuration file, or of the client's input.
quoted() {
	printf '"%s"' "$(printf %s "$1" | sed 's/[\\"]/\\&/g')"
}

# metrics_user [RULE...] prints the line of the exporter's user and writes the file that the
# exporter reads the password from: by address, it takes no file with nothing else.
# A Secret of the user's own may lack the key.
metrics_user() {
	[ -r "$STATEWARD_HOME/credentials/metrics-password" ] || return 0
	scheme=redis${STATEWARD_TLS:+s}
	printf '{"%s://metrics@127.0.0.1:%s": %s}\n' "$scheme" "$STATEWARD_PORT" "$(quoted "$(credential metrics-password)")" >"$STATEWARD_RUN_DIR/metrics.json"
	acl_user metrics "$metrics_rules" "$@"
}

# What the exporter may: look at figures, not at the values of keys.
metrics_rules='-@all +ping +info +client|setname +client|list +slowlog|len +slowlog|get +latency|latest +latency|histogram +cluster|info'
