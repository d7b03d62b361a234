# shellcheck shell=sh
# What the scripts share that talk to Patroni. Sourced after lib.sh.

conf=$STATEWARD_HOME/config/postgresql.conf
rest_port=8008

# setting NAME prints a setting of postgresql.conf, nothing where it has none.
setting() {
	sed -n "s/^$1 = //p" "$conf" | sed "s/^'\(.*\)'\$/\1/; s/''/'/g"
}

# text WORD prints JSON text.
text() {
	printf '"%s"' "$(printf %s "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

# json WORD prints a setting's value as JSON: a number, a truth value, what is JSON already, or text.
json() {
	case $1 in
	on | true) printf true ;;
	off | false) printf false ;;
	'{'*'}' | '['*']') printf %s "$1" ;;
	'' | *[!0-9]* | 0?*) text "$1" ;;
	*) printf %s "$1" ;;
	esac
}

# What Patroni keeps for all members together. Values of PostgreSQL that a replica
# must not have lower than the primary, and that Patroni therefore sets itself ...
shared_parameters='max_connections max_locks_per_transaction max_prepared_transactions max_replication_slots
max_wal_senders max_worker_processes track_commit_timestamp wal_level wal_log_hints'
# ... and settings of Patroni, written as patroni.NAME among those of PostgreSQL.
patroni_settings='failsafe_mode loop_wait max_timelines_history maximum_lag_on_failover maximum_lag_on_syncnode
member_slots_ttl primary_race_backoff primary_start_timeout primary_stop_timeout retry_timeout synchronous_mode
synchronous_mode_strict synchronous_node_count ttl'

# dynamic prints the configuration that Patroni keeps in Kubernetes, as JSON. What
# the values do not have is null: it goes back to Patroni's default.
dynamic() {
	printf '{'
	for name in $patroni_settings; do
		value=$(setting "patroni[.]$name")
		if [ -n "$value" ]; then value=$(json "$value"); else value=null; fi
		printf '"%s": %s, ' "$name" "$value"
	done
	# Others, such as slots, are changed where the values have them and else left alone.
	others=$(sed -n 's/^patroni[.]\([A-Za-z_]*\) = .*/\1/p' "$conf")
	for name in $others; do
		case " $(echo "$patroni_settings" | tr '\n' ' ') " in
		*" $name "*) ;;
		*) printf '"%s": %s, ' "$name" "$(json "$(setting "patroni[.]$name")")" ;;
		esac
	done
	printf '"postgresql": {"parameters": {'
	comma=
	for name in $shared_parameters; do
		value=$(setting "$name")
		if [ -n "$value" ]; then value=$(text "$value"); else value=null; fi
		printf '%s"%s": %s' "$comma" "$name" "$value"
		comma=', '
	done
	printf '}}}'
}

# The interpreter that Patroni itself runs in: an image need not have another one.
python() {
	interpreter=$(sed -n '1s/^#! *\([^ ]*\).*/\1/p' "$(command -v patroni)")
	case $interpreter in
	*/python*) ;;
	*) interpreter=python3 ;;
	esac
	"$interpreter" "$@"
}

# call is the part of the Python programs here that asks a member's Patroni: the
# answer, or an OSError. The certificate must be of the release's authority; names are
# not checked, as a member asks itself by its address. An authority without key usage
# does for PostgreSQL and for members among themselves, so it must do here.
# shellcheck disable=SC2034 # the scripts that source this
client='
import base64, json, os, ssl, sys, time, urllib.request

def log(text):
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ stateward:", time.gmtime()), text, file=sys.stderr)

def call(host, method, path, body=None, timeout=10):
    home, port = os.environ["STATEWARD_HOME"], os.environ["rest_port"]
    context = None
    scheme = "http"
    if os.environ.get("STATEWARD_TLS"):
        scheme = "https"
        context = ssl.create_default_context(cafile=home + "/tls/ca.crt")
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    request = urllib.request.Request("%s://%s:%s%s" % (scheme, host, port, path), method=method)
    if body is not None:
        password = open(home + "/credentials/restapi-password").read().rstrip("\n")
        request.add_header("Authorization", "Basic " + base64.b64encode(("patroni:" + password).encode()).decode())
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=context) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace").strip().split("\n")[0]
        raise OSError("%s %s: %s %s" % (method, path, error.code, text[:200]))

def cluster(host):
    return json.loads(call(host, "GET", "/cluster"))
'
export STATEWARD_HOME rest_port
