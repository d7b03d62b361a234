package charts_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clusterClient is a redis-cli in front of a cluster that is one file, $CLUSTER/nodes:
// a line per node: id, ordinal, role, its master's id, state, first and last slot,
// whether it knows the others. The member r-N has the address 10.0.0.N, and answers
// unless there is $CLUSTER/silent-N. $CLUSTER/strange-N has what the member N knows
// instead of the truth.
const clusterClient = `#!/bin/sh
user=default
while :; do
	case $1 in
	-h) host=$2; shift 2 ;;
	-p) shift 2 ;;
	-c) shift ;;
	--user) user=$2; shift 2 ;;
	--tls) shift ;;
	--cacert | --cert | --key) shift 2 ;;
	*) break ;;
	esac
done
case $host in
127.0.0.1) me=$SELF ;;
10.0.0.*) me=${host##*.} ;;
r-[0-9]*) me=${host%%.*}; me=${me#r-} ;;
*) me=$SERVICE ;;
esac
nodes=$CLUSTER/nodes
change() { awk -v me="$me" -v arg="${arg:-}" "$1" "$nodes" >"$nodes.new" && mv "$nodes.new" "$nodes"; }
case "$*" in
ping | "cluster nodes" | "cluster info" | "info replication" | dbsize | "config get"* | "--cluster check"*) ;;
*) echo "$user@$me $*" >>"$CALLS" ;;
esac
[ "$1" = --cluster ] || [ ! -e "$CLUSTER/silent-$me" ] || { echo "Could not connect to Redis at $host:6379: Connection refused"; exit 1; }
case "$*" in
ping) cat "$CLUSTER/ping" 2>/dev/null || echo PONG ;;
"cluster nodes")
	if [ -e "$CLUSTER/strange-$me" ]; then cat "$CLUSTER/strange-$me"; exit; fi
	awk -v me="$me" '
		{ known[NR] = $8; all[NR] = $0; if ($2 == me && $5 == "up") mine = $8 }
		END { for (i = 1; i <= NR; i++) {
			split(all[i], n, " ")
			self = n[2] == me && n[5] == "up"
			if (!self && !(mine && n[8])) continue
			flags = (self ? "myself," : "") (n[3] == "master" ? "master" : "slave") (n[5] == "failed" ? ",fail" : "")
			printf "%s 10.0.0.%s:6379@16379,r-%s.r-headless.ns.svc %s %s 0 0 1 %s", n[1], n[2], n[2], flags, n[4], n[5] == "up" ? "connected" : "disconnected"
			if (n[6] >= 0) printf " %s-%s", n[6], n[7]
			print ""
		} }' "$nodes" ;;
"cluster info") cat "$CLUSTER/info" 2>/dev/null || printf 'cluster_state:ok\r\ncluster_known_nodes:6\r\n' ;;
"info replication") cat "$CLUSTER/replication" 2>/dev/null || printf 'role:slave\r\nmaster_link_status:up\r\n' ;;
"config get"*) printf '%s\nr-%s/zone/machine-%s\n' "$3" "$me" "$((me % 3))" ;;
dbsize) cat "$CLUSTER/dbsize-$me" 2>/dev/null || echo 0 ;;
"cluster meet"*) arg=${3##*.}; change '($2 == me || $2 == arg) && $5 == "up" { $8 = 1 } { print }'; echo OK ;;
"cluster replicate"*) arg=$3; change '$2 == me && $5 == "up" { $3 = "replica"; $4 = arg; $6 = $7 = -1 } { print }'; echo OK ;;
"cluster forget"*) arg=$3; change '$1 == arg && $5 == "up" { $8 = 0; $3 = "master"; $4 = "-" } $1 == arg && $5 != "up" { next } { print }'; echo OK ;;
"cluster reset"*) change '$2 == me && $5 == "up" { $8 = 0; $3 = "master"; $4 = "-"; $6 = $7 = -1 } { print }'; echo OK ;;
"cluster failover")
	arg=$(awk -v me="$me" '$2 == me { print $4 }' "$nodes")
	new=$(awk -v me="$me" '$2 == me { print $1 }' "$nodes")
	slots=$(awk -v arg="$arg" '$1 == arg { print $6, $7 }' "$nodes")
	awk -v old="$arg" -v new="$new" -v slots="$slots" '
		BEGIN { split(slots, s, " ") }
		$1 == old { $3 = "replica"; $4 = new; $6 = $7 = -1 }
		$1 == new { $3 = "master"; $4 = "-"; $6 = s[1]; $7 = s[2] }
		$4 == old { $4 = new }
		{ print }' "$nodes" >"$nodes.new"
	mv "$nodes.new" "$nodes"
	echo OK ;;
"--cluster create"*)
	[ ! -e "$CLUSTER/create-fails" ] || { echo "[ERR] Node is not empty."; exit 1; }
	arg=; for word; do case $word in 10.0.0.*) word=${word%:*}; arg="$arg ${word##*.}" ;; esac; done
	change 'BEGIN { n = split(arg, list, " "); for (i = 1; i <= n; i++) at[list[i]] = i }
		$2 in at { $6 = int((at[$2] - 1) * 16384 / n); $7 = int(at[$2] * 16384 / n) - 1; $8 = 1 } { print }'
	echo "[OK] All 16384 slots covered." ;;
"--cluster check"*) echo "[OK] All nodes agree about slots configuration."; echo "[OK] All 16384 slots covered." ;;
"--cluster rebalance"*)
	arg="$*"
	count=$(awk -v arg="$arg" '$3 == "master" && $8 && $5 == "up" && !index(arg, $1 "=0") { n++ } END { print n + 0 }' "$nodes")
	awk -v arg="$arg" -v n="$count" '
		$3 == "master" && $8 && $5 == "up" {
			if (index(arg, $1 "=0")) $6 = $7 = -1
			else { i++; $6 = int((i - 1) * 16384 / n); $7 = int(i * 16384 / n) - 1 }
		} { print }' "$nodes" >"$nodes.new"
	mv "$nodes.new" "$nodes" ;;
set*) shift; echo OK; echo "$2" >"$CLUSTER/value" ;;
get*) cat "$CLUSTER/value" ;;
--rdb*) echo REDIS >"$2" ;;
*) echo OK ;;
esac
`

// newRedisCluster is a sandbox of the member r-self among count, with the nodes of a
// cluster; none: all members are new.
func newRedisCluster(t *testing.T, self, count int, nodes ...string) *sandbox {
	s := newSandbox(t, "redis")
	scripts, err := filepath.Glob("stateful/files/redis/distributed/*.sh")
	require.NoError(t, err)
	for _, file := range scripts {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s.write("home/scripts/"+filepath.Base(file), string(text))
	}
	for _, key := range []string{"admin", "replica", "probe", "metrics"} {
		s.write("home/credentials/"+key+"-password", key+`-"secret`)
	}
	s.write("home/config/redis.conf", "port 6379\n")
	if len(nodes) == 0 {
		for i := range count {
			nodes = append(nodes, node(i, "master", -1, "up", -1, -1)+" 0")
		}
	}
	var text strings.Builder
	for _, line := range nodes {
		if len(strings.Fields(line)) == 7 {
			line += " 1"
		}
		text.WriteString(line + "\n")
	}
	s.write("cluster/nodes", text.String())
	s.clusterMembers(count)
	s.fake("redis-server", "")
	s.fake("redis-check-rdb", "")
	s.write("bin/redis-cli", clusterClient)
	s.write("bin/sleep", "#!/bin/sh\n")
	s.env = append(s.env, "STATEWARD_DATA_DIR="+s.path("data"), "STATEWARD_AUTH=true", "STATEWARD_PORT=6379",
		"STATEWARD_POOL=server", "STATEWARD_HEADLESS=r-headless.ns.svc", "STATEWARD_POD_IP=10.0.0."+fmt.Sprint(self),
		"STATEWARD_MEMBER=r-"+fmt.Sprint(self), "STATEWARD_RACK=zone", "STATEWARD_NODE=machine", "STATEWARD_GRACE_SECONDS=30",
		"STATEWARD_HOST=r", "SERVICE=0", "SELF="+fmt.Sprint(self), "CLUSTER="+s.path("cluster"))
	return s
}

func (s *sandbox) clusterMembers(count int) {
	var names strings.Builder
	for i := range count {
		fmt.Fprintf(&names, "r-%d.r-headless.ns.svc\n", i)
	}
	s.write("home/topology/members.server", names.String())
}

// nodeID is a node's id: the ordinal, and a letter to tell a former node of that name.
func nodeID(ordinal int, letter string) string {
	return fmt.Sprintf("%s%039d", letter, ordinal)
}

func node(ordinal int, role string, of int, state string, first, last int) string {
	master := "-"
	if of >= 0 {
		master = nodeID(of, "a")
	}
	return fmt.Sprintf("%s %d %s %s %s %d %d", nodeID(ordinal, "a"), ordinal, role, master, state, first, last)
}

// six is a cluster of three masters, 0 to 2, and their replicas, 3 to 5.
func six() []string {
	return []string{
		node(0, "master", -1, "up", 0, 5460), node(1, "master", -1, "up", 5461, 10922), node(2, "master", -1, "up", 10923, 16383),
		node(3, "replica", 0, "up", -1, -1), node(4, "replica", 1, "up", -1, -1), node(5, "replica", 2, "up", -1, -1),
	}
}

// shape says who is what in the cluster: "0: 3 | 1: 4 | 2: 5" are three masters with
// their replicas; a master without slots stands in brackets.
func (s *sandbox) shape() string {
	type line struct {
		id, role, of string
		ordinal      int
		slots        bool
	}
	var lines []line
	for _, text := range strings.Split(strings.TrimSpace(s.read("cluster/nodes")), "\n") {
		f := strings.Fields(text)
		if f[7] == "0" {
			continue
		}
		var ordinal int
		_, err := fmt.Sscan(f[1], &ordinal)
		require.NoError(s.t, err)
		lines = append(lines, line{f[0], f[2], f[3], ordinal, f[5] != "-1"})
	}
	var masters []string
	for _, m := range lines {
		if m.role != "master" {
			continue
		}
		name := fmt.Sprint(m.ordinal)
		if !m.slots {
			name = "(" + name + ")"
		}
		name += ":"
		for _, r := range lines {
			if r.of == m.id {
				name += fmt.Sprintf(" %d", r.ordinal)
			}
		}
		masters = append(masters, name)
	}
	return strings.Join(masters, " | ")
}

func nodesConf(self int, nodes []string) string {
	var text strings.Builder
	for _, line := range nodes {
		f := strings.Fields(line)
		flags := map[string]string{"master": "master", "replica": "slave"}[f[2]]
		if f[1] == fmt.Sprint(self) {
			flags = "myself," + flags
		}
		slots := ""
		if f[5] != "-1" {
			slots = " " + f[5] + "-" + f[6]
		}
		fmt.Fprintf(&text, "%s 10.0.9.%s:6379@16379,r-%s.r-headless.ns.svc,shard-id=1 %s %s 0 0 1 connected%s\n", f[0], f[1], f[1], flags, f[3], slots)
	}
	return text.String() + "vars currentEpoch 6 lastVoteEpoch 0\n"
}

func TestRedisClusterStart(t *testing.T) {
	forgotten := func(role string, of, first, last int) func(*sandbox) {
		return func(s *sandbox) {
			s.write("cluster/nodes", strings.ReplaceAll(s.read("cluster/nodes"), nodeID(3, "a"), nodeID(3, "b")))
			nodes := six()
			nodes[3] = node(3, role, of, "up", first, last)
			s.write("data/nodes.conf", nodesConf(3, nodes))
		}
	}
	silence := func(s *sandbox) {
		for i := range 6 {
			s.write(fmt.Sprintf("cluster/silent-%d", i), "")
		}
	}
	tests := []struct {
		name    string
		arrange func(*sandbox)
		code    int
		out     string
		emptied bool
	}{{
		name: "an empty volume",
	}, {
		name:    "a member of the cluster",
		arrange: func(s *sandbox) { s.write("data/nodes.conf", nodesConf(3, six())) },
	}, {
		name: "nobody answers: a member starts, as all may start at once",
		arrange: func(s *sandbox) {
			forgotten("master", -1, 0, 5460)(s)
			silence(s)
		},
	}, {
		name:    "a replica that was forgotten is emptied: its data is a copy",
		arrange: forgotten("replica", 0, -1, -1),
		out:     "it is emptied and joins anew", emptied: true,
	}, {
		name:    "a master without slots that was forgotten is emptied: it has no keys",
		arrange: forgotten("master", -1, -1, -1),
		out:     "it is emptied and joins anew", emptied: true,
	}, {
		name:    "a master with slots that was forgotten is for a person to judge",
		arrange: forgotten("master", -1, 0, 5460),
		code:    1, out: "holds the keys of 5461 slots",
	}, {
		name:    "data of a server that was in no cluster",
		arrange: func(s *sandbox) { s.write("data/appendonlydir/x", "") },
		code:    1, out: "the data of a server that was in no cluster",
	}, {
		name:    "a damaged nodes.conf",
		arrange: func(s *sandbox) { s.write("data/nodes.conf", "vars\n") },
		code:    1, out: "is damaged",
	}, {
		name:    "an empty password",
		arrange: func(s *sandbox) { s.write("home/credentials/replica-password", "") },
		code:    1, out: "that would let everybody in",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newRedisCluster(t, 3, 6, six()...)
			s.write("home/scripts/join.sh", "")
			if tt.arrange != nil {
				tt.arrange(s)
			}
			member := fileExists(s.path("data/nodes.conf"))
			if member {
				s.write("data/appendonlydir/x", "")
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if tt.code != 0 {
				require.NotContains(t, s.calls(), "redis-server")
			} else {
				require.Contains(t, s.calls(), "redis-server "+s.path("run/redis.conf"))
			}
			if member {
				require.Equal(t, tt.emptied, !fileExists(s.path("data/nodes.conf")))
				require.Equal(t, tt.emptied, !fileExists(s.path("data/appendonlydir/x")))
			}
		})
	}
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestRedisClusterConfiguration(t *testing.T) {
	s := newRedisCluster(t, 3, 6)
	s.write("home/scripts/join.sh", "")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Equal(t, "include "+s.path("home/config/redis.conf")+`
cluster-announce-ip 10.0.0.3
cluster-announce-hostname r-3.r-headless.ns.svc
cluster-announce-human-nodename r-3/zone/machine
aclfile `+s.path("run/users.acl")+`
masteruser replica
masterauth "replica-\"secret"
`, s.read("run/redis.conf"))
	users := s.read("run/users.acl")
	for _, want := range []string{"user default on #", " ~* &* +@all -@admin\n", "user admin on #", "user replica on #", "user probe on #", "user metrics on #"} {
		require.Contains(t, users, want)
	}
	require.NotContains(t, users, "secret")
	require.Contains(t, s.read("run/metrics.json"), `redis://metrics@127.0.0.1:6379`)

	s = newRedisCluster(t, 3, 6)
	s.write("home/scripts/join.sh", "")
	s.env = append(s.env, "STATEWARD_AUTH=")
	out, code = s.run("start.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.read("run/redis.conf"), "acl")
}

func TestRedisClusterJoin(t *testing.T) {
	tests := []struct {
		name    string
		self    int
		members int
		nodes   []string
		arrange func(*sandbox)
		shape   string
		out     string
		never   []string
	}{{
		name: "the first of new members makes a cluster of as many as shall be masters",
		self: 0, members: 6,
		shape: "0: | 1: | 2:",
		out:   "all 6 members are new: making a cluster of the first 3",
	}, {
		name: "two replicas each, three members are masters of nine",
		self: 0, members: 9, arrange: func(s *sandbox) { s.env = append(s.env, "STATEWARD_CLUSTER_REPLICAS=2") },
		shape: "0: | 1: | 2:",
	}, {
		name: "too few members",
		self: 0, members: 5,
		out: "5 members make 2 masters with 1 replicas each", never: []string{"--cluster create"},
	}, {
		name: "another new member makes none",
		self: 1, members: 6,
		out: "the first of them makes the cluster", never: []string{"--cluster create"},
	}, {
		name: "a member that does not answer may know a cluster: none is made",
		self: 0, members: 6, arrange: func(s *sandbox) { s.write("cluster/silent-4", "") },
		out: "silent: r-4", never: []string{"--cluster create"},
	}, {
		name: "slots without owners: none is made",
		self: 0, members: 6, nodes: append([]string{node(0, "master", -1, "up", -1, -1) + " 0", node(1, "master", -1, "up", -1, -1) + " 0"}, six()[2:]...),
		out: "redis-cli --cluster fix", never: []string{"--cluster create", "meet"},
	}, {
		name: "a cluster that could not be made is tried again when all are new again",
		self: 0, members: 6, arrange: func(s *sandbox) { s.write("cluster/create-fails", "") },
		out: "the cluster was not made: [ERR] Node is not empty.",
	}, {
		name: "a new member joins the others as a replica, of another machine's master where it can",
		self: 3, members: 6, nodes: append([]string{node(3, "master", -1, "up", -1, -1) + " 0", node(4, "master", -1, "up", -1, -1), node(5, "master", -1, "up", -1, -1)}, six()[:3]...),
		shape: "(4): | (5): | 0: | 1: 3 | 2:",
	}, {
		name: "a member that lost its volume: the cluster forgets who it was",
		self: 3, members: 6, nodes: append([]string{
			node(3, "master", -1, "up", -1, -1) + " 0",
			strings.Replace(node(3, "replica", 0, "failed", -1, -1), nodeID(3, "a"), nodeID(3, "b"), 1),
		}, append(six()[:3], six()[4:]...)...),
		shape: "0: 3 | 1: 4 | 2: 5",
		out:   "the cluster forgets its former id " + nodeID(3, "b"),
	}, {
		name: "a master that lost its volume and had no replica: its slots stay with it, and somebody is told",
		self: 0, members: 6, nodes: append([]string{
			node(0, "master", -1, "up", -1, -1) + " 0",
			strings.Replace(node(0, "master", -1, "failed", 0, 5460), nodeID(0, "a"), nodeID(0, "b"), 1),
		}, six()[1:]...),
		out: "their keys are lost unless that volume comes back", never: []string{"forget"},
	}, {
		name: "a member that is one already has nothing to do",
		self: 4, members: 6, nodes: six(),
		shape: "0: 3 | 1: 4 | 2: 5",
		out:   "part of a cluster of 6 nodes",
		never: []string{"meet", "replicate", "create"},
	}, {
		name: "after a restart of all it meets those that know it, at their present addresses",
		self: 4, members: 6, nodes: six(),
		arrange: func(s *sandbox) {
			stale := strings.ReplaceAll(strings.ReplaceAll(nodesConf(4, six()), "connected", "disconnected"), "vars currentEpoch 6 lastVoteEpoch 0\n", "")
			s.write("cluster/strange-4", stale)
			s.write("bin/sleep", "#!/bin/sh\nrm -f \"$CLUSTER/strange-4\"\n")
		},
		out: "waiting to hear from: r-0 r-1 r-2 r-3 r-5",
	}, {
		name: "two clusters are never mixed",
		self: 4, members: 6, nodes: six(),
		arrange: func(s *sandbox) {
			stale := strings.ReplaceAll(strings.ReplaceAll(nodesConf(4, six()), "connected", "disconnected"), nodeID(4, "a"), nodeID(4, "b"))
			s.write("cluster/strange-4", stale)
		},
		out:   "the cluster of r-2.r-headless.ns.svc has forgotten this node",
		never: []string{"meet"},
	}, {
		name: "making the cluster was interrupted: nobody has keys, and it begins anew",
		self: 0, members: 6, nodes: []string{
			node(0, "master", -1, "up", 0, 5460), node(1, "master", -1, "up", 5461, 10922),
			node(2, "master", -1, "up", -1, -1) + " 0", node(3, "master", -1, "up", -1, -1) + " 0", node(4, "master", -1, "up", -1, -1) + " 0", node(5, "master", -1, "up", -1, -1) + " 0",
		},
		arrange: func(s *sandbox) { s.write("data/making-cluster", "") },
		shape:   "0: | 1: | 2:",
		out:     "making the cluster was interrupted: beginning anew",
	}, {
		name: "making the cluster was interrupted, and somebody has a key: it is left alone",
		self: 0, members: 6, nodes: []string{
			node(0, "master", -1, "up", 0, 5460), node(1, "master", -1, "up", 5461, 10922),
			node(2, "master", -1, "up", -1, -1) + " 0", node(3, "master", -1, "up", -1, -1) + " 0", node(4, "master", -1, "up", -1, -1) + " 0", node(5, "master", -1, "up", -1, -1) + " 0",
		},
		arrange: func(s *sandbox) {
			s.write("data/making-cluster", "")
			s.write("cluster/dbsize-1", "7\n")
		},
		out: "holds keys already", never: []string{"reset"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRedisCluster(t, tt.self, tt.members, tt.nodes...)
			// Half a minute and a bit instead of an hour.
			s.write("home/scripts/join.sh", strings.Replace(s.read("home/scripts/join.sh"), "left=1800", "left=${TURNS:-20}", 1))
			s.write("home/scripts/join.sh", strings.ReplaceAll(s.read("home/scripts/join.sh"), "1785", "10"))
			s.write("home/scripts/cluster.sh", strings.Replace(s.read("home/scripts/cluster.sh"), "bury_left=30", "bury_left=2", 1))
			require.NoError(t, os.MkdirAll(s.path("data"), 0o755))
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("join.sh", "999999999")
			require.Contains(t, out, tt.out)
			if tt.shape != "" {
				require.Equal(t, tt.shape, s.shape(), out)
			}
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
			require.NotContains(t, s.calls(), "default@")
			if strings.Contains(out, "part of a cluster") {
				require.Zero(t, code)
				require.NoFileExists(t, s.path("run/waiting"))
				require.NoFileExists(t, s.path("data/making-cluster"))
			}
		})
	}
}

// A replica that looks for its master at an old address is told again, then started anew.
func TestRedisClusterMasterMoved(t *testing.T) {
	for replication, ended := range map[string]bool{
		"role:slave\r\nmaster_host:10.0.9.9\r\nmaster_link_status:down\r\n": true,
		"role:slave\r\nmaster_host:10.0.0.0\r\nmaster_link_status:down\r\n": false,
	} {
		s := newRedisCluster(t, 3, 6, six()...)
		s.write("cluster/replication", replication)
		server := exec.Command("/usr/bin/sleep", "5")
		require.NoError(t, server.Start())
		done := make(chan error)
		go func() { done <- server.Wait() }()
		out, _ := s.run("join.sh", fmt.Sprint(server.Process.Pid))
		err := <-done
		require.Equal(t, ended, err != nil, out)
		require.Equal(t, ended, strings.Contains(out, "the server starts anew"), out)
		require.Equal(t, ended, strings.Contains(s.calls(), "admin@3 cluster replicate "+nodeID(0, "a")))
	}
}

func TestRedisClusterProbe(t *testing.T) {
	info := func(state string, known, ok, pfail int) string {
		return fmt.Sprintf("cluster_state:%s\r\ncluster_slots_ok:%d\r\ncluster_slots_pfail:%d\r\ncluster_known_nodes:%d\r\n", state, ok, pfail, known)
	}
	for name, tt := range map[string]struct {
		kind, ping, info, replication string
		arrange                       func(*sandbox)
		code                          int
		out                           string
	}{
		"a member that serves":                  {kind: "readiness"},
		"a replica in step":                     {kind: "readiness", replication: "role:slave\r\nmaster_link_status:up\r\n"},
		"a replica that copies":                 {kind: "readiness", replication: "role:slave\r\nmaster_link_status:down\r\n", code: 1, out: "does not have its master's data yet"},
		"it loads":                              {kind: "readiness", ping: "LOADING Redis is loading", code: 1, out: "LOADING"},
		"it loads, and lives":                   {kind: "liveness", ping: "LOADING Redis is loading"},
		"it does not answer":                    {kind: "liveness", ping: "Could not connect", code: 1, out: "Could not connect"},
		"no cluster yet":                        {kind: "readiness", info: info("fail", 1, 0, 0), code: 1, out: "part of no cluster yet"},
		"no cluster is no reason for a restart": {kind: "liveness", info: info("fail", 1, 0, 0)},
		"cut off from a majority":               {kind: "readiness", info: info("fail", 6, 5461, 10923), code: 1, out: "does not hear all masters"},
		"about to come back":                    {kind: "readiness", info: info("fail", 6, 16384, 0), code: 1, out: "about to join"},
		"slots are lost: a rolling update must not stop here": {kind: "readiness", info: info("fail", 6, 10923, 0)},
		"a new member that is no replica yet": {kind: "readiness", code: 1, out: "has no part in the cluster yet; joining",
			arrange: func(s *sandbox) {
				s.write("run/waiting", "joining")
				s.write("cluster/nodes", strings.Replace(s.read("cluster/nodes"), node(3, "replica", 0, "up", -1, -1), node(3, "master", -1, "up", -1, -1), 1))
			}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedisCluster(t, 3, 6, six()...)
			s.write("cluster/ping", "PONG\n")
			if tt.ping != "" {
				s.write("cluster/ping", tt.ping+"\n")
			}
			if tt.info != "" {
				s.write("cluster/info", tt.info)
			}
			if tt.replication != "" {
				s.write("cluster/replication", tt.replication)
			}
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("probe.sh", tt.kind)
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
		})
	}
}

func TestRedisClusterStop(t *testing.T) {
	for name, tt := range map[string]struct {
		self        int
		replication string
		shape       string
		out         string
	}{
		"a master's replica takes over":           {self: 0, shape: "1: 4 | 2: 5 | 3: 0"},
		"a replica just stops":                    {self: 3, shape: "0: 3 | 1: 4 | 2: 5"},
		"a replica that lags behind is not asked": {self: 0, replication: "role:slave\r\nmaster_link_status:down\r\n", shape: "0: 3 | 1: 4 | 2: 5", out: "no replica has taken over"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRedisCluster(t, tt.self, 6, six()...)
			if tt.replication != "" {
				s.write("cluster/replication", tt.replication)
			}
			out, code := s.run("stop.sh")
			require.Zero(t, code, out)
			require.Contains(t, out, tt.out)
			require.Equal(t, tt.shape, s.shape())
			require.NotContains(t, s.calls(), "forget")
		})
	}
}

func TestRedisClusterTest(t *testing.T) {
	s := newRedisCluster(t, 0, 6, six()...)
	out, code := s.run("test.sh")
	require.Zero(t, code, out)
	require.Equal(t, 3, strings.Count(s.calls(), " set stateward:test:"))
	s.write("bin/redis-cli", "#!/bin/sh\necho CLUSTERDOWN The cluster is down\n")
	out, code = s.run("test.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "CLUSTERDOWN")
}

// eight is the cluster of six, and two more members.
func eight(six7 ...string) []string { return append(six(), six7...) }

func TestRedisClusterScaleDown(t *testing.T) {
	third := func(more ...string) []string {
		return append([]string{
			node(0, "master", -1, "up", 0, 4095), node(1, "master", -1, "up", 4096, 8191), node(2, "master", -1, "up", 8192, 12287),
			node(3, "replica", 0, "up", -1, -1), node(4, "replica", 1, "up", -1, -1),
		}, more...)
	}
	tests := []struct {
		name    string
		members int
		nodes   []string
		arrange func(*sandbox)
		code    int
		out     string
		shape   string
		never   []string
	}{{
		name:    "nobody leaves",
		members: 6, nodes: six(), out: "no member leaves", shape: "0: 3 | 1: 4 | 2: 5", never: []string{"forget", "rebalance", "reset"},
	}, {
		name:    "nobody answers: the upgrade may be the cure",
		members: 6, nodes: six(), out: "nothing is moved",
		arrange: func(s *sandbox) {
			for i := range 6 {
				s.write(fmt.Sprintf("cluster/silent-%d", i), "")
			}
		},
	}, {
		name:    "replicas that nobody needs leave without a move",
		members: 6, nodes: eight(node(6, "replica", 0, "up", -1, -1), node(7, "replica", 1, "up", -1, -1)),
		shape: "0: 3 | 1: 4 | 2: 5", never: []string{"rebalance", "failover"},
	}, {
		name:    "a master and its replica leave: its slots move",
		members: 6, nodes: third(node(5, "replica", 2, "up", -1, -1), node(6, "master", -1, "up", 12288, 16383), node(7, "replica", 6, "up", -1, -1)),
		shape: "0: 3 | 1: 4 | 2: 5", never: []string{"failover"},
	}, {
		name:    "a master leaves whose replica stays, which takes over when masters are needed",
		members: 6, nodes: []string{
			node(0, "replica", 6, "up", -1, -1), node(1, "master", -1, "up", 5461, 10922), node(2, "master", -1, "up", 10923, 16383),
			node(3, "replica", 1, "up", -1, -1), node(4, "replica", 1, "up", -1, -1), node(5, "replica", 2, "up", -1, -1),
			node(6, "master", -1, "up", 0, 5460), node(7, "replica", 6, "up", -1, -1),
		},
		shape: "0: 4 | 1: 3 | 2: 5", out: "takes over", never: []string{"rebalance"},
	}, {
		name:    "too few masters stay: a replica becomes one",
		members: 6, nodes: []string{
			node(0, "master", -1, "up", 0, 5460), node(1, "master", -1, "up", 5461, 10922), node(2, "replica", 0, "up", -1, -1),
			node(3, "replica", 0, "up", -1, -1), node(4, "replica", 1, "up", -1, -1), node(5, "replica", 1, "up", -1, -1),
			node(6, "master", -1, "up", 10923, 16383), node(7, "replica", 6, "up", -1, -1),
		},
		shape: "0: 2 | 1: 4 | 5: 3", out: "r-5 becomes a master",
	}, {
		name:    "two masters are no cluster",
		members: 5, nodes: six(),
		code: 1, out: "5 members are 2 masters with 1 replicas each, and a cluster needs 3 masters: keep 6 or more",
		shape: "0: 3 | 1: 4 | 2: 5", never: []string{"forget", "rebalance"},
	}, {
		name:    "a master that stays would have no replica: one that should be is down",
		members: 6, nodes: third(node(5, "replica", 2, "failed", -1, -1), node(6, "master", -1, "up", 12288, 16383), node(7, "replica", 2, "up", -1, -1)),
		code: 1, out: "nobody was removed", never: []string{"forget", "reset"},
	}, {
		name:    "slots that nobody serves",
		members: 6, nodes: append(third(node(5, "replica", 2, "up", -1, -1), node(7, "replica", 0, "up", -1, -1)), node(6, "master", -1, "failed", 12288, 16383)),
		code: 1, out: "a master is down", never: []string{"forget", "rebalance"},
	}, {
		name:    "a member that is down and has nothing is forgotten",
		members: 6, nodes: eight(node(6, "replica", 0, "failed", -1, -1)),
		shape: "0: 3 | 1: 4 | 2: 5",
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRedisCluster(t, 0, tt.members, tt.nodes...)
			if tt.arrange != nil {
				tt.arrange(s)
			}
			s.write("home/scripts/cluster.sh", strings.Replace(s.read("home/scripts/cluster.sh"), "try 900", "try 4", 1))
			out, code := s.run("scale-down.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if tt.shape != "" {
				require.Equal(t, tt.shape, s.shape(), out)
			}
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
}

// Highest first, and nobody is emptied before all have forgotten it.
func TestRedisClusterScaleDownInOrder(t *testing.T) {
	s := newRedisCluster(t, 0, 6, eight(node(6, "replica", 0, "up", -1, -1), node(7, "replica", 1, "up", -1, -1))...)
	out, code := s.run("scale-down.sh")
	require.Zero(t, code, out)
	rest := s.calls()
	for _, want := range []string{"forget " + nodeID(7, "a"), "admin@7 cluster reset hard", "forget " + nodeID(6, "a"), "admin@6 cluster reset hard"} {
		_, after, found := strings.Cut(rest, want)
		require.True(t, found, "%q is missing, or out of order, in\n%s", want, s.calls())
		rest = after
	}
}

func TestRedisClusterConfigure(t *testing.T) {
	tests := []struct {
		name    string
		members int
		nodes   []string
		out     string
		shape   string
		never   []string
		arrange func(*sandbox)
		code    int
	}{{
		name:    "all is as it should be",
		members: 6, nodes: six(), shape: "0: 3 | 1: 4 | 2: 5", out: "6 members, 3 masters with slots",
		never: []string{"rebalance", "replicate", "forget", "reset", "failover"},
	}, {
		name:    "two more members: one becomes a master, the other follows it",
		members: 8, nodes: eight(node(6, "replica", 0, "up", -1, -1), node(7, "replica", 1, "up", -1, -1)),
		shape: "0: 3 | 1: 4 | 2: 5 | 7: 6", out: "r-7 becomes a master",
	}, {
		name:    "a seventh member stays a replica",
		members: 7, nodes: eight(node(6, "replica", 0, "up", -1, -1)),
		shape: "0: 3 6 | 1: 4 | 2: 5", never: []string{"rebalance", "reset"},
	}, {
		name:    "replicas are dealt out again",
		members: 6, nodes: append(six()[:4], node(4, "replica", 0, "up", -1, -1), node(5, "replica", 0, "up", -1, -1)),
		shape: "0: 3 | 1: 5 | 2: 4",
	}, {
		name:    "a former member is forgotten",
		members: 6, nodes: eight(node(6, "replica", 0, "failed", -1, -1)),
		shape: "0: 3 | 1: 4 | 2: 5", out: "the cluster forgets the node " + nodeID(6, "a"),
	}, {
		name:    "a member that was emptied by a scale-down that was called off",
		members: 8, nodes: eight(node(6, "replica", 0, "up", -1, -1), node(7, "master", -1, "up", -1, -1)+" 0"),
		shape: "0: 3 | 1: 4 | 2: 5 | 7: 6",
	}, {
		name:    "a member does not come up",
		members: 6, nodes: six(), code: 1, out: "gave up waiting for all 6 members to be up and part of one cluster",
		arrange: func(s *sandbox) { s.write("cluster/silent-5", "") },
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRedisCluster(t, 0, tt.members, tt.nodes...)
			if tt.arrange != nil {
				tt.arrange(s)
			}
			s.write("home/scripts/configure.sh", strings.NewReplacer("await 900", "await 14", "-gt 30", "-gt 1").Replace(s.read("home/scripts/configure.sh")))
			out, code := s.run("configure.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if tt.shape != "" {
				require.Equal(t, tt.shape, s.shape(), out)
			}
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
}

func TestRedisClusterBackup(t *testing.T) {
	s := newRedisCluster(t, 0, 6, six()...)
	require.NoError(t, os.MkdirAll(s.path("out"), 0o755))
	out, code := s.run("backup.sh", s.path("out"))
	require.Zero(t, code, out)
	for i := range 3 {
		require.FileExists(t, s.path(fmt.Sprintf("out/r-%d.rdb", i)))
		require.Contains(t, s.calls(), fmt.Sprintf("admin@%d --rdb", i+3), "from a replica")
	}

	s.fake("redis-check-rdb", "echo broken; exit 1")
	out, code = s.run("backup.sh", s.path("out"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "broken")

	s.write("cluster/nodes", strings.Replace(s.read("cluster/nodes"), node(0, "master", -1, "up", 0, 5460), node(0, "master", -1, "failed", 0, 5460), 1))
	out, code = s.run("backup.sh", s.path("out"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "a master is down")
}

func TestRedisClusterRestoreRefusesAClusterWithKeys(t *testing.T) {
	s := newRedisCluster(t, 0, 6, six()...)
	s.write("in/r-0.rdb", "REDIS")
	s.write("cluster/dbsize-1", "3\n")
	out, code := s.run("restore.sh", s.path("in"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "the cluster is not empty: the master 10.0.0.1 has 3 keys")
	require.NotContains(t, s.calls(), "import")
}
