package charts_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newRedis is a sandbox with fakes of server and client. The client answers with the
// file answers/HOST:PORT/COMMAND, blanks as underscores; a server without a folder does
// not answer, a command without a file is answered OK.
func newRedis(t *testing.T, pattern string) *sandbox {
	s := newSandbox(t, "redis")
	folder, err := filepath.Glob("stateful/files/redis/" + pattern + "/*.sh")
	require.NoError(t, err)
	for _, file := range folder {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s.write("home/scripts/"+filepath.Base(file), string(text))
	}
	s.env = append(s.env, "STATEWARD_DATA_DIR="+s.path("data/redis"), "STATEWARD_AUTH=true", "STATEWARD_PORT=6379",
		"STATEWARD_GRACE_SECONDS=300", "STATEWARD_HANDOVER_SECONDS=2", "STATEWARD_WAIT_SECONDS=4", "ANSWERS="+s.path("answers"))
	for _, name := range []string{"admin", "replica", "sentinel", "probe"} {
		if pattern == "primary-replica" {
			s.write("home/credentials/"+name+"-password", name+`-se"cret`)
		}
	}
	s.write("home/credentials/metrics-password", "metrics-secret")
	s.write("home/config/redis.conf", "port 6379\n")
	// A server that stands in for a member that waits runs until it is ended.
	s.fake("redis-server", `case $1 in *waiting-*) exec /usr/bin/sleep 60 >/dev/null 2>&1 ;; esac`)
	s.write("bin/sleep", "#!/bin/sh\n")
	s.write("bin/redis-cli", `#!/bin/sh
user=default
while :; do
	case $1 in
	-h) host=$2; shift 2 ;;
	-p) port=$2; shift 2 ;;
	-s) host=socket port=0; shift 2 ;;
	-n) shift 2 ;;
	--user) user=$2; shift 2 ;;
	--tls) tls=' tls'; shift ;;
	--cacert | --cert | --key) shift 2 ;;
	*) break ;;
	esac
done
reply() {
	echo "redis-cli $user@$host:$port${tls:-} $*" >>"$CALLS"
	file="$ANSWERS/$host:$port/$(printf %s "$*" | tr ' /' '__' | cut -c 1-200)"
	[ -d "$ANSWERS/$host:$port" ] || { echo "Could not connect to Redis at $host:$port"; exit 1; }
	if [ -f "$file" ]; then cat "$file"; else echo OK; fi
	case "$*" in
	"sentinel monitor "*) printf '%s\n%s\n' "$4" "$5" >"$ANSWERS/$host:$port/sentinel_get-master-addr-by-name_mymaster" ;;
	"sentinel failover "*) [ ! -d "$ANSWERS/after" ] || cp -r "$ANSWERS/after/." "$ANSWERS" ;;
	"sentinel reset "*) [ ! -d "$ANSWERS/after-reset" ] || cp -r "$ANSWERS/after-reset/." "$ANSWERS" ;;
	"--rdb "*) [ -f "$file" ] || echo REDIS >"$2" ;;
	esac
}
[ $# -gt 0 ] || { while read -r line; do set -f; reply $line; done; exit; }
reply "$@"
`)
	if pattern == "primary-replica" {
		s.env = append(s.env, "STATEWARD_PORT_SERVER=6379", "STATEWARD_PORT_SENTINELS=26379", "STATEWARD_HEADLESS=r-headless.ns.svc", "STATEWARD_POOL=server")
		s.members("server", 3)
		s.members("sentinels", 3)
	}
	return s
}

func (s *sandbox) members(pool string, count int) {
	var lines string
	for i := range count {
		name := map[string]string{"server": "r", "sentinels": "r-sentinels"}[pool]
		lines += fmt.Sprintf("%s-%d.%s-headless.ns.svc\n", name, i, name)
	}
	s.write("home/topology/members."+pool, lines)
}

// server is what a server answers; a Sentinel is told by its name.
func (s *sandbox) server(name string, answers map[string]string) {
	at := name + ".ns.svc:6379"
	switch {
	case strings.Contains(name, "sentinel"):
		at = name + ".ns.svc:26379"
	case strings.Contains(name, ":"):
		at = name
	}
	require.NoError(s.t, os.MkdirAll(s.path("answers/"+at), 0o755))
	for command, text := range answers {
		s.write("answers/"+at+"/"+strings.NewReplacer(" ", "_", "/", "_").Replace(command), text+"\n")
	}
}

const (
	asksSentinel = "sentinel get-master-addr-by-name mymaster"
	asksMember   = "info server persistence replication keyspace"
)

// sentinels name one primary each; "" knows of none, "-" does not answer.
func (s *sandbox) sentinels(named ...string) {
	for i, name := range named {
		switch name {
		case "-":
		case "":
			s.server(fmt.Sprintf("r-sentinels-%d", i), map[string]string{asksSentinel: ""})
		default:
			s.server(fmt.Sprintf("r-sentinels-%d", i), map[string]string{asksSentinel: name + ".ns.svc\n6379"})
		}
	}
}

const (
	leads   = "config_file:/run/redis.conf\r\nrole:master\r\ndb0:keys=1,expires=0"
	follows = "config_file:/run/redis.conf\r\nrole:slave\r\nmaster_link_status:down\r\ndb0:keys=1,expires=0"
	bare    = "config_file:/run/waiting-empty.conf\r\nrole:slave"
	loaded  = "config_file:/run/waiting-data.conf\r\nrole:slave"
)

// others say what the members answer; "" does not.
func (s *sandbox) others(answers map[string]string) {
	for name, text := range answers {
		s.server(name, map[string]string{asksMember: text, "role": strings.Replace(strings.Replace(text, leads, "master", 1), follows, "slave", 1)})
	}
}

func TestRedisStart(t *testing.T) {
	s := newRedis(t, "single-instance")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Equal(t, "redis-server "+s.path("run/redis.conf")+"\n", s.calls())
	require.Equal(t, "include "+s.path("home/config/redis.conf")+"\naclfile "+s.path("run/users.acl")+"\n", s.read("run/redis.conf"))
	users := strings.Split(s.read("run/users.acl"), "\n")
	require.Equal(t, fmt.Sprintf("user default on #%x ~* &* +@all", sha256.Sum256([]byte("app-secret"))), users[0])
	require.Contains(t, users[1], fmt.Sprintf("user metrics on #%x -@all +ping +info", sha256.Sum256([]byte("metrics-secret"))))
	require.NotContains(t, s.read("run/users.acl")+s.read("run/redis.conf"), "-secret")
	require.Equal(t, `{"redis://metrics@127.0.0.1:6379": "metrics-secret"}`+"\n", s.read("run/metrics.json"))
	require.DirExists(t, s.path("data/redis"))
}

func TestRedisStartWithoutMetrics(t *testing.T) {
	s := newRedis(t, "single-instance")
	require.NoError(t, os.Remove(s.path("home/credentials/metrics-password")))
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.read("run/users.acl"), "metrics", "a Secret of the user's own may lack the key")
}

func TestRedisStartRefusesAnEmptyPassword(t *testing.T) {
	s := newRedis(t, "single-instance")
	s.write("home/credentials/password", "")
	out, code := s.run("start.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, `the key "password" of the release's Secret is empty`)
	require.Empty(t, s.calls())
}

// An image of Valkey has links by the names of Redis, one of Redis has no others.
func TestRedisPrograms(t *testing.T) {
	s := newRedis(t, "single-instance")
	s.fake("valkey-server", "")
	s.fake("valkey-cli", "echo PONG")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	out, code = s.run("probe.sh", "readiness")
	require.Zero(t, code, out)
	require.Equal(t, "valkey-server "+s.path("run/redis.conf")+"\nvalkey-cli -h 127.0.0.1 -p 6379 ping\n", s.calls())

	require.NoError(t, os.RemoveAll(s.path("bin")))
	out, code = s.run("start.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "the image has none of these programs: valkey-server redis-server")
}

// redis-cli exits 0 on an error reply: only its text tells.
func TestRedisProbe(t *testing.T) {
	for answer, want := range map[string]struct{ liveness, readiness int }{
		"PONG": {0, 0},
		"LOADING Redis is loading the dataset in memory": {0, 1},
		"NOAUTH Authentication required.":                {0, 1},
		"BUSY Redis is busy running a script.":           {0, 1},
		"Could not connect to Redis at 127.0.0.1:6379":   {1, 1},
		"ERR something else":                             {1, 1},
		"":                                               {1, 1},
	} {
		for kind, code := range map[string]int{"startup": want.readiness, "liveness": want.liveness, "readiness": want.readiness} {
			s := newRedis(t, "single-instance")
			s.server("127.0.0.1:6379", map[string]string{"ping": answer})
			out, got := s.run("probe.sh", kind)
			require.Equal(t, code, got, "%s, answer %q: %s", kind, answer, out)
		}
	}
}

func TestSentinelMemberStart(t *testing.T) {
	const first, second, third = "r-0.ns.svc", "r-1.ns.svc", "r-2.ns.svc"
	tests := []struct {
		name      string
		member    string // r-0 where none is given
		empty     bool   // its volume
		sentinels []string
		others    map[string]string
		follows   string // the primary; "" leads, "-" waits
		electable bool
		out       string
	}{
		{name: "the very first start: the lowest ordinal leads", empty: true, sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": bare, "r-2": bare}, out: "this member is the first one"},
		{name: "the very first start: the others wait", member: "r-1", empty: true, sentinels: []string{"", "", ""},
			others: map[string]string{"r-0": bare, "r-2": bare}, follows: "-", out: first + " is to be the first one"},
		{name: "the very first start: a member that does not answer may hold data", empty: true, sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": bare}, follows: "-", out: "do not answer whether they hold data: " + third},
		{name: "the very first start: a Sentinel is away", empty: true, sentinels: []string{"", "-", ""},
			others: map[string]string{"r-1": bare, "r-2": bare}, out: "this member is the first one"},
		{name: "the Sentinels lost their volumes: the only one with data leads", member: "r-2", sentinels: []string{"", "", ""},
			others: map[string]string{"r-0": bare, "r-1": bare}},
		{name: "the Sentinels lost their volumes: an empty one waits for it", empty: true, sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": bare, "r-2": loaded}, follows: "-", out: third + " is to be the first one"},
		{name: "the Sentinels lost their volumes: nobody guesses among many with data", sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": bare, "r-2": loaded}, follows: "-", out: "name-primary.sh MEMBER"},
		{name: "the Sentinels lost their volumes: a server that loads holds data", empty: true, sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": "role:slave\r\nloading:1", "r-2": bare}, follows: "-", out: second + " is to be the first one"},
		{name: "the Sentinels lost their volumes, the primary runs", sentinels: []string{"", "", ""},
			others: map[string]string{"r-1": leads, "r-2": follows}, follows: second},

		{name: "a restart as a replica", sentinels: []string{"r-1", "r-1", "r-1"}, others: map[string]string{"r-1": leads, "r-2": follows}, follows: second},
		{name: "a new member", member: "r-2", empty: true, sentinels: []string{"r-1", "r-1", "r-1"}, others: map[string]string{"r-0": follows, "r-1": leads}, follows: second},
		{name: "an old claim of a member that was taken away", member: "r-2", sentinels: []string{"r-0", "r-0", "r-0"}, others: map[string]string{"r-0": leads, "r-1": follows}, follows: first},
		{name: "the Sentinels name a replica, another leads", sentinels: []string{"r-1", "r-1", "r-1"}, others: map[string]string{"r-1": follows, "r-2": leads}, follows: third},
		{name: "the Sentinels name one that is away: its data may be elected", sentinels: []string{"r-1", "r-1", "-"}, others: map[string]string{"r-2": follows}, follows: second, electable: true},
		{name: "the Sentinels name one that is away: no data, not to be elected", empty: true, sentinels: []string{"r-1", "r-1", "-"}, others: map[string]string{"r-2": follows}, follows: second},
		{name: "the Sentinels name one whose new pod is a replica", sentinels: []string{"r-1", "r-1", "r-1"}, others: map[string]string{"r-1": follows, "r-2": follows}, follows: second, electable: true},
		{name: "two lead: the Sentinels say which is right", sentinels: []string{"r-2", "r-2", "r-1"}, others: map[string]string{"r-1": leads, "r-2": leads}, follows: third},

		{name: "all restarted, the Sentinels name this one", sentinels: []string{"r-0", "r-0", "r-0"}, others: map[string]string{"r-1": loaded, "r-2": loaded}},
		{name: "the Sentinels name this one, the others are away", sentinels: []string{"r-0", "r-0", "r-0"}},
		{name: "the Sentinels name this one, another leads already", sentinels: []string{"r-0", "r-0", "-"}, others: map[string]string{"r-1": leads, "r-2": follows}, follows: second},
		{name: "the primary lost its volume", empty: true, sentinels: []string{"r-0", "r-0", "r-0"}, others: map[string]string{"r-1": follows, "r-2": follows},
			follows: second, out: "its volume is empty"},
		{name: "the primary lost its volume, the others are away", empty: true, sentinels: []string{"r-0", "r-0", "r-0"}, others: map[string]string{"r-1": bare},
			follows: "-", out: "do not answer whether they hold data: " + third},
		{name: "all volumes are new but the Sentinels'", empty: true, sentinels: []string{"r-0", "r-0", "r-0"}, others: map[string]string{"r-1": bare, "r-2": bare}},

		{name: "no Sentinel, but a primary", sentinels: []string{"-", "-", "-"}, others: map[string]string{"r-1": leads, "r-2": follows}, follows: second},
		{name: "no Sentinel, two primaries", sentinels: []string{"-", "-", "-"}, others: map[string]string{"r-1": leads, "r-2": leads}, follows: "-", out: "more than one member is a primary"},
		{name: "nobody answers: that makes no primary", sentinels: []string{"-", "-", "-"}, follows: "-", out: "no majority of the Sentinels"},
		{name: "only one Sentinel names this member", sentinels: []string{"r-0", "-", "-"}, others: map[string]string{"r-1": loaded, "r-2": loaded}, follows: "-", out: "no majority of the Sentinels"},
		{name: "the Sentinels disagree", sentinels: []string{"r-0", "r-1", ""}, others: map[string]string{"r-1": loaded, "r-2": loaded}, follows: "-", out: "no majority of the Sentinels"},
		{name: "one Sentinel knows of none, the others are away", empty: true, sentinels: []string{"", "-", "-"}, others: map[string]string{"r-1": bare, "r-2": bare}, follows: "-", out: "no majority of the Sentinels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRedis(t, "primary-replica")
			if tt.member == "" {
				tt.member = "r-0"
			}
			s.env = append(s.env, "STATEWARD_MEMBER="+tt.member)
			if !tt.empty {
				s.write("data/redis/appendonlydir/x", "")
			}
			s.sentinels(tt.sentinels...)
			s.others(tt.others)
			out, code := s.run("start.sh")
			require.Contains(t, out, tt.out)
			if tt.follows == "-" {
				require.Equal(t, 1, code, out)
				require.NotContains(t, s.calls(), "redis-server "+s.path("run/redis.conf"))
				kind := map[bool]string{true: "empty", false: "data"}[tt.empty]
				require.Contains(t, s.calls(), "redis-server "+s.path("run/waiting-"+kind+".conf"))
				standIn := s.read("run/waiting-" + kind + ".conf")
				require.Contains(t, standIn, "appendonly no\n")
				require.Contains(t, standIn, "replicaof 127.0.0.1 1\n")
				require.NotContains(t, standIn, s.path("data"))
				return
			}
			require.Zero(t, code, out)
			require.Contains(t, s.calls(), "redis-server "+s.path("run/redis.conf"))
			conf := s.read("run/redis.conf")
			require.Contains(t, conf, "replica-announce-ip "+tt.member+".ns.svc\n")
			if tt.follows == "" {
				require.NotContains(t, conf, "replicaof")
			} else {
				require.Contains(t, conf, "replicaof "+tt.follows+" 6379\n")
				require.Equal(t, tt.electable, !strings.Contains(conf, "replica-priority 0\n"))
				require.Equal(t, tt.electable, !exists(s.path("run/unsynced")))
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// The Sentinels know of the first primary before it leads: a crash in between leaves no doubt.
func TestSentinelMemberIntroducesItself(t *testing.T) {
	s := newRedis(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_MEMBER=r-0")
	s.sentinels("", "", "")
	s.others(map[string]string{"r-1": bare, "r-2": bare})
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	requireInOrder(t, s.calls(), []string{
		"sentinel@r-sentinels-0.ns.svc:26379 sentinel monitor mymaster r-0.ns.svc 6379 2",
		`sentinel set mymaster auth-user sentinel`, `sentinel set mymaster auth-pass "sentinel-se\"cret"`,
		"sentinel@r-sentinels-2.ns.svc:26379 sentinel monitor", "redis-server " + s.path("run/redis.conf"),
	})
	require.Contains(t, s.read("run/redis.conf"), `masterauth "replica-se\"cret"`)
	users := s.read("run/users.acl")
	require.NotContains(t, users, "se\"cret")
	for _, user := range []string{
		"default on #%x ~* &* +@all -@admin\n", "admin on #%x ~* &* +@all\n", "replica on #%x -@all +psync", "sentinel on #%x -@all &*", "probe on #%x -@all +ping +info +role\n",
	} {
		name, _, _ := strings.Cut(user, " ")
		password := map[bool]string{true: "app-secret", false: name + `-se"cret`}[name == "default"]
		require.Contains(t, users, "user "+fmt.Sprintf(user, sha256.Sum256([]byte(password))))
	}
}

func TestSentinelMemberWithoutPasswords(t *testing.T) {
	s := newRedis(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_MEMBER=r-0", "STATEWARD_AUTH=")
	s.sentinels("r-1", "r-1", "r-1")
	s.others(map[string]string{"r-1": leads, "r-2": follows})
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.read("run/redis.conf"), "masterauth")
	require.NotContains(t, s.read("run/redis.conf"), "aclfile")
}

func TestSentinelMemberReadiness(t *testing.T) {
	for name, tt := range map[string]struct {
		info     string
		code     int
		unsynced bool
	}{
		"a primary":              {"role:master\r\nconnected_slaves:0", 0, false},
		"a replica that follows": {"role:slave\r\nmaster_link_status:up", 0, false},
		"a replica that follows for the first time": {"role:slave\r\nmaster_link_status:up", 0, true},
		"a replica without its primary":             {"role:slave\r\nmaster_host:r-1.ns.svc\r\nmaster_link_status:down", 1, true},
		"an error reply":                            {"NOAUTH Authentication required.", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "primary-replica")
			s.server("127.0.0.1:6379", map[string]string{"ping": "PONG", "info replication": tt.info})
			if tt.unsynced {
				s.write("run/unsynced", "")
			}
			out, code := s.run("probe.sh", "readiness")
			require.Equal(t, tt.code, code, out)
			lifted := tt.unsynced && code == 0
			require.Equal(t, lifted, strings.Contains(s.calls(), "admin@127.0.0.1:6379 config set replica-priority 100"))
			require.Equal(t, tt.unsynced && !lifted, exists(s.path("run/unsynced")))
			for _, kind := range []string{"startup", "liveness"} {
				out, code = s.run("probe.sh", kind)
				require.Zero(t, code, out)
			}
		})
	}
}

func TestSentinelMemberKeepsTheUsersPriority(t *testing.T) {
	s := newRedis(t, "primary-replica")
	s.write("home/config/redis.conf", "port 6379\nreplica-priority 0\n")
	s.write("run/unsynced", "")
	s.server("127.0.0.1:6379", map[string]string{"ping": "PONG", "info replication": "role:slave\r\nmaster_link_status:up"})
	out, code := s.run("probe.sh", "readiness")
	require.Zero(t, code, out)
	require.Contains(t, s.calls(), "config set replica-priority 0")
}

// newSentinel is a sandbox of a Sentinel's pod.
func newSentinel(t *testing.T) *sandbox {
	s := newRedis(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_MEMBER=r-sentinels-0", "STATEWARD_POOL=sentinels", "STATEWARD_HEADLESS=r-sentinels-headless.ns.svc", "STATEWARD_PORT=26379")
	s.write("home/config/sentinel.conf", "down-after-milliseconds 5000\nfailover-timeout 30000\n")
	return s
}

func TestSentinelStart(t *testing.T) {
	s := newSentinel(t)
	out, code := s.run("sentinel-start.sh")
	require.Zero(t, code, out)
	require.Equal(t, "redis-server "+s.path("data/redis/sentinel.conf")+" --sentinel\n", s.calls())
	conf := s.read("data/redis/sentinel.conf")
	for _, want := range []string{"port 26379\n", "sentinel announce-ip r-sentinels-0.ns.svc\n", `sentinel sentinel-pass "sentinel-se\"cret"` + "\n"} {
		require.Contains(t, conf, want)
	}
	require.NotContains(t, conf, "down-after", "refused before there is a primary")
	require.Contains(t, s.read("run/users.acl"), "user default on #")
	require.NotContains(t, s.read("run/users.acl"), "user default on #%!")

	// What it has learned stays; the rest follows the values, such as a new password or quorum.
	s.write("data/redis/sentinel.conf", "port 1\nsentinel myid abc\nsentinel monitor mymaster r-1.ns.svc 6379 2\nsentinel auth-pass mymaster old\n"+
		"sentinel config-epoch mymaster 7\nsentinel known-replica mymaster r-2.ns.svc 6379\nsentinel down-after-milliseconds mymaster 1\n")
	s.members("sentinels", 5)
	out, code = s.run("sentinel-start.sh")
	require.Zero(t, code, out)
	conf = s.read("data/redis/sentinel.conf")
	requireInOrder(t, conf, []string{"sentinel myid abc\n", "sentinel monitor mymaster r-1.ns.svc 6379 3\n", "sentinel config-epoch mymaster 7\n",
		"sentinel known-replica mymaster r-2.ns.svc 6379\n", "sentinel down-after-milliseconds mymaster 5000\n", "sentinel auth-user mymaster sentinel\n",
		`sentinel auth-pass mymaster "sentinel-se\"cret"` + "\n"})
	for _, never := range []string{"port 1\n", "auth-pass mymaster old", "mymaster 1\n"} {
		require.NotContains(t, conf, never)
	}
}

func TestSentinelStartWithTLS(t *testing.T) {
	s := newSentinel(t)
	s.env = append(s.env, "STATEWARD_TLS=true")
	out, code := s.run("sentinel-start.sh")
	require.Zero(t, code, out)
	require.Contains(t, s.read("data/redis/sentinel.conf"), "tls-port 26379\nport 0\ntls-replication yes\n")
}

func TestSentinelReadiness(t *testing.T) {
	known := "name\nmymaster\nrunid\nabc\nquorum\n2\ndown-after-milliseconds\n5000\nfailover-timeout\n30000"
	for name, tt := range map[string]struct {
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{
		"it knows": {func(*sandbox) {}, 0, "", nil, []string{"monitor", "sentinel set"}},
		"its settings are old": {func(s *sandbox) {
			s.members("sentinels", 5)
			s.write("home/config/sentinel.conf", "down-after-milliseconds 9000\n")
		}, 0, "", []string{"sentinel set mymaster quorum 3", "sentinel set mymaster down-after-milliseconds 9000"}, nil},
		"it learns from the others": {func(s *sandbox) {
			s.server("127.0.0.1:26379", map[string]string{"sentinel master mymaster": "ERR No such master with that name"})
			s.sentinels("", "r-1", "r-1")
		}, 0, "learned of the primary r-1.ns.svc", []string{"@127.0.0.1:26379 sentinel monitor mymaster r-1.ns.svc 6379 2", "sentinel set mymaster quorum 2"}, nil},
		"it learns from the members": {func(s *sandbox) {
			s.server("127.0.0.1:26379", map[string]string{"sentinel master mymaster": "ERR No such master with that name"})
			s.sentinels("", "", "")
			s.others(map[string]string{"r-0": follows, "r-1": follows, "r-2": leads})
		}, 0, "learned of the primary r-2.ns.svc", []string{"sentinel monitor mymaster r-2.ns.svc 6379 2"}, nil},
		"nobody knows": {func(s *sandbox) {
			s.server("127.0.0.1:26379", map[string]string{"sentinel master mymaster": "ERR No such master with that name"})
			s.sentinels("", "", "")
			s.others(map[string]string{"r-0": bare})
		}, 1, "knows of no primary yet", nil, []string{"monitor"}},
		"two members lead": {func(s *sandbox) {
			s.server("127.0.0.1:26379", map[string]string{"sentinel master mymaster": "ERR No such master with that name"})
			s.others(map[string]string{"r-0": leads, "r-1": leads})
		}, 1, "members that are one: r-0.ns.svc r-1.ns.svc", nil, []string{"monitor"}},
		"it is slow": {func(s *sandbox) {
			s.server("127.0.0.1:26379", map[string]string{"sentinel master mymaster": ""})
			s.sentinels("", "r-1", "r-1")
		}, 1, "does not say what it knows", nil, []string{"monitor"}},
		"it does not answer": {func(s *sandbox) { s.server("127.0.0.1:26379", map[string]string{"ping": "ERR no"}) }, 1, `ping was answered with "ERR no"`, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSentinel(t)
			s.server("127.0.0.1:26379", map[string]string{"ping": "PONG", "sentinel master mymaster": known})
			tt.arrange(s)
			out, code := s.run("sentinel-probe.sh", "readiness")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			requireInOrder(t, s.calls(), tt.calls)
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
	s := newSentinel(t)
	s.server("127.0.0.1:26379", map[string]string{"ping": "PONG"})
	out, code := s.run("sentinel-probe.sh", "liveness")
	require.Zero(t, code, out)
	require.Equal(t, "redis-cli sentinel@127.0.0.1:26379 ping\n", s.calls(), "liveness asks nobody else")
}

// handsOver is a release whose primary r-0 has two replicas in step.
func handsOver(s *sandbox, primary string) {
	s.sentinels("r-0", "r-0", "r-0")
	s.server(primary, map[string]string{"info replication": "role:master\r\nconnected_slaves:2\r\nmaster_repl_offset:9\r\n" +
		"slave0:ip=r-1.ns.svc,port=6379,state=online,offset=9,lag=0\r\nslave1:ip=r-2.ns.svc,port=6379,state=online,offset=9,lag=1\r"})
	for i := range 3 {
		s.write(fmt.Sprintf("answers/after/r-sentinels-%d.ns.svc:26379/%s", i, strings.ReplaceAll(asksSentinel, " ", "_")), "r-1.ns.svc\n6379\n")
	}
	s.write("answers/after/r-1.ns.svc:6379/role", "master\n0\n")
}

func TestSentinelHandsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		arrange func(*sandbox)
		out     string
		calls   []string
		never   []string
	}{
		"a primary": {func(*sandbox) {}, "r-1.ns.svc leads now", []string{"client pause 30000 write", "info replication",
			"sentinel failover mymaster", "admin@127.0.0.1:6379 replicaof r-1.ns.svc 6379", "client kill type normal", "client unpause"}, nil},
		"a replica has nothing to hand over": {func(s *sandbox) {
			s.server("127.0.0.1:6379", map[string]string{"info replication": "role:slave"})
		}, "", nil, []string{"pause", "failover"}},
		"a primary alone": {func(s *sandbox) {
			s.server("127.0.0.1:6379", map[string]string{"info replication": "role:master\r\nconnected_slaves:0"})
		}, "no replica to hand over to", nil, []string{"pause", "failover"}},
		"no Sentinel can": {func(s *sandbox) {
			for i := range 3 {
				s.server(fmt.Sprintf("r-sentinels-%d", i), map[string]string{"sentinel failover mymaster": "NOGOODSLAVE No suitable replica to promote"})
			}
		}, "going without a successor", []string{"client pause", "failover", "failover", "failover"}, []string{"replicaof", "unpause"}},
		"a Sentinel in tilt mode would begin later": {func(s *sandbox) {
			s.server("r-sentinels-0", map[string]string{"info sentinel": "sentinel_masters:1\r\nsentinel_tilt:1"})
		}, "r-1.ns.svc leads now", []string{"r-sentinels-1.ns.svc:26379 sentinel failover"}, []string{"r-sentinels-0.ns.svc:26379 sentinel failover"}},
		"nobody takes over": {func(s *sandbox) {
			require.NoError(s.t, os.RemoveAll(s.path("answers/after")))
		}, "no other member leads yet", []string{"failover", "client pause"}, []string{"replicaof", "unpause"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "primary-replica")
			s.env = append(s.env, "STATEWARD_MEMBER=r-0")
			handsOver(s, "127.0.0.1:6379")
			tt.arrange(s)
			out, code := s.run("stop.sh")
			require.Zero(t, code, out)
			require.Contains(t, out, tt.out)
			requireInOrder(t, s.calls(), tt.calls)
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
}

func TestSentinelScaleDown(t *testing.T) {
	replicas := func(priority int, names ...string) string {
		var text string
		for _, name := range names {
			text += fmt.Sprintf("name\n%s.ns.svc:6379\nip\n%s.ns.svc\nport\n6379\nslave-priority\n%d\nflags\nslave\n", name, name, priority)
		}
		return strings.TrimSuffix(text, "\n")
	}
	const asks = "sentinel replicas mymaster"
	for name, tt := range map[string]struct {
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{
		"nobody goes": {func(s *sandbox) {
			handsOver(s, "r-0")
			s.server("r-sentinels-0", map[string]string{asks: replicas(100, "r-1", "r-2")})
		}, 0, "no member is to go", nil, []string{"config set", "failover"}},
		"a replica goes": {func(s *sandbox) {
			handsOver(s, "r-0")
			s.server("r-3", nil)
			s.server("r-sentinels-0", map[string]string{asks: replicas(0, "r-1", "r-2", "r-3")})
		}, 0, "to go: r-3.ns.svc", []string{"admin@r-3.ns.svc:6379 config set replica-priority 0"}, []string{"failover", "@r-1.ns.svc:6379 config"}},
		"the primary goes": {func(s *sandbox) {
			handsOver(s, "r-3")
			s.sentinels("r-3", "r-3", "r-3")
			s.server("r-4", nil)
			s.server("r-sentinels-0", map[string]string{asks: replicas(100, "r-1", "r-2") + "\n" + replicas(0, "r-4")})
		}, 0, "r-1.ns.svc leads now", []string{"r-3.ns.svc:6379 config set replica-priority 0", "r-4.ns.svc:6379 config set replica-priority 0", "r-3.ns.svc:6379 client pause", "failover", "r-3.ns.svc:6379 replicaof r-1.ns.svc"}, nil},
		"the Sentinels have not seen it": {func(s *sandbox) {
			handsOver(s, "r-3")
			s.sentinels("r-3", "r-3", "r-3")
			s.server("r-4", nil)
			s.server("r-sentinels-0", map[string]string{asks: replicas(100, "r-1", "r-2", "r-4")})
		}, 1, "gave up waiting for the Sentinels to see", nil, []string{"failover"}},
		"the primary goes and nobody takes over": {func(s *sandbox) {
			handsOver(s, "r-3")
			s.sentinels("r-3", "r-3", "r-3")
			require.NoError(s.t, os.RemoveAll(s.path("answers/after")))
		}, 1, "nothing was removed", []string{"client pause", "client unpause"}, nil},
		"all stop":                 {func(s *sandbox) { s.members("server", 0) }, 0, "all members are to stop", nil, []string{"redis-cli"}},
		"no Sentinel, nobody goes": {func(s *sandbox) { s.fake("getent", "exit 2") }, 0, "no member is to go", []string{"getent hosts r-3.r-headless.ns.svc"}, []string{"config set"}},
		"no Sentinel, members go":  {func(s *sandbox) { s.fake("getent", "") }, 1, "see to them before members go", nil, []string{"config set"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "primary-replica")
			tt.arrange(s)
			out, code := s.run("scale-down.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			requireInOrder(t, s.calls(), tt.calls)
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
}

func TestSentinelForget(t *testing.T) {
	arrange := func(s *sandbox, replicas, sentinels string) {
		s.sentinels("r-0", "r-0", "r-0")
		s.server("r-0", map[string]string{"info replication": "role:master\r\nslave0:ip=r-1.ns.svc,port=6379,state=online"})
		for i := range 3 {
			others := []string{"ip\nr-sentinels-0.ns.svc\nport\n26379", "ip\nr-sentinels-1.ns.svc\nport\n26379", "ip\nr-sentinels-2.ns.svc\nport\n26379"}
			all := strings.Join(append(others[:i:i], others[i+1:]...), "\n")
			s.server(fmt.Sprintf("r-sentinels-%d", i), map[string]string{
				"sentinel replicas mymaster": replicas, "sentinel sentinels mymaster": all + sentinels, "sentinel reset mymaster": "1"})
			s.write(fmt.Sprintf("answers/after-reset/r-sentinels-%d.ns.svc:26379/sentinel_sentinels_mymaster", i), all+"\n")
		}
	}
	reset := "sentinel reset mymaster"

	s := newRedis(t, "primary-replica")
	arrange(s, "ip\nr-1.ns.svc\nport\n6379", "")
	out, code := s.run("forget.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.calls(), reset, "nobody is gone")

	s.members("server", 0)
	out, code = s.run("forget.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.calls(), reset, "stopped is not gone")

	s = newRedis(t, "primary-replica")
	arrange(s, "ip\nr-1.ns.svc\nport\n6379\nip\nr-3.ns.svc\nport\n6379", "\nip\nr-sentinels-3.ns.svc\nport\n26379")
	out, code = s.run("forget.sh")
	require.Zero(t, code, out)
	require.Equal(t, 3, strings.Count(s.calls(), reset), s.calls())
	require.Contains(t, out, "forgot: r-3.ns.svc r-sentinels-3.ns.svc")

	s = newRedis(t, "primary-replica")
	arrange(s, "", "\nip\nr-sentinels-3.ns.svc\nport\n26379")
	s.server("r-sentinels-3", map[string]string{"ping": "PONG"})
	out, code = s.run("forget.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "gave up waiting for these to be gone: r-sentinels-3.ns.svc")
	require.NotContains(t, s.calls(), reset)
}

func TestSentinelNamePrimary(t *testing.T) {
	s := newRedis(t, "primary-replica")
	s.sentinels("", "", "")
	out, code := s.run("name-primary.sh", "r-2")
	require.Zero(t, code, out)
	require.Equal(t, 3, strings.Count(s.calls(), "sentinel monitor mymaster r-2.ns.svc 6379 2"))
	out, code = s.run("name-primary.sh", "r-2")
	require.Equal(t, 1, code)
	require.Contains(t, out, "the Sentinels name r-2.ns.svc already")
	out, code = s.run("name-primary.sh", "r-7")
	require.Equal(t, 1, code)
	require.Contains(t, out, `there is no member "r-7", but these: r-0 r-1 r-2`)
}

func TestRedisRouter(t *testing.T) {
	s := newRedis(t, "primary-replica")
	s.fake("haproxy", `env | grep ^ROUTER_ | sort >>"$CALLS"`)
	s.write("home/credentials/probe-password", "pw\n")
	out, code := s.run("router.sh")
	require.Zero(t, code, out)
	login := fmt.Sprintf("%x", "*3\r\n$4\r\nAUTH\r\n$5\r\nprobe\r\n$2\r\npw\r\n")
	require.Equal(t, "haproxy -W -db -f "+s.path("home/config/haproxy.cfg")+"\nROUTER_CHECK=check\nROUTER_HELLO="+login+
		"\nROUTER_MEMBERS=r-headless.ns.svc:6379\n", s.calls())

	s = newRedis(t, "primary-replica")
	s.fake("haproxy", `env | grep ^ROUTER_ | sort >>"$CALLS"`)
	s.env = append(s.env, "STATEWARD_AUTH=", "STATEWARD_TLS=true")
	out, code = s.run("router.sh")
	require.Zero(t, code, out)
	require.Contains(t, s.calls(), "ROUTER_CHECK=check check-ssl verify required ca-file "+s.path("home/tls/ca.crt"))
	require.Contains(t, s.calls(), fmt.Sprintf("ROUTER_HELLO=%x\n", "*1\r\n$4\r\nPING\r\n"))
}

func TestRedisBackup(t *testing.T) {
	for name, tt := range map[string]struct {
		arrange func(*sandbox)
		code    int
		out     string
	}{
		"from a replica": {func(s *sandbox) { s.server("read:6379", nil) }, 0, "copying the data set of read:6379"},
		"nobody there":   {func(*sandbox) {}, 1, "the copy failed"},
		"a damaged copy": {func(s *sandbox) {
			s.server("read:6379", nil)
			s.fake("redis-check-rdb", "echo 'RDB CRC error'; exit 1")
		}, 1, "the copy is damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "primary-replica")
			s.env = append(s.env, "STATEWARD_HOST=write", "STATEWARD_READ_HOST=read")
			s.fake("redis-check-rdb", "")
			tt.arrange(s)
			require.NoError(t, os.Mkdir(s.path("dump"), 0o755))
			out, code := s.run("backup.sh", s.path("dump"))
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			require.Contains(t, s.calls(), "redis-cli admin@read:6379 --rdb "+s.path("dump/dump.rdb"))
		})
	}
}

func TestRedisRestore(t *testing.T) {
	for name, tt := range map[string]struct {
		arrange func(*sandbox)
		code    int
		out     string
		never   string
	}{
		"into an empty server": {func(*sandbox) {}, 0, "database 0: 12 keys", ""},
		"into one with data": {func(s *sandbox) {
			s.server("host:6379", map[string]string{"info keyspace": "# Keyspace\r\ndb0:keys=1,expires=0"})
		}, 1, "host:6379 is not empty: db0:keys=1,expires=0", "redis-server"},
		"a server that does not say": {func(s *sandbox) {
			s.server("host:6379", map[string]string{"info keyspace": "NOAUTH Authentication required."})
		}, 1, "does not say whether it is empty", "redis-server"},
		"a file that cannot be read": {func(s *sandbox) {
			s.fake("redis-server", "echo 'Wrong signature'")
			s.server("socket:0", map[string]string{"ping": "LOADING"}) // for as long as it lives
		}, 1, "the server cannot read", "eval"},
		"a copy that fails half-way": {func(s *sandbox) {
			require.NoError(s.t, os.WriteFile(s.path("short"), nil, 0o644))
		}, 1, "database 0: 12 keys to copy, and the answer was", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "single-instance")
			s.env = append(s.env, "STATEWARD_HOST=host", "SHORT="+s.path("short"))
			s.write("dump/dump.rdb", "REDIS")
			s.fake("redis-server", "exec /usr/bin/sleep 60 >/dev/null 2>&1")
			s.server("host:6379", map[string]string{"info keyspace": "# Keyspace"})
			s.server("socket:0", map[string]string{"ping": "PONG", "info keyspace": "# Keyspace\r\ndb0:keys=12", "dbsize": "12", "function list": ""})
			cli := s.read("bin/redis-cli")
			s.write("bin/redis-cli", strings.Replace(cli, "reply() {\n", "reply() {\n\tcase $1 in eval) echo \"redis-cli eval\" >>\"$CALLS\"; [ -f \"$SHORT\" ] && echo ERR failed || echo 12; return ;; esac\n", 1))
			tt.arrange(s)
			out, code := s.run("restore.sh", s.path("dump"))
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if tt.never != "" {
				require.NotContains(t, s.calls(), tt.never+" ")
			}
		})
	}
}

func TestRedisTest(t *testing.T) {
	for name, tt := range map[string]struct {
		role string
		code int
		out  string
	}{
		"a replica has the write":               {"role:slave", 0, "read back from a replica"},
		"the read Service leads to the primary": {"role:master", 1, "the read Service leads to a master"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedis(t, "primary-replica")
			s.env = append(s.env, "STATEWARD_HOST=write", "STATEWARD_READ_HOST=read")
			s.server("write:6379", nil)
			s.server("read:6379", map[string]string{"info replication": tt.role})
			cli := s.read("bin/redis-cli")
			s.write("bin/redis-cli", strings.Replace(cli, "reply() {\n", "reply() {\n\tcase $1 in set) echo \"$3\" >\"$ANSWERS/value\" ;; get) cat \"$ANSWERS/value\"; return ;; esac\n", 1))
			out, code := s.run("test.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
		})
	}
}
