package charts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// engines have one set of scripts; the words of each are in a file of its own.
var engines = map[string]struct{ server, client, fence, follow, start, promote string }{
	"mysql": {"mysqld", "mysql", "SET SESSION lock_wait_timeout = 30; SET PERSIST read_only = ON; SET PERSIST super_read_only = ON", "CHANGE REPLICATION SOURCE TO SOURCE_HOST='%s'",
		"START REPLICA", "RESET REPLICA ALL; SET PERSIST super_read_only = OFF"},
	"mariadb": {"mariadbd", "mariadb", "SET SESSION lock_wait_timeout = 30; SET GLOBAL read_only = ON", "CHANGE MASTER TO MASTER_HOST='%s'",
		"START SLAVE", "RESET SLAVE ALL; SET GLOBAL read_only = OFF"},
}

// fakeClient answers as the member that --host names, without one as the pod's own
// server, from the files of servers/: "role source io has". Statements go to a log,
// and change what the server answers, as far as the scripts look at it.
const fakeClient = `
host=self statement=$(cat)
for arg; do case $arg in --host=*) host=${arg#*=} ;; esac; done
file=$SERVERS/$host
[ -f "$file" ] || { echo "ERROR 2003 (HY000): no route to $host" >&2; exit 1; }
read -r role source io has <"$file"
put() { echo "$role $source $io $has" >"$file"; }
printf '%s: %s\n' "$host" "$(printf %s "$statement" | tr -s '\n\t ' ' ')" >>"$CALLS"
[ ! -f "$SERVERS/refuses.$host" ] || case $statement in *read_only\ =\ ON*) echo "ERROR 1205" >&2; exit 1 ;; esac
case $statement in
*Read_Only*)
	[ "$source" != - ] || source=
	ro=0; [ "$role" = primary ] || ro=1
	report=$host; [ "$role" != vacant ] || report=vacant
	echo "  Read_Only: $ro"; echo "Report_Host: $report"
	[ -z "$source" ] || printf '%s\n' "Source_Host: $source" "Replica_IO_Running: $io" "Replica_SQL_Running: Yes" "Last_IO_Error: broken" "Gtid_IO_Pos: 0-1-$has" ;;
*GTID_SUBTRACT*)
	mine=$(echo "$statement" | sed "s/.*SUBTRACT('uuid:1-\([0-9]*\)'.*/\1/") theirs=$(echo "$statement" | sed "s/.*, 'uuid:1-\([0-9]*\)').*/\1/")
	if [ "$mine" -gt "$theirs" ]; then echo "uuid:$((theirs + 1))-$mine"; else echo; fi ;;
*WAIT_FOR_EXECUTED* | *GTID_WAIT*)
	if [ -f "$SERVERS/slow.$host" ]; then echo 1; else
		has=$(echo "$statement" | sed "s/.*('[^']*-\([0-9]*\)'.*/\1/"); put; echo 0; fi ;;
*gtid_executed* | *RECEIVED_TRANSACTION_SET*) echo "uuid:1-$has" ;;
*gtid_binlog_state* | *gtid_current_pos*) echo "0-1-$has" ;;
*information_schema.processlist* | *performance_schema.processlist*) echo "KILL 17;" ;;
"SELECT 1;") if [ -f "$SERVERS/answer" ]; then cat "$SERVERS/answer"; else echo 1; fi ;;
esac
case $statement in *RESET\ REPLICA\ ALL* | *RESET\ SLAVE\ ALL*) source=- io=-; put ;; esac
case $statement in *read_only\ =\ OFF*) role=primary; put ;; esac
case $statement in *read_only\ =\ ON*) role=fenced; put ;; esac
case $statement in *_HOST=*) source=$(echo "$statement" | sed -n "s/.*_HOST='\([^']*\)'.*/\1/p"); role=replica io=No; put ;; esac
case $statement in *START\ REPLICA* | *START\ SLAVE*) io=Yes; put ;; esac
case $statement in *CLONE\ INSTANCE*)
	[ ! -f "$SERVERS/busy" ] || { rm "$SERVERS/busy"; echo "ERROR 3862: Too many concurrent clone operations" >&2; exit 1; }
	mkdir -p "$(echo "$statement" | sed -n "s/.*DIRECTORY = '\([^']*\)'.*/\1/p")/mysql" ;;
esac`

// newMySQL is a sandbox of one member of three, with fakes of the engine's programs.
// A server started aside makes "self" answer.
func newMySQL(t *testing.T, engine string) *sandbox {
	s := newSandbox(t, "mysql")
	e := engines[engine]
	require.NoError(t, os.MkdirAll(s.path("servers"), 0o755))
	s.write("home/credentials/replication-password", `re'p"l`)
	s.write("home/credentials/metrics-password", "metrics-secret")
	s.write("home/config/my.cnf", "[mysqld]\nport = 3307\n")
	s.write("home/topology/members.server", "db-0.db\ndb-1.db\ndb-2.db") // without a line break at the end, as the chart writes it
	s.write("home/topology/primary", "0")
	s.env = append(s.env, "SERVERS="+s.path("servers"), "STATEWARD_PATTERN=primary-replica", "STATEWARD_POOL=server",
		"STATEWARD_MEMBER=db-0", "STATEWARD_HEADLESS=db", "STATEWARD_USERNAME=app", "STATEWARD_DATABASE=app_1",
		"STATEWARD_DATA_DIR="+s.path("data/db"), "STATEWARD_SOCKET_DIR="+s.path("sockets"))
	s.fake(e.client, fakeClient)
	s.fake("sleep", "/bin/sleep 0.02")
	// Two tries where somebody else is awaited; the server aside really has to start.
	s.write("home/scripts/lib.sh", strings.Replace(s.read("home/scripts/lib.sh"), "await_left=$1",
		`await_left=4; case $2 in "the server on"*) await_left=4000 ;; esac;`, 1))
	s.fake("sync", "")
	made := `for arg; do case $arg in --datadir=*) mkdir -p "${arg#*=}/mysql" ;; esac; done`
	s.fake(e.server, `case "$*" in
	*--version*) echo "x Ver 11.8.6-MariaDB for linux" ;;
	*--initialize-insecure*) `+made+` ;;
	*aside.sock*) exec >/dev/null 2>&1; n=0; echo "${START_AS:-vacant} - - 0" >"$SERVERS/self"; touch "$SERVERS/up"; while [ -f "$SERVERS/up" ] && [ $n -lt 200 ]; do n=$((n + 1)); /bin/sleep 0.05; done ;;
	esac`)
	s.fake("mariadb-install-db", made)
	s.fake("mariadb-upgrade", "")
	s.fake("mariadb-dump", "echo '-- Dump completed'")
	for _, admin := range []string{"mysqladmin", "mariadb-admin"} {
		s.fake(admin, `rm "$SERVERS/up"`)
	}
	return s
}

// member says what a server answers.
func (s *sandbox) member(ordinal int, state string) {
	s.write(fmt.Sprintf("servers/db-%d.db", ordinal), state+"\n")
}

func (s *sandbox) requireOrder(wants ...string) {
	s.t.Helper()
	rest := s.calls()
	for _, want := range wants {
		_, after, found := strings.Cut(rest, want)
		require.True(s.t, found, "%q is missing, or out of order, in\n%s", want, s.calls())
		rest = after
	}
}

func TestMySQLStart(t *testing.T) {
	as := func(ordinal int) func(*sandbox) {
		return func(s *sandbox) { s.env = append(s.env, fmt.Sprintf("STATEWARD_MEMBER=db-%d", ordinal)) }
	}
	peers := func(states ...string) func(*sandbox) {
		return func(s *sandbox) {
			for i, state := range states {
				if state != "" {
					s.member(i, state)
				}
			}
		}
	}
	data := func(s *sandbox) { s.write("data/db/mysql/x", "") }
	held, made := "read-only=ON", "GRANT ALL PRIVILEGES ON `app\\_1`.*"
	tests := []struct {
		name    string
		arrange []func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{{
		name:    "one server alone makes its database without a network, aside, and moves it into place",
		arrange: []func(*sandbox){func(s *sandbox) { s.env = append(s.env, "STATEWARD_PATTERN=single-instance") }},
		calls:   []string{"--datadir=DATA.new", "--skip-networking", "CREATE USER 'app'@'%'", "--datadir=DATA --socket"},
		never:   []string{"vacant", held},
	}, {
		name:    "the declared primary makes the database when all others say that they have no data",
		arrange: []func(*sandbox){peers("", "vacant - - 0", "vacant - - 0")},
		calls:   []string{"--report-host=vacant", "db-1.db: ", "db-2.db: ", "CREATE USER 'app'@'%'", "--datadir=DATA --socket"},
		never:   []string{held},
	}, {
		name:    "a member that does not answer may have all the data",
		arrange: []func(*sandbox){peers("", "vacant - - 0")},
		code:    1, out: "gave up waiting for every other member to say that it has no data",
		never: []string{"CREATE DATABASE", "--datadir=DATA "},
	}, {
		name:    "an empty volume under the declared primary is not a new release when another member has data",
		arrange: []func(*sandbox){peers("", "vacant - - 0", "replica db-0.db Connecting 9")},
		code:    1, out: "is empty, but db-2.db has data: nothing was made",
		never: []string{"CREATE DATABASE", "--datadir=DATA "},
	}, {
		name:    "another member is filled from the primary, read-only",
		arrange: []func(*sandbox){as(1), peers("primary - - 9")},
		calls:   []string{"FILL", "_HOST='db-0.db'", "--datadir=DATA --socket", held},
		never:   []string{"CREATE DATABASE"},
	}, {
		name:    "another member waits while the primary has no data, and makes none",
		arrange: []func(*sandbox){as(1), peers("vacant - - 0")},
		code:    1, out: "gave up waiting for the primary db-0.db to serve",
		never: []string{"CREATE DATABASE", "--datadir=DATA "},
	}, {
		name:    "a restarted primary that nobody contests takes writes, with peers that do not answer too",
		arrange: []func(*sandbox){data, peers("", "replica db-0.db Yes 9")},
		calls:   []string{"--datadir=DATA --socket"},
		never:   []string{"--datadir=DATA.new", held},
	}, {
		name:    "a restarted primary takes no writes while another member does",
		arrange: []func(*sandbox){data, peers("", "primary - - 9")},
		out:     "db-1.db takes writes, though the values declare db-0.db",
		calls:   []string{"--datadir=DATA --socket", held},
	}, {
		name:    "a member that the values do not declare takes no writes, whatever it was",
		arrange: []func(*sandbox){data, as(1), peers("primary - - 9")},
		calls:   []string{"--datadir=DATA --socket", held},
	}, {
		name:    "nor when nobody can be asked",
		arrange: []func(*sandbox){data, as(1)},
		calls:   []string{"--datadir=DATA --socket", held},
	}, {
		name:    "a primary whose upgrade has not ended is one when the declared member follows it",
		arrange: []func(*sandbox){data, as(1), peers("replica db-1.db Yes 9")},
		calls:   []string{"--datadir=DATA --socket"},
		never:   []string{held},
	}, {
		name:    "data that were half made are made anew",
		arrange: []func(*sandbox){as(1), peers("primary - - 9"), func(s *sandbox) { s.write("data/db.new/mysql/x", ""); s.write("data/db.filled/mysql/x", "") }},
		calls:   []string{"FILL", "--datadir=DATA --socket"},
	}, {
		name:    "a folder with something else is left alone",
		arrange: []func(*sandbox){func(s *sandbox) { s.write("data/db/lost+found/x", "") }},
		code:    1, out: "is not empty and holds no database",
		never: []string{"--datadir"},
	}}
	for engine, e := range engines {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				s := newMySQL(t, engine)
				for _, arrange := range tt.arrange {
					arrange(s)
				}
				out, code := s.run("start.sh")
				require.Equal(t, tt.code, code, out)
				require.Contains(t, out, tt.out)
				fill := map[string]string{"mysql": "CLONE INSTANCE", "mariadb": "mariadb-dump"}[engine]
				calls := strings.NewReplacer(s.path("data/db"), "DATA", fill, "FILL").Replace(s.calls())
				rest := calls
				for _, want := range tt.calls {
					_, after, found := strings.Cut(rest, want)
					require.True(t, found, "%q is missing, or out of order, in\n%s", want, calls)
					rest = after
				}
				for _, never := range tt.never {
					require.NotContains(t, calls, never)
				}
				if strings.Contains(calls, "CREATE DATABASE") {
					require.Contains(t, calls, made, "an underscore in a grant stands for any character")
				}
				if code == 0 {
					require.DirExists(t, s.path("data/db/mysql"))
					require.NoDirExists(t, s.path("data/db.new"))
					require.NoDirExists(t, s.path("data/db.filled"))
					require.Contains(t, calls, e.server+" --defaults-file=")
				}
				for _, line := range strings.Split(calls, "\n") {
					if strings.HasPrefix(line, e.client+" ") || strings.HasPrefix(line, e.server+" ") {
						require.NotContains(t, line, "secret", "a password on a command line")
					}
				}
			})
		}
	}
}

// Each server copies itself to one other at a time: the next one waits.
func TestMySQLCloneWaitsItsTurn(t *testing.T) {
	s := newMySQL(t, "mysql")
	s.env = append(s.env, "STATEWARD_MEMBER=db-1")
	s.member(0, "primary - - 9")
	s.write("servers/busy", "")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Contains(t, out, "db-0.db is being copied by another member")
	s.requireOrder("CLONE INSTANCE", "CLONE INSTANCE", "_HOST='db-0.db'", "SET PERSIST super_read_only = ON")
	require.Contains(t, s.calls(), `IDENTIFIED BY 're\'p"l'`)
}

// A dump that broke off is no replica.
func TestMariaDBHalfADump(t *testing.T) {
	s := newMySQL(t, "mariadb")
	s.env = append(s.env, "STATEWARD_MEMBER=db-1")
	s.member(0, "primary - - 9")
	s.fake("mariadb-dump", "exit 2")
	out, code := s.run("start.sh")
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "the dump of db-0.db is not complete")
	require.NoDirExists(t, s.path("data/db"))
}

func TestMariaDBStartReadsItsRoleAndVersion(t *testing.T) {
	for name, tt := range map[string]struct {
		info, version, out string
		code               int
		never, want        string
	}{
		"a replica by its files stays read-only, though it is declared": {info: "33\nlog\n4\ndb-1.db\n", want: "--read-only=ON"},
		"a file without a source is none":                               {info: "33\nlog\n4\n\n", never: "--read-only=ON"},
		"data of the same series":                                       {version: "11.8.2-MariaDB", never: "mariadb-upgrade"},
		"data of an older series":                                       {version: "10.11.9-MariaDB", want: "mariadb-upgrade"},
		"data of a newer series are left alone":                         {version: "12.3.1-MariaDB", code: 1, out: "MariaDB does not go back", never: "--datadir"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newMySQL(t, "mariadb")
			s.write("data/db/mysql/x", "")
			if tt.info != "" {
				s.write("data/db/master.info", tt.info)
			}
			if tt.version != "" {
				s.write("data/db/mariadb_upgrade_info", tt.version)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			require.Contains(t, s.calls(), tt.want)
			if tt.never != "" {
				require.NotContains(t, s.calls(), tt.never)
			}
		})
	}
}

func TestMySQLSwitchover(t *testing.T) {
	follows, primary := "replica db-0.db Yes ", "primary - - 9"
	tests := []struct {
		name    string
		primary string
		members [3]string
		arg     string
		slow    bool // the target does not catch up
		code    int
		out     string
		calls   []string // FENCE, FOLLOW x, START, PROMOTE
		after   [3]string
	}{{
		name: "nothing is to do", primary: "0",
		members: [3]string{primary, follows + "9", follows + "7"},
		after:   [3]string{primary, follows + "9", follows + "7"},
	}, {
		name: "fence, wait, promote, repoint", primary: "1",
		members: [3]string{primary, follows + "7", follows + "9"},
		calls:   []string{"WAIT", "db-0.db: FENCE", "db-0.db: KILL 17", "db-1.db: WAIT", "db-1.db: PROMOTE", "FOLLOW", "START"},
		after:   [3]string{"replica db-1.db Yes 9", primary, "replica db-1.db Yes 9"},
	}, {
		name: "a target with transactions of its own is refused", primary: "1",
		members: [3]string{primary, follows + "11", follows + "9"},
		code:    1, out: "db-1.db has transactions that db-0.db has not",
		after: [3]string{primary, follows + "11", follows + "9"},
	}, {
		name: "a target that does not catch up is refused, before the fence", primary: "1", slow: true,
		members: [3]string{primary, follows + "7", follows + "9"},
		code:    1, out: "db-1.db is more than 300 s behind db-0.db",
		after: [3]string{primary, follows + "7", follows + "9"},
	}, {
		name: "a target that does not follow is refused", primary: "1",
		members: [3]string{primary, "replica db-0.db No 7", follows + "9"},
		code:    1, out: "db-1.db does not follow db-0.db (I/O thread: No",
		after: [3]string{primary, "replica db-0.db No 7", follows + "9"},
	}, {
		name: "an old primary that does not answer is waited for by a person", primary: "1",
		members: [3]string{"", follows + "9", follows + "9"},
		code:    1, out: `whether db-1.db has everything cannot be known; nothing was changed. When that member is lost for good, do as the README says`,
		after: [3]string{"", follows + "9", follows + "9"},
	}, {
		name: "a target that does not answer is refused", primary: "1",
		members: [3]string{primary, "", follows + "9"},
		code:    1, out: "the declared primary db-1.db does not answer",
		after: [3]string{primary, "", follows + "9"},
	}, {
		name: "an upgrade that shall mend a release without its primary goes on", primary: "0",
		members: [3]string{"", follows + "9", follows + "9"},
		out:     "db-0.db does not answer; nothing to switch",
		after:   [3]string{"", follows + "9", follows + "9"},
	}, {
		name: "and one where nobody answers", primary: "0",
		out: "db-0.db does not answer; nothing to switch",
	}, {
		name: "a switchover that ended after the fence goes on", primary: "1",
		members: [3]string{"fenced - - 9", follows + "7", follows + "9"},
		out:     "fenced already",
		calls:   []string{"db-1.db: PROMOTE", "FOLLOW"},
		after:   [3]string{"replica db-1.db Yes 9", primary, "replica db-1.db Yes 9"},
	}, {
		name: "so does one whose fence has the old primary follow the new one", primary: "1",
		members: [3]string{"replica db-1.db No 9", follows + "7", follows + "9"},
		out:     "fenced already",
		calls:   []string{"db-1.db: PROMOTE", "FOLLOW"},
		after:   [3]string{"replica db-1.db Yes 9", primary, "replica db-1.db Yes 9"},
	}, {
		name: "and one that ended in the middle of the promotion", primary: "1",
		members: [3]string{"fenced - - 9", "fenced - - 9", follows + "9"},
		out:     "db-1.db is the primary again",
		after:   [3]string{"replica db-1.db Yes 9", primary, "replica db-1.db Yes 9"},
	}, {
		name: "a fenced member that lacks something is no primary", primary: "1",
		members: [3]string{"fenced - - 9", "fenced - - 8", follows + "9"},
		code:    1, out: "db-0.db has transactions that db-1.db has not",
		after: [3]string{"fenced - - 9", "fenced - - 8", follows + "9"},
	}, {
		name: "a fenced member is no primary while one is silent", primary: "0",
		members: [3]string{"fenced - - 9", "", follows + "9"},
		code:    1, out: "these members do not answer: db-1.db",
		after: [3]string{"fenced - - 9", "", follows + "9"},
	}, {
		name: "two that take writes", primary: "0",
		members: [3]string{primary, "primary - - 12", follows + "9"},
		code:    1, out: "more than one member takes writes",
		after: [3]string{primary, "primary - - 12", follows + "9"},
	}, {
		name: "an old primary that comes back becomes a replica", primary: "1",
		members: [3]string{"fenced - - 8", primary, "replica db-1.db Yes 9"},
		calls:   []string{"db-0.db: ", "FOLLOW", "START"},
		after:   [3]string{"replica db-1.db Yes 8", primary, "replica db-1.db Yes 9"},
	}, {
		name: "unless it has what the new one never got", primary: "1",
		members: [3]string{"fenced - - 12", primary, "replica db-1.db Yes 9"},
		out:     "db-0.db has transactions that db-1.db has not",
		after:   [3]string{"fenced - - 12", primary, "replica db-1.db Yes 9"},
	}, {
		name: "lost: the declared one takes the place of the old primary", primary: "1", arg: "lost",
		members: [3]string{"", follows + "9", follows + "8"},
		calls:   []string{"db-1.db: WAIT", "db-1.db: PROMOTE", "FOLLOW"},
		after:   [3]string{"", primary, "replica db-1.db Yes 8"},
	}, {
		name: "lost: another member has more", primary: "1", arg: "lost",
		members: [3]string{"", follows + "8", follows + "9"},
		code:    1, out: "db-2.db has transactions that db-1.db has not",
		after: [3]string{"", follows + "8", follows + "9"},
	}, {
		name: "lost: the old primary lives", primary: "1", arg: "lost",
		members: [3]string{primary, follows + "9", follows + "9"},
		code:    1, out: "db-0.db is not lost: it takes writes",
		after: [3]string{primary, follows + "9", follows + "9"},
	}}
	for engine, e := range engines {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				s := newMySQL(t, engine)
				s.write("home/topology/primary", tt.primary)
				for i, state := range tt.members {
					if state != "" {
						s.member(i, state)
					}
				}
				if tt.slow {
					s.write("servers/slow.db-1.db", "")
				}
				out, code := s.run("switchover.sh", strings.Fields(tt.arg)...)
				require.Equal(t, tt.code, code, out+s.calls())
				require.Contains(t, out, tt.out)
				words := strings.NewReplacer("FENCE", e.fence, "PROMOTE", "STOP "+strings.Fields(e.start)[1]+"; "+e.promote,
					"FOLLOW", fmt.Sprintf(e.follow, "db-1.db"), "START", e.start,
					"WAIT", map[string]string{"mysql": "SELECT WAIT_FOR_EXECUTED_GTID_SET", "mariadb": "SELECT MASTER_GTID_WAIT"}[engine])
				wants := []string{}
				for _, want := range tt.calls {
					wants = append(wants, words.Replace(want))
				}
				s.requireOrder(wants...)
				for i, want := range tt.after {
					if want != "" {
						require.Equal(t, want+"\n", s.read(fmt.Sprintf("servers/db-%d.db", i)), "%s%s", out, s.calls())
					}
				}
				require.NotContains(t, out, `re'p"l`)
			})
		}
	}
}

// An old primary that cannot be fenced keeps its role.
func TestMySQLSwitchoverFenceFails(t *testing.T) {
	for engine := range engines {
		s := newMySQL(t, engine)
		s.write("home/topology/primary", "1")
		s.member(0, "primary - - 9")
		s.member(1, "replica db-0.db Yes 9")
		s.write("servers/refuses.db-0.db", "")
		out, code := s.run("switchover.sh")
		require.Equal(t, 1, code, out)
		require.Contains(t, out, "db-0.db could not be fenced: it takes writes again")
		require.Equal(t, "primary - - 9\n", s.read("servers/db-0.db"))
		require.Equal(t, "replica db-0.db Yes 9\n", s.read("servers/db-1.db"))
	}
}

func TestMySQLProbe(t *testing.T) {
	dead := "ERROR 2002 (HY000): Can't connect to local server through socket"
	for name, tt := range map[string]struct {
		kind, answer, self, peer string
		code                     int
		out, role                string
	}{
		"startup, it answers":                       {kind: "startup"},
		"startup, a database is being made":         {kind: "startup", answer: dead, code: 1},
		"liveness, it answers":                      {kind: "liveness"},
		"liveness, no answer":                       {kind: "liveness", answer: dead, code: 1},
		"liveness, nothing at all":                  {kind: "liveness", answer: "\n", code: 1},
		"liveness, too many connections":            {kind: "liveness", answer: "ERROR 1040 (HY000): Too many connections"},
		"readiness, too many connections":           {kind: "readiness", answer: "ERROR 1040 (HY000): Too many connections", code: 1},
		"the primary":                               {kind: "readiness", self: "primary - - 9", role: "primary"},
		"a replica":                                 {kind: "readiness", self: "replica db-1.db Yes 9", peer: "primary - - 9", role: "replica"},
		"a replica whose primary is away":           {kind: "readiness", self: "replica db-1.db Connecting 9", role: "replica"},
		"a replica that stopped":                    {kind: "readiness", self: "replica db-1.db No 9", code: 1, out: "it does not follow db-1.db (I/O thread: No, SQL thread: Yes): broken", role: "replica"},
		"a left-over volume":                        {kind: "readiness", self: "replica db-1.db Yes 12", peer: "primary - - 9", code: 1, out: "has transactions that db-1.db has not", role: "replica"},
		"a member that the switchover must look at": {kind: "readiness", self: "fenced - - 9", code: 1, out: "takes no writes and follows nobody"},
	} {
		for engine := range engines {
			t.Run(engine+"/"+name, func(t *testing.T) {
				s := newMySQL(t, engine)
				s.write("servers/self", "primary - - 1\n")
				if tt.self != "" {
					s.write("servers/self", tt.self+"\n")
				}
				if tt.peer != "" {
					s.member(1, tt.peer)
				}
				if tt.answer != "" {
					s.write("servers/answer", tt.answer)
				}
				out, code := s.run("probe.sh", tt.kind)
				require.Equal(t, tt.code, code, out)
				require.Contains(t, out, tt.out)
				if tt.role != "" {
					require.Equal(t, tt.role+"\n", s.read("run/role"))
				} else {
					require.NoFileExists(t, s.path("run/role"))
				}
			})
		}
	}
}

// The settings of a plugin would stop a server that has not loaded it.
func TestMySQLSemiSynchronous(t *testing.T) {
	s := newMySQL(t, "mysql")
	s.write("home/config/my.cnf", "[mysqld]\nrpl_semi_sync_source_enabled = ON\n")
	for i := 1; i < 3; i++ {
		s.member(i, "vacant - - 0")
	}
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Contains(t, s.read("run/init.cnf"), "\nloose_rpl_semi_sync_source_enabled = ON\n")
	require.Contains(t, s.calls(), "--plugin-load-add=semisync_source.so")
	require.NotContains(t, s.calls(), "semisync_replica.so")
}

func TestMySQLBackup(t *testing.T) {
	for engine, e := range engines {
		for name, tt := range map[string]struct {
			dump, out string
			code      int
		}{
			"a dump":              {`echo 'CREATE TABLE t (i int);'; echo '-- Dump completed on 2026'`, "dumped app_1", 0},
			"one that failed":     {`echo '-- Dump completed'; exit 2`, "is no backup", 1},
			"one that has no end": {`echo 'CREATE TABLE'`, "has no end", 1},
			"one that is there":   {"touched", "is there already", 1},
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				s := newMySQL(t, engine)
				s.env = append(s.env, "STATEWARD_HOST=db-0.db", "STATEWARD_PORT=3306")
				s.fake(e.client+"dump", tt.dump)
				s.fake(e.client+"-dump", tt.dump)
				require.NoError(t, os.MkdirAll(s.path("out"), 0o755))
				if tt.dump == "touched" {
					s.write("out/database.sql.gz", "")
				}
				out, code := s.run("backup.sh", s.path("out"))
				require.Equal(t, tt.code, code, out)
				require.Contains(t, out, tt.out)
				require.NotContains(t, s.calls(), "app-secret")
				if code != 0 {
					return
				}
				// Back into a database: only into an empty one.
				s.fake(e.client, `statement=$(cat); case $statement in *COUNT*) cat "$SERVERS/tables" ;; *) echo "$statement" >>"$CALLS" ;; esac`)
				s.write("servers/tables", "2")
				out, code = s.run("restore.sh", s.path("out"))
				require.Equal(t, 1, code, out)
				require.Contains(t, out, "has 2 tables already: nothing was changed")
				require.NotContains(t, s.calls(), "CREATE TABLE t")
				s.write("servers/tables", "0")
				out, code = s.run("restore.sh", s.path("out"))
				require.Zero(t, code, out)
				require.Contains(t, s.calls(), "CREATE TABLE t")
				require.NoError(t, os.Truncate(filepath.Join(s.path("out"), "database.sql.gz"), 30))
				out, code = s.run("restore.sh", s.path("out"))
				require.Equal(t, 1, code, out)
				require.Contains(t, out, "nothing was changed")
			})
		}
	}
}
