package charts_test

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// etcdShells are the shells that etcd's scripts are tried in: this machine's, and
// busybox's, in which they run where the image has none.
func etcdShells() map[string][]string {
	shells := map[string][]string{"sh": {"sh"}}
	if busybox, err := exec.LookPath("busybox"); err == nil {
		shells["busybox"] = []string{busybox, "sh"}
	}
	return shells
}

// etcdSandbox is a sandbox with a cluster: the file "list" is what `member list`
// prints, "down" has the hosts that do not answer, "empty" those that say so.
type etcdSandbox struct {
	*sandbox
	shell []string
}

func etcdHost(n int) string {
	return "db-" + strconv.Itoa(n) + ".db-headless.prod.svc.cluster.local"
}

// etcdEntry is a line of `member list`.
func etcdEntry(id string, n int, status, learner string) string {
	name, client := "db-"+strconv.Itoa(n), "http://"+etcdHost(n)+":2379"
	if status == "unstarted" {
		name, client = "", ""
	}
	return id + ", " + status + ", " + name + ", http://" + etcdHost(n) + ":2380, " + client + ", " + learner + "\n"
}

func newEtcd(t *testing.T, shell []string, member int) *etcdSandbox {
	s := &etcdSandbox{newSandbox(t, "etcd"), shell}
	s.write("home/credentials/root-password", "root-secret")
	s.write("home/config/etcd.conf", "auto-compaction-retention=1h\n")
	s.write("home/topology/members.server", etcdHost(0)+"\n"+etcdHost(1)+"\n"+etcdHost(2)+"\n")
	s.write("down", "")
	s.write("empty", "")
	s.write("list", "")
	s.env = append(s.env, "S="+s.root, "STATEWARD_POOL=server", "STATEWARD_MEMBER=db-"+strconv.Itoa(member),
		"STATEWARD_HEADLESS=db-headless.prod.svc.cluster.local", "STATEWARD_NAMESPACE=prod", "STATEWARD_RELEASE=db",
		"STATEWARD_POD_IP=10.0.0.7", "STATEWARD_PORT=2379", "STATEWARD_DATA_DIR="+s.path("data/etcd"),
		"STATEWARD_HOST=db.prod.svc", "STATEWARD_AUTH=true", "STATEWARD_USERNAME=app", "STATEWARD_DATABASE=app")
	s.fake("etcdctl", `
echo "etcdctl as $ETCDCTL_USER" >>"$S/logins"
[ "$ETCDCTL_USER:$ETCDCTL_PASSWORD" = root:root-secret ] || [ "$ETCDCTL_USER:$ETCDCTL_PASSWORD" = app:app-secret ] || [ -z "$STATEWARD_AUTH" ] || exit 9
words=
for arg; do case $arg in
	--endpoints=*) host=${arg#*//} host=${host%:*} ;;
	--peer-urls=*) url=${arg#*=} ;;
	--*) ;;
	*) words="$words$arg " ;;
esac; done
fail() { echo "Error: $*" >&2; exit 1; }
! grep -qxF "$host" "$S/down" || fail "context deadline exceeded"
case $words in
"member list "*) [ -s "$S/list" ] || fail "context deadline exceeded"; cat "$S/list" ;;
"member add "*)
	if [ -e "$S/full" ]; then rm "$S/full"; fail "etcdserver: too many learner members in cluster"; fi
	echo "abc, unstarted, , $url, , true" >>"$S/list" ;;
"member remove "*) set -- $words; sed -i "/^$3,/d" "$S/list" ;;
"member promote "*)
	if [ -e "$S/behind" ]; then rm "$S/behind"; fail "etcdserver: can only promote a learner member which is in sync with leader"; fi
	set -- $words; sed -i "/^$3,/s/true$/false/" "$S/list" ;;
"endpoint status "*) id=$(grep -F "//$host:2379" "$S/list" | cut -d, -f1); leader=$(cat "$S/leader"); printf '"MemberID" : %s\n"Revision" : 1\n"Leader" : %s\n' "$id" "$leader" ;;
"move-leader "*) set -- $words; echo "$2" >"$S/leader" ;;
"user list "*) cat "$S/users" 2>/dev/null || true ;;
"user get "*) set -- $words; printf 'User: %s\nRoles: %s\n' "$3" "$(cat "$S/roles-of-$3" 2>/dev/null)" ;;
"user add "*) set -- $words; echo "$3" >>"$S/users"; cat >"$S/password-of-$3" ;;
"user passwd "*) set -- $words; cat >"$S/password-of-$3" ;;
"user grant-role "*) set -- $words; echo "$4" >"$S/roles-of-$3" ;;
"role list "*) cat "$S/roles" 2>/dev/null || true ;;
"role add "*) set -- $words; echo "$3" >>"$S/roles" ;;
"role get "*) cat "$S/rights" 2>/dev/null || true ;;
"role grant-permission "*) set -- $words; printf 'KV Read:\n\t[a, b) (prefix %s)\nKV Write:\n\t[a, b) (prefix %s)\n' "$5" "$5" >"$S/rights" ;;
"auth status "*) echo "Authentication Status: $(cat "$S/auth" 2>/dev/null || echo false)" ;;
"auth enable "*) echo true >"$S/auth" ;;
"put "*) set -- $words; echo "$3" >"$S/value"; echo OK ;;
"get /stateward-not-yours "*) [ -e "$S/generous" ] || fail "etcdserver: permission denied" ;;
"get "*)
	[ ! -e "$S/old-password" ] || { rm "$S/old-password"; fail "etcdserver: authentication failed, invalid user ID or password"; }
	cat "$S/value" 2>/dev/null || true ;;
"del "*) echo 1 ;;
"snapshot save "*) set -- $words; echo data >"$3" ;;
esac`)
	s.fake("etcd", `
! grep -q "^unstarted" "$S/data/etcd.member" 2>/dev/null || exit 8
mkdir -p "$S/data/etcd/member/wal"; touch "$S/data/etcd/member/wal/0.wal"
url=http://$STATEWARD_MEMBER.$STATEWARD_HEADLESS
case "$*" in
*--initial-cluster-state=new*) echo "f0, started, $STATEWARD_MEMBER, $url:2380, $url:2379, false" >"$S/list"; sed -i "/^$STATEWARD_MEMBER\./d" "$S/down" ;;
*) sed -i "s|^\([^,]*\), unstarted, , $url:2380, , |\1, started, $STATEWARD_MEMBER, $url:2380, $url:2379, |" "$S/list" ;;
esac
echo "limit=$GOMEMLIMIT" >"$S/limit"`)
	s.fake("etcdutl", `case "$*" in
*"snapshot status"*) [ ! -e "$S/damaged" ] || exit 1; echo "1234, 7, 3, 20 kB" ;;
*) for arg; do case $arg in --data-dir=*) mkdir -p "${arg#*=}/member/wal"; touch "${arg#*=}/member/wal/0.wal" ;; esac; done ;;
esac`)
	s.fake("httpd", "exec /bin/sleep 5 >/dev/null 2>&1") // not holding the output open
	s.fake("wget", `for arg; do case $arg in http:*) host=${arg#http://} host=${host%%:*} ;; esac; done
grep -qxF "$host" "$S/empty" && echo prod/db`)
	s.fake("nslookup", `[ -e "$S/resolves" ]`)
	s.fake("sleep", "")
	// The clock of waits runs a thousand times faster.
	s.fake("date", `case $1 in +%s) now=$(($(cat "$S/now" 2>/dev/null || echo 0) + 100)); echo $now | tee "$S/now" ;; *) echo T ;; esac`)
	if len(shell) > 1 {
		// Busybox may run its own programs without a look at PATH.
		fakes := "\nhttpd() { exec \"$S/bin/httpd\" \"$@\"; }\n" // in the background, to be killed
		for _, name := range []string{"wget", "nslookup", "sleep", "date"} {
			fakes += name + "() { \"$S/bin/" + name + "\" \"$@\"; }\n"
		}
		s.write("home/scripts/lib.sh", s.read("home/scripts/lib.sh")+fakes)
	}
	return s
}

func (s *etcdSandbox) run(script string, args ...string) (string, int) {
	cmd := exec.Command(s.shell[0], append(append(s.shell[1:len(s.shell):len(s.shell)], s.path("home/scripts/"+script)), args...)...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		require.NoError(s.t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// changes are the calls that change something, or start the server, without their common options.
func (s *etcdSandbox) changes() string {
	var lines []string
	for _, line := range strings.Split(s.calls(), "\n") {
		for _, read := range []string{"sleep", "date", "httpd", "wget", "nslookup", "member list", "endpoint", "user get", "user list", "role get", "role list", "auth status"} {
			if strings.HasPrefix(line, read) || strings.Contains(line, " "+read+" ") || strings.HasSuffix(line, " "+read) {
				line = ""
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return strings.NewReplacer("--dial-timeout=3s --command-timeout=5s ", "", "--dial-timeout=3s --command-timeout=20s ", "", ".db-headless.prod.svc.cluster.local", "", s.root, "ROOT").Replace(strings.Join(lines, "\n"))
}

func TestEtcdStart(t *testing.T) {
	peers := etcdEntry("e0", 0, "started", "false") + etcdEntry("e2", 2, "started", "false")
	data := func(s *etcdSandbox) { s.write("data/etcd/member/wal/0.wal", "") }
	noted := func(s *etcdSandbox, id string) { s.write("data/etcd.member", "http://"+etcdHost(1)+":2380 "+id+"\n") }
	alone := func(s *etcdSandbox) { s.write("down", etcdHost(0)+"\n"+etcdHost(1)+"\n"+etcdHost(2)+"\n") }
	add := "etcdctl --endpoints=http://db-0:2379 member add db-1 --learner --peer-urls=http://db-1:2380"
	promote := "etcdctl --endpoints=http://db-0:2379 member promote abc"
	serve := "etcd --auto-compaction-retention=1h --name=db-1 --data-dir=ROOT/data/etcd" +
		" --listen-peer-urls=http://0.0.0.0:2380 --initial-advertise-peer-urls=http://db-1:2380" +
		" --listen-client-urls=http://0.0.0.0:2379 --advertise-client-urls=http://db-1:2379 --listen-metrics-urls=http://0.0.0.0:2381"
	joined := serve + " --initial-cluster-state=existing --initial-cluster=db-0=http://db-0:2380,db-2=http://db-2:2380,db-1=http://db-1:2380"

	tests := []struct {
		name    string
		member  int
		list    string
		arrange func(*etcdSandbox)
		code    int
		out     string
		calls   []string // in this order
		never   []string
		after   func(*etcdSandbox)
	}{{
		name: "member 0 founds the cluster when all others say that they are empty", member: 0,
		arrange: func(s *etcdSandbox) { alone(s); s.write("empty", etcdHost(1)+"\n"+etcdHost(2)+"\n") },
		out:     "founding a cluster",
		calls:   []string{"etcd ", "--initial-cluster-state=new --initial-cluster=db-0=http://db-0:2380 --initial-cluster-token=db-"},
		never:   []string{"member"},
		after: func(s *etcdSandbox) {
			require.Equal(s.t, "http://"+etcdHost(0)+":2380 f0\n", s.read("data/etcd.member"))
			require.NoFileExists(s.t, s.path("data/etcd.new"))
		},
	}, {
		name: "member 0 founds none while another one does not say whether it has data", member: 0,
		arrange: func(s *etcdSandbox) { alone(s); s.write("empty", etcdHost(2)+"\n") },
		code:    1, out: "gave up after 15 minutes: " + etcdHost(1) + " does not say whether it has data",
		never: []string{"etcd --"},
	}, {
		name: "no other member founds, even when all are empty", member: 1,
		arrange: func(s *etcdSandbox) { alone(s); s.write("empty", etcdHost(0)+"\n"+etcdHost(2)+"\n") },
		code:    1, out: "gave up after 15 minutes: no cluster answers (context deadline exceeded)",
		never: []string{"etcd --"},
	}, {
		name: "a member without data joins as a learner, and is made a voter", member: 1, list: peers,
		calls: []string{add, joined, promote},
		after: func(s *etcdSandbox) {
			require.Equal(s.t, "http://"+etcdHost(1)+":2380 abc\n", s.read("data/etcd.member"))
			require.NoFileExists(s.t, s.path("data/etcd.new"))
		},
	}, {
		name: "member 0 without data joins, too", member: 0, list: etcdEntry("e2", 2, "started", "false"),
		arrange: func(s *etcdSandbox) {
			s.write("down", etcdHost(1)+"\n")
			s.write("empty", etcdHost(1)+"\n"+etcdHost(2)+"\n")
		},
		calls: []string{"endpoints=http://db-2:2379 member add db-0 --learner", "--initial-cluster-state=existing"},
	}, {
		name: "one joins at a time", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { s.write("full", "") },
		out:     "waiting: the cluster does not let this member in: etcdserver: too many learner members in cluster",
		calls:   []string{add, add, joined},
	}, {
		name: "a learner becomes a voter when it has the data", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { s.write("behind", "") },
		calls:   []string{joined, promote, promote},
	}, {
		name: "the entry of a lost volume goes first", member: 1, list: peers + etcdEntry("e1", 1, "started", "false"),
		out:   "removing its entry e1",
		calls: []string{"etcdctl --endpoints=http://db-0:2379 member remove e1", add, joined},
	}, {
		name: "a join that was cut off goes on", member: 1, list: peers + etcdEntry("e1", 1, "unstarted", "true"),
		arrange: func(s *etcdSandbox) { noted(s, "e1"); s.write("data/etcd.new", "") },
		calls:   []string{joined, "member promote e1"},
		never:   []string{"member remove", "member add"},
	}, {
		name: "an entry that never started and is not this volume's is made anew", member: 1, list: peers + etcdEntry("e1", 1, "unstarted", "true"),
		calls: []string{"member remove e1", add, joined},
	}, {
		name: "half a data directory of a first start is made anew", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { s.write("data/etcd/member/snap/db", ""); s.write("data/etcd.new", "") },
		calls:   []string{add, joined},
	}, {
		name: "a restart changes nothing in the cluster", member: 1, list: peers + etcdEntry("e1", 1, "started", "false"),
		arrange: func(s *etcdSandbox) { data(s); noted(s, "e1") },
		calls:   []string{serve},
		never:   []string{"member", "--initial-cluster="},
	}, {
		name: "a learner that restarted is still made a voter", member: 1, list: peers + etcdEntry("e1", 1, "started", "true"),
		arrange: func(s *etcdSandbox) { data(s); noted(s, "e1") },
		calls:   []string{serve, "member promote e1"},
	}, {
		name: "data starts, whoever can be reached", member: 1, list: peers,
		arrange: func(s *etcdSandbox) {
			data(s)
			alone(s)
			// The first who answers is this member itself, once it runs.
			s.fake("etcd", `: >"$S/down"; echo "`+strings.TrimSpace(etcdEntry("e1", 1, "started", "false"))+`" >"$S/list"`)
		},
		calls: []string{serve},
		never: []string{"member", "--initial-cluster="},
		after: func(s *etcdSandbox) { require.NoDirExists(s.t, s.path("data/etcd.removed")) },
	}, {
		name: "data of a removed member is moved aside", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { data(s); noted(s, "e1"); s.write("data/etcd.removed/older", "") },
		out:     "of a member that was removed from the cluster: moving it to",
		calls:   []string{add, joined, promote},
		after: func(s *etcdSandbox) {
			require.FileExists(s.t, s.path("data/etcd.removed/member/wal/0.wal"))
			require.NoFileExists(s.t, s.path("data/etcd.removed/older"))
		},
	}, {
		name: "so is data that another volume has replaced", member: 1, list: peers + etcdEntry("e1", 1, "started", "false"),
		arrange: func(s *etcdSandbox) { data(s); noted(s, "d1") },
		calls:   []string{"member remove e1", add, joined},
		after:   func(s *etcdSandbox) { require.DirExists(s.t, s.path("data/etcd.removed")) },
	}, {
		name: "a member that was removed while it ran waits to be taken away", member: 2, list: etcdEntry("e0", 0, "started", "false"),
		arrange: func(s *etcdSandbox) {
			data(s)
			s.write("run/served", "")
			s.write("home/topology/members.server", etcdHost(0)+"\n")
		},
		code: 1, out: "is not among those of the release any more",
		never: []string{"etcd --", "member"},
		after: func(s *etcdSandbox) {
			require.Equal(s.t, 60, strings.Count(s.calls(), "sleep 2"))
			require.DirExists(s.t, s.path("data/etcd"))
		},
	}, {
		name: "and joins anew when nobody takes it away", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { data(s); s.write("run/served", "") },
		calls:   []string{add, joined},
	}, {
		name: "something else in the data's place is left alone", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { s.write("data/etcd/member/snap/db", "precious") },
		code:    1, out: "is not empty and holds no write-ahead log",
		never: []string{"etcd --", "member"},
	}, {
		name: "an address that the cluster does not know is refused", member: 1, list: peers + etcdEntry("e1", 1, "started", "false"),
		arrange: func(s *etcdSandbox) { data(s); noted(s, "e1"); s.env = append(s.env, "STATEWARD_TLS=true") },
		code:    1, out: "the cluster knows this member as http://" + etcdHost(1) + ":2380",
		never: []string{"etcd --", "member"},
	}, {
		name: "a missing password is said", member: 1, list: peers,
		arrange: func(s *etcdSandbox) { require.NoError(s.t, os.Remove(s.path("home/credentials/root-password"))) },
		code:    1, out: `the release's Secret has no key "root-password"`,
		never: []string{"etcd --"},
	}}
	for shell, command := range etcdShells() {
		for _, tt := range tests {
			t.Run(shell+"/"+tt.name, func(t *testing.T) {
				s := newEtcd(t, command, tt.member)
				s.write("list", tt.list)
				if tt.arrange != nil {
					tt.arrange(s)
				}
				out, code := s.run("start.sh")
				require.Equal(t, tt.code, code, out)
				require.Contains(t, out, tt.out)
				calls := s.changes()
				rest := calls
				for _, want := range tt.calls {
					_, after, found := strings.Cut(rest, want)
					require.True(t, found, "%q is missing, or out of order, in\n%s\n%s", want, calls, out)
					rest = after
				}
				for _, never := range tt.never {
					require.NotContains(t, calls, never)
				}
				require.NotContains(t, s.calls()+out, "secret")
				if tt.after != nil {
					tt.after(s)
				}
			})
		}
	}
}

func TestEtcdStartFlags(t *testing.T) {
	s := newEtcd(t, []string{"sh"}, 1)
	s.write("data/etcd/member/wal/0.wal", "")
	s.write("list", strings.ReplaceAll(etcdEntry("e1", 1, "started", "false"), "http:", "https:"))
	s.write("home/config/etcd.conf", "client-cert-auth=true\nlog-level=warn\n")
	s.env = append(s.env, "STATEWARD_TLS=true", "STATEWARD_MEMORY_BYTES=1000000000")
	s.env = append(s.env, "STATEWARD_POD_IP=fd00::7")
	out, code := s.run("start.sh", "--max-txn-ops=99")
	require.Zero(t, code, out)
	calls := strings.ReplaceAll(s.changes(), "ROOT/home/tls", "TLS")
	require.Contains(t, calls, "--listen-client-urls=https://[::]:2379")
	require.Contains(t, calls, "--listen-metrics-urls=http://[::]:2381", "probes have no certificate")
	require.Contains(t, calls, " --cert-file=TLS/tls.crt --key-file=TLS/tls.key --peer-cert-file=TLS/tls.crt --peer-key-file=TLS/tls.key"+
		" --peer-trusted-ca-file=TLS/ca.crt --peer-client-cert-auth --trusted-ca-file=TLS/ca.crt --max-txn-ops=99")
	require.Contains(t, s.calls(), "--cacert="+s.path("home/tls/ca.crt")+" --cert="+s.path("home/tls/tls.crt"))
	require.Equal(t, "limit=800000000\n", s.read("limit"))

	s.write("home/config/etcd.conf", "log-level=warn\n")
	require.NoError(t, os.Remove(s.path("calls")))
	_, code = s.run("start.sh")
	require.Zero(t, code)
	require.NotContains(t, s.calls(), "--trusted-ca-file", "it would make etcd ask clients for certificates")
}

func TestEtcdStop(t *testing.T) {
	three := etcdEntry("e0", 0, "started", "false") + etcdEntry("e1", 1, "started", "false") + etcdEntry("e2", 2, "started", "true")
	for name, tt := range map[string]struct{ leader, down, want string }{
		"a leader hands over to a voter":    {"e1", "", "etcdctl --endpoints=http://db-1:2379 move-leader e0"},
		"another one leads":                 {"e0", "", ""},
		"nobody is there to take over":      {"e1", etcdHost(0) + "\n" + etcdHost(2) + "\n", ""},
		"the server is not there, any more": {"e1", etcdHost(1) + "\n", ""},
	} {
		for shell, command := range etcdShells() {
			s := newEtcd(t, command, 1)
			s.write("list", three)
			s.write("leader", tt.leader)
			s.write("down", tt.down)
			out, code := s.run("stop.sh")
			require.Zero(t, code, out)
			require.Equal(t, tt.want, s.changes(), "%s, %s", name, shell)
		}
	}
}

func TestEtcdScaleDown(t *testing.T) {
	var five string
	for n := range 5 {
		five += etcdEntry("e"+strconv.Itoa(n), n, "started", "false")
	}
	remove := func(n int) string {
		return "etcdctl --endpoints=http://db.prod.svc:2379 member remove e" + strconv.Itoa(n)
	}
	for name, tt := range map[string]struct {
		list, members, leader, down string
		resolves                    bool
		code                        int
		out                         string
		want                        []string
	}{
		"nobody goes":                   {list: strings.Join(strings.SplitAfter(five, "\n")[:3], ""), out: "no member to remove"},
		"the highest goes first":        {list: five, leader: "e0", out: "the claim data-db-3 stays", want: []string{remove(4), remove(3)}},
		"a leader that goes hands over": {list: five, leader: "e3", want: []string{remove(4), "etcdctl --endpoints=http://db-3:2379 move-leader e0", remove(3)}},
		"the tenth is higher than the ninth": {
			list: five + etcdEntry("e9", 9, "started", "false") + etcdEntry("e10", 10, "unstarted", "true"), leader: "e0",
			want: []string{remove(10), remove(9), remove(4), remove(3)},
		},
		"a member of somebody else stays":           {list: strings.Join(strings.SplitAfter(five, "\n")[:3], "") + strings.ReplaceAll(etcdEntry("x", 7, "started", "false"), "db-headless", "other"), out: "no member to remove"},
		"one that stays is not well":                {list: five, down: etcdHost(1) + "\n", code: 1, out: etcdHost(1) + " stays, but is not healthy (context deadline exceeded): nothing was removed"},
		"one that stays is a learner":               {list: strings.Replace(five, etcdEntry("e2", 2, "started", "false"), etcdEntry("e2", 2, "started", "true"), 1), code: 1, out: "stays, but is no voter"},
		"no quorum, and a member would be stopped":  {resolves: true, code: 1, out: "bring back a quorum first"},
		"no quorum, and nobody would be stopped":    {out: "no member would be stopped"},
		"all are stopped and all keep their volume": {list: five, members: "\n", out: "there is nobody to remove"},
	} {
		for shell, command := range etcdShells() {
			t.Run(shell+"/"+name, func(t *testing.T) {
				s := newEtcd(t, command, 0)
				s.write("list", tt.list)
				s.write("leader", tt.leader)
				s.write("down", tt.down)
				if tt.members != "" {
					s.write("home/topology/members.server", tt.members)
				}
				if tt.resolves {
					s.write("resolves", "")
				}
				out, code := s.run("scale-down.sh")
				require.Equal(t, tt.code, code, out)
				require.Contains(t, out, tt.out)
				require.Equal(t, strings.Join(tt.want, "\n"), s.changes())
			})
		}
	}
}

func TestEtcdBootstrap(t *testing.T) {
	for shell, command := range etcdShells() {
		t.Run(shell, func(t *testing.T) {
			s := newEtcd(t, command, 0)
			s.write("list", etcdEntry("e0", 0, "started", "false")+etcdEntry("e1", 1, "started", "false")+etcdEntry("e2", 2, "started", "false"))
			out, code := s.run("bootstrap.sh")
			require.Zero(t, code, out)
			require.Contains(t, out, "all members are voters")
			require.Equal(t, strings.ReplaceAll(`C user add root --interactive=false
C user grant-role root root
C role add app
C role grant-permission app readwrite --prefix=true /app/
C user add app --interactive=false
C user grant-role app app
C auth enable`, "C ", "etcdctl --endpoints=http://db.prod.svc:2379 "), s.changes())
			require.Equal(t, "root-secret", s.read("password-of-root"))
			require.Equal(t, "app-secret", s.read("password-of-app"))
			require.NotContains(t, s.calls()+out, "secret")

			require.NoError(t, os.Remove(s.path("calls")))
			out, code = s.run("bootstrap.sh")
			require.Zero(t, code, out)
			require.Equal(t, "etcdctl --endpoints=http://db.prod.svc:2379 get /app/ --keys-only", s.changes(), "a second run changes nothing")

			require.NoError(t, os.Remove(s.path("calls")))
			s.write("old-password", "")
			out, code = s.run("bootstrap.sh")
			require.Zero(t, code, out)
			require.Contains(t, s.changes(), "user passwd app --interactive=false", "another password in the Secret is set")

			s.write("list", etcdEntry("e0", 0, "started", "false")+etcdEntry("e1", 1, "started", "true"))
			out, code = s.run("bootstrap.sh")
			require.Zero(t, code, out)
			require.Contains(t, out, "warning: not yet voters: db-1 db-2")

			s.write("list", "")
			out, code = s.run("bootstrap.sh")
			require.Equal(t, 1, code)
			require.Contains(t, out, "gave up waiting for the cluster to answer")
		})
	}
}

func TestEtcdBootstrapRefusesAnEmptyPassword(t *testing.T) {
	s := newEtcd(t, []string{"sh"}, 0)
	s.write("list", etcdEntry("e0", 0, "started", "false"))
	s.write("home/credentials/root-password", "\n")
	s.fake("etcdctl", `case "$*" in *"member list"*) echo "e0, started" ;; esac`)
	out, code := s.run("bootstrap.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, `the key "root-password" of the release's Secret is empty`)
	require.NotContains(t, s.calls(), "user add")
}

// A user that cannot be looked up is not one that is missing.
func TestEtcdBootstrapStopsWithoutAnAnswer(t *testing.T) {
	for _, fails := range []string{"user list", "role list", "user get", "role get", "auth status"} {
		s := newEtcd(t, []string{"sh"}, 0)
		s.write("list", etcdEntry("e0", 0, "started", "false"))
		s.write("bin/real-etcdctl", s.read("bin/etcdctl"))
		s.fake("etcdctl", `case "$*" in *"`+fails+`"*) echo "Error: context deadline exceeded" >&2; exit 1 ;; esac; exec real-etcdctl "$@"`)
		out, code := s.run("bootstrap.sh")
		require.Equal(t, 1, code, out)
		require.Contains(t, out, "etcdctl "+fails+": context deadline exceeded")
		_, after, _ := strings.Cut(s.calls(), fails)
		require.NotContains(t, after, "etcdctl", "nothing is changed after it")
	}
}

func TestEtcdTest(t *testing.T) {
	s := newEtcd(t, []string{"sh"}, 0)
	out, code := s.run("test.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.read("logins"), "root", "with the application's own credentials")

	s.write("generous", "")
	out, code = s.run("test.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "app may read keys outside of /app/")

	s.write("down", "db.prod.svc\n")
	out, code = s.run("test.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "cannot write through http://db.prod.svc:2379: context deadline exceeded")
}

func TestEtcdBackup(t *testing.T) {
	s := newEtcd(t, []string{"sh"}, 0)
	require.NoError(t, os.Mkdir(s.path("out"), 0o755))
	out, code := s.run("backup.sh", s.path("out"))
	require.Zero(t, code, out)
	require.FileExists(t, s.path("out/etcd.snapshot"))
	require.Contains(t, out, "hash, revision, keys, size: 1234, 7, 3, 20 kB")

	_, code = s.run("backup.sh", s.path("out"))
	require.Equal(t, 1, code, "a backup is not overwritten")

	require.NoError(t, os.Remove(s.path("out/etcd.snapshot")))
	s.write("damaged", "")
	out, code = s.run("backup.sh", s.path("out"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "the snapshot is damaged")
}

func TestEtcdRestore(t *testing.T) {
	for name, tt := range map[string]struct {
		member  int
		arrange func(*etcdSandbox)
		code    int
		out     string
		want    string
	}{
		"member 0 gets the data": {0, func(*etcdSandbox) {}, 0, "restored", "etcdutl snapshot restore ROOT/in/etcd.snapshot --data-dir=ROOT/data/etcd.restore --name=db-0" +
			" --initial-cluster=db-0=http://db-0:2380 --initial-advertise-peer-urls=http://db-0:2380 --initial-cluster-token=db-"},
		"the others join":              {1, func(*etcdSandbox) {}, 0, "this one will join it", ""},
		"data is not overwritten":      {0, func(s *etcdSandbox) { s.write("data/etcd/member/wal/0.wal", "") }, 1, "is not empty: nothing was changed", ""},
		"a running cluster is not":     {0, func(s *etcdSandbox) { s.write("list", etcdEntry("e1", 1, "started", "false")) }, 1, "a cluster of this release is running", ""},
		"there has to be a snapshot":   {0, func(s *etcdSandbox) { require.NoError(s.t, os.Remove(s.path("in/etcd.snapshot"))) }, 1, "there is no ", ""},
		"a failure leaves it as it is": {0, func(s *etcdSandbox) { s.fake("etcdutl", "exit 1") }, 1, "etcdutl cannot restore", "etcdutl"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEtcd(t, []string{"sh"}, tt.member)
			s.write("in/etcd.snapshot", "data")
			tt.arrange(s)
			out, code := s.run("restore.sh", s.path("in"))
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			require.Contains(t, s.changes(), tt.want)
			if tt.want == "" {
				require.Empty(t, s.changes())
			} else if tt.code == 0 {
				require.Contains(t, s.changes(), "--bump-revision=1000000000 --mark-compacted")
				require.FileExists(t, s.path("data/etcd/member/wal/0.wal"))
			} else {
				require.NoDirExists(t, s.path("data/etcd"))
			}
		})
	}
}
