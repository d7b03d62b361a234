package charts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// newMongoDB is a sandbox with fakes. mongosh answers from the folder "answers":
// hello.HOST is what a server says of itself, and the words of the JavaScript choose
// among the others; a missing file is a server that does not answer.
func newMongoDB(t *testing.T, pattern string) *sandbox {
	s := newSandbox(t, "mongodb")
	folder, err := filepath.Glob("stateful/files/mongodb/" + pattern + "/*.sh")
	require.NoError(t, err)
	for _, file := range folder {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s.write("home/scripts/"+filepath.Base(file), string(text))
	}
	// What is awaited in vain is awaited for a few seconds, and these do not pass.
	short := regexp.MustCompile(`(await|-lt|-gt) (\d+)00?\b`)
	for _, name := range []string{"start.sh", "configure.sh", "scale-down.sh"} {
		if _, err := os.Stat(s.path("home/scripts/" + name)); err == nil {
			s.write("home/scripts/"+name, short.ReplaceAllString(s.read("home/scripts/"+name), "$1 5"))
		}
	}
	conf := "net.bindIpAll: true\nnet.port: 27017\nsetParameter.enableLocalhostAuthBypass: false\nstorage.dbPath: '" + s.path("data/db") + "'\n"
	s.env = append(s.env, "STATEWARD_DATA_DIR="+s.path("data/db"), "STATEWARD_PORT=27017", "STATEWARD_USERNAME=app", "STATEWARD_DATABASE=shop",
		"STATEWARD_PATTERN="+pattern, "STATEWARD_RELEASE=m", "STATEWARD_POOL=server", "STATEWARD_MEMBER=m-0", "ANSWERS="+s.path("answers"))
	if pattern == "primary-replica" {
		conf += "replication.replSetName: 'rs0'\n"
		s.env = append(s.env, "STATEWARD_HEADLESS=h.ns.svc")
		s.write("home/topology/members.server", "m-0.h.ns.svc\nm-1.h.ns.svc\nm-2.h.ns.svc\n")
	}
	s.write("home/config/mongod.conf", conf)
	s.write("home/credentials/key-file", "abcdef")
	s.write("home/credentials/metrics-password", "metrics-secret")
	s.write("answers/none", "")
	// The server that makes the users runs until it is told to end.
	s.fake("mongod", `case "$*" in --dbpath*) mkdir -p "$2"; touch "$2/WiredTiger"; trap 'kill $!; exit 0' TERM; sleep 60 >/dev/null 2>&1 & wait ;; esac`)
	s.write("bin/sleep", "#!/bin/sh\n[ \"$1\" != 60 ] || exec /usr/bin/sleep 60\n")
	s.fake("sync", "")
	s.write("bin/mongosh", `#!/bin/sh
host=${MONGO_URI#mongodb://}
host=${host%%/*}
case "$*" in
*'print("answer", h.setName'*) what=hello.$host ;;
*'"made the users"'*) what=users ;;
*replSetInitiate*) what=initiate ;;
*'member(host) ? "yes"'*) what=in-set.$MONGO_MEMBER ;;
*'config.members.push'*) what=add.$MONGO_MEMBER; echo "answer yes" >"$ANSWERS/in-set.$MONGO_MEMBER" ;;
*'state(host)'*) what=state.$MONGO_MEMBER ;;
*'m.votes = 1'*) what=raise.$MONGO_MEMBER ;;
*'print("member", m.host)'*) what=members ;;
*'well.length'*) what=majority.$MONGO_MEMBER ;;
*'member(host) ? "in"'*) what=out.$MONGO_MEMBER ;;
*'m.host !== host);'*) what=remove.$MONGO_MEMBER ;;
*replSetStepDown*) what=step-down ;;
*rotateCertificates*) what=rotate ;;
*insertOne*) what=insert ;;
*findOne*) what=find; echo "mongosh find $host $MONGO_AS" >>"$CALLS"; echo "$WANT"; exit ;;
*deleteOne*) what=delete ;;
*listDatabases*) what=databases ;;
*createRole*) what=role ;;
*dropRole*) what=drop-role ;;
*) what=unknown ;;
esac
echo "mongosh $what $MONGO_AS${MONGO_PLAIN:+ plain}" >>"$CALLS"
case $what in hello.*|in-set.*|state.*|majority.*|out.*|members|databases) cat "$ANSWERS/$what" || exit 1 ;; insert) echo wrote ;; esac
[ ! -f "$ANSWERS/$what.fails" ]
`)
	return s
}

func (s *sandbox) answers(of map[string]string) {
	for name, text := range of {
		s.write("answers/"+name, text+"\n")
	}
}

func TestMongoDBStart(t *testing.T) {
	serve := "mongod --config RUN/mongod.conf"
	users := []string{"mongod --dbpath DATA.new --bind_ip 127.0.0.1", "mongosh users nobody plain", serve}
	none := func(s *sandbox) {
		s.answers(map[string]string{"hello.m-1.h.ns.svc:27017": "answer - none -", "hello.m-2.h.ns.svc:27017": "answer - none -"})
	}
	database := func(set string) func(*sandbox) {
		return func(s *sandbox) {
			s.write("data/db/WiredTiger", "")
			if set != "" {
				s.write("data/db/stateward.set", set+"\n")
			}
		}
	}
	tests := []struct {
		name, pattern string
		arrange       func(*sandbox)
		code          int
		out           string
		calls         []string
		never         []string
		set           string
	}{
		{name: "one server: an empty volume gets users, made aside", pattern: "single-instance", calls: users},
		{name: "one server: a restart makes nothing new", pattern: "single-instance", arrange: database(""), calls: []string{serve}, never: []string{"users"}},
		{name: "one server: data of a set are left alone", pattern: "single-instance", arrange: database("rs0"), code: 1, out: `holds data of the replica set "rs0", this one is in no set`, never: []string{"mongod"}},
		{name: "something else on the volume is left alone", pattern: "single-instance", arrange: func(s *sandbox) { s.write("data/db/x", "") }, code: 1, out: "holds no database", never: []string{"mongod"}},
		{name: "a database that was half made is made anew", pattern: "single-instance", arrange: func(s *sandbox) { s.write("data/db.new/WiredTiger", "") }, calls: users},
		{name: "users that cannot be made start no server", pattern: "single-instance", arrange: func(s *sandbox) { s.write("answers/users.fails", "") }, code: 1, never: []string{"--config"}},
		{name: "the first member begins when all others know no set", pattern: "primary-replica", arrange: none, calls: users, set: "rs0"},
		{name: "the first member gets its data from a set that is there", pattern: "primary-replica", arrange: func(s *sandbox) {
			s.answers(map[string]string{"hello.m-1.h.ns.svc:27017": "answer rs0 primary m-1.h.ns.svc:27017"})
		}, out: "m-1 knows a set", calls: []string{serve}, never: []string{"users"}, set: "rs0"},
		{name: "a member that does not answer may know a set", pattern: "primary-replica", arrange: func(s *sandbox) {
			s.answers(map[string]string{"hello.m-1.h.ns.svc:27017": "answer - none -"})
		}, code: 1, out: "no answer from m-2", never: []string{"users", "mongod"}},
		{name: "the others never begin", pattern: "primary-replica", arrange: func(s *sandbox) { none(s); s.env = append(s.env, "STATEWARD_MEMBER=m-1") }, calls: []string{serve}, never: []string{"users", "hello"}, set: "rs0"},
		{name: "a member that never came up before starts the same again", pattern: "primary-replica", arrange: func(s *sandbox) {
			s.write("data/db/stateward.set", "rs0\n")
			s.env = append(s.env, "STATEWARD_MEMBER=m-1")
		}, calls: []string{serve}, never: []string{"users"}, set: "rs0"},
		{name: "a restart asks nobody", pattern: "primary-replica", arrange: database("rs0"), calls: []string{serve}, never: []string{"hello", "users"}, set: "rs0"},
		{name: "data of another set are left alone", pattern: "primary-replica", arrange: database("other"), code: 1, out: `holds data of the replica set "other", this one is of the set "rs0"`, never: []string{"mongod"}},
		{name: "data of a server in no set are left alone", pattern: "primary-replica", arrange: database(""), code: 1, out: "holds data of a server in no replica set", never: []string{"mongod"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMongoDB(t, tt.pattern)
			s.answers(map[string]string{"hello.127.0.0.1:27017": "answer - primary -"})
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			calls := strings.NewReplacer(s.path("data/db"), "DATA", s.path("run"), "RUN").Replace(s.calls())
			requireInOrder(t, calls, tt.calls)
			for _, never := range tt.never {
				require.NotContains(t, calls, never)
			}
			require.NotContains(t, calls+out, "-secret")
			if code != 0 {
				return
			}
			require.NoDirExists(t, s.path("data/db.new"))
			conf := s.read("run/mongod.conf")
			require.Contains(t, conf, "setParameter:\n  enableLocalhostAuthBypass: false\n", "mongod knows parameters only as a map")
			require.NotContains(t, conf, "setParameter.")
			if tt.set != "" {
				require.Equal(t, tt.set+"\n", s.read("data/db/stateward.set"))
				require.Contains(t, conf, "security.keyFile: '"+s.path("run/key-file")+"'")
				info, err := os.Stat(s.path("run/key-file"))
				require.NoError(t, err)
				require.Equal(t, os.FileMode(0o400), info.Mode().Perm())
			}
		})
	}
}

func requireInOrder(t *testing.T, text string, wants []string) {
	t.Helper()
	rest := text
	for _, want := range wants {
		_, after, found := strings.Cut(rest, want)
		require.True(t, found, "%q is missing, or out of order, in\n%s", want, text)
		rest = after
	}
}

func TestMongoDBProbe(t *testing.T) {
	for answer, want := range map[string]struct {
		code int
		role string
	}{
		"answer rs0 primary m-0:27017":   {0, "primary"},
		"answer rs0 secondary m-1:27017": {0, "replica"},
		"answer - primary -":             {0, "primary"},
		"answer - none -":                {0, "none"},
		"answer rs0 other m-1:27017":     {1, ""},
		"":                               {1, ""},
	} {
		s := newMongoDB(t, "primary-replica")
		s.answers(map[string]string{"hello.127.0.0.1:27017": answer})
		out, code := s.run("probe.sh", "readiness")
		require.Equal(t, want.code, code, "%q: %s", answer, out)
		if want.role == "" {
			require.NoFileExists(t, s.path("run/role"))
		} else {
			require.Equal(t, want.role+"\n", s.read("run/role"), answer)
		}
	}
}

func TestMongoDBCertificate(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_TLS=true")
	s.write("home/tls/tls.crt", "CERT1\n")
	s.write("home/tls/tls.key", "KEY1\n")
	s.answers(map[string]string{"hello.127.0.0.1:27017": "answer rs0 primary m-0:27017"})
	_, code := s.run("certificate.sh")
	require.Zero(t, code)
	require.Equal(t, "CERT1\nKEY1\n", s.read("run/server.pem"))
	_, code = s.run("probe.sh", "readiness")
	require.Zero(t, code)
	require.NotContains(t, s.calls(), "rotate", "nothing changed")

	s.write("home/tls/tls.crt", "CERT2\n")
	s.write("answers/rotate.fails", "")
	for range 2 {
		_, code = s.run("probe.sh", "readiness")
		require.Zero(t, code)
	}
	require.Equal(t, 2, strings.Count(s.calls(), "mongosh rotate superuser"), "tried again when it fails")
	require.NoError(t, os.Remove(s.path("answers/rotate.fails")))
	for range 2 {
		_, code = s.run("probe.sh", "readiness")
		require.Zero(t, code)
	}
	require.Equal(t, 3, strings.Count(s.calls(), "mongosh rotate superuser"), "and once when it succeeds")
	require.Equal(t, "CERT2\nKEY1\n", s.read("run/server.pem"))
}

func TestMongoDBStop(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	out, code := s.run("stop.sh")
	require.Zero(t, code, out)
	require.Equal(t, "mongosh step-down superuser\n", s.calls())
	s.write("answers/step-down.fails", "")
	out, code = s.run("stop.sh")
	require.Zero(t, code, "a stop is never held up by a handover that fails")
	require.Contains(t, out, "no handover")
}

func TestMongoDBConfigure(t *testing.T) {
	const m0, m1, m2 = "m-0.h.ns.svc:27017", "m-1.h.ns.svc:27017", "m-2.h.ns.svc:27017"
	secondary := "answer rs0 secondary " + m0
	set := map[string]string{
		"hello." + m0: "answer rs0 primary " + m0, "hello." + m1: secondary, "hello." + m2: secondary,
		"in-set." + m0: "answer yes", "in-set." + m1: "answer yes", "in-set." + m2: "answer yes",
		"state." + m0: "answer PRIMARY", "state." + m1: "answer SECONDARY", "state." + m2: "answer SECONDARY",
	}
	with := func(changes map[string]string) map[string]string {
		all := map[string]string{}
		for name, text := range set {
			all[name] = text
		}
		for name, text := range changes {
			all[name] = text
		}
		return all
	}
	none := map[string]string{"hello." + m0: "answer - none -", "hello." + m1: "answer - none -", "hello." + m2: "answer - none -"}
	tests := []struct {
		name    string
		answers map[string]string
		without string // an answer to take away
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{
		{name: "a set that is complete stays as it is", answers: set, calls: []string{"raise." + m2 + " superuser"}, never: []string{"initiate", "add."}},
		{name: "no member knows a set: it is made", answers: with(none), arrange: func(s *sandbox) {
			// When the set is made, the first member is primary.
			s.write("bin/mongosh", strings.Replace(s.read("bin/mongosh"), "what=initiate ;;", `what=initiate; echo "answer rs0 primary x" >"$ANSWERS/hello.`+m0+`" ;;`, 1))
		}, out: "making rs0 of 3 members", calls: []string{"initiate superuser", "raise." + m2}},
		{name: "MongoDB refuses to make it", answers: none, arrange: func(s *sandbox) { s.write("answers/initiate.fails", "") }, code: 1, out: "the set could not be made", calls: []string{"initiate"}},
		{name: "a silent member may know a set", answers: none, without: "hello." + m2, code: 1, out: "gave up waiting for every member's answer", never: []string{"initiate"}},
		{name: "a set is found although a member is silent; what it lacks is awaited", answers: with(map[string]string{"state." + m2: "answer (not reachable/healthy)"}), without: "hello." + m2, code: 1, out: "gave up waiting for the data of " + m2, never: []string{"initiate"}},
		{name: "a new member gets its vote when it has the data", answers: with(map[string]string{"hello." + m2: "answer - none -", "in-set." + m2: "answer no"}), out: "adding " + m2, calls: []string{"raise." + m1, "add." + m2 + " superuser", "state." + m2, "raise." + m2}, never: []string{"initiate"}},
		{name: "a member without its data gets no vote", answers: with(map[string]string{"in-set." + m2: "answer no", "hello." + m2: "answer - none -", "state." + m2: "answer STARTUP2"}), code: 1, out: "gave up waiting for the data of " + m2, never: []string{"raise." + m2}},
		{name: "one that cannot catch up is named", answers: with(map[string]string{"state." + m2: "answer RECOVERING"}), code: 1, out: "cannot catch up any more"},
		{name: "another set is left alone", answers: with(map[string]string{"hello." + m0: "answer old primary " + m0, "hello." + m1: "answer old secondary " + m0, "hello." + m2: "answer old secondary " + m0}), code: 1, out: `members are in the set old, and not in "rs0"`, never: []string{"add.", "initiate"}},
		{name: "two sets are left alone", answers: with(map[string]string{"hello." + m2: "answer old primary " + m2}), code: 1, out: "members are in the set rs0 old", never: []string{"add.", "initiate"}},
		{name: "a member of a set that only has the same name is left alone", answers: with(map[string]string{"in-set." + m2: "answer no"}), code: 1, out: "is not the set of the primary", never: []string{"add."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMongoDB(t, "primary-replica")
			s.answers(tt.answers)
			if tt.without != "" {
				require.NoError(t, os.Remove(s.path("answers/"+tt.without)))
			}
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("configure.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			requireInOrder(t, s.calls(), tt.calls)
			for _, never := range tt.never {
				require.NotContains(t, s.calls(), never)
			}
		})
	}
}

func TestMongoDBScaleDown(t *testing.T) {
	const m0, m1, m2, m3, m4 = "m-0.h.ns.svc:27017", "m-1.h.ns.svc:27017", "m-2.h.ns.svc:27017", "m-3.h.ns.svc:27017", "m-4.h.ns.svc:27017"
	secondary := "answer rs0 secondary " + m0
	three := map[string]string{"hello." + m0: "answer rs0 primary " + m0, "hello." + m1: secondary, "hello." + m2: secondary,
		"members": "member " + m0 + "\nmember " + m1 + "\nmember " + m2}
	five := map[string]string{"hello." + m0: "answer rs0 primary " + m0, "hello." + m1: secondary, "hello." + m2: secondary, "hello." + m3: secondary, "hello." + m4: secondary,
		"members":        "member " + m0 + "\nmember " + m1 + "\nmember " + m2 + "\nmember " + m3 + "\nmember " + m4 + "\nmember elsewhere.example:27017",
		"majority." + m3: "answer yes", "majority." + m4: "answer yes", "out." + m3: "answer out", "out." + m4: "answer out"}
	tests := []struct {
		name    string
		answers map[string]string
		pods    bool // more pods run than are declared
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{
		{name: "nothing to take out", answers: three, never: []string{"remove", "step-down"}},
		{name: "a release that never had a set", answers: nil},
		{name: "the highest first", answers: five, pods: true, out: "taken out: " + m4, calls: []string{"majority." + m4, "remove." + m4, "majority." + m3, "remove." + m3}, never: []string{"step-down", "remove.elsewhere"}},
		{name: "members that answer, but no set yet", answers: map[string]string{"hello." + m0: "answer - none -", "hello." + m1: "answer - none -", "hello." + m2: "answer - none -"}, pods: true},
		{name: "nobody answers, and pods would go", pods: true, code: 1, out: "bring the set up first"},
		{name: "no primary, and pods would go", answers: map[string]string{"hello." + m0: "answer rs0 secondary -"}, pods: true, code: 1, out: "the set has no primary"},
		{name: "no primary, and nothing would go", answers: map[string]string{"hello." + m0: "answer rs0 secondary -"}},
		{name: "a majority that would be lost", answers: five, pods: true, arrange: func(s *sandbox) { s.answers(map[string]string{"majority." + m4: "answer no"}) }, code: 1, out: "would be no majority", never: []string{"remove"}},
		{name: "a primary that goes hands over first", answers: five, pods: true, arrange: func(s *sandbox) {
			s.answers(map[string]string{"hello." + m0: "answer rs0 secondary " + m4, "hello." + m4: "answer rs0 primary " + m4})
			s.write("bin/mongosh", strings.Replace(s.read("bin/mongosh"), "what=step-down ;;",
				`what=step-down; echo "answer rs0 primary x" >"$ANSWERS/hello.`+m1+`"; echo "answer rs0 secondary x" >"$ANSWERS/hello.`+m4+`" ;;`, 1))
		}, out: m4 + " is the primary: it hands over", calls: []string{"step-down superuser", "remove." + m4, "remove." + m3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newMongoDB(t, "primary-replica")
			s.answers(tt.answers)
			s.fake("getent", map[bool]string{true: "", false: "exit 2"}[tt.pods])
			if tt.arrange != nil {
				tt.arrange(s)
			}
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

func TestMongoDBTest(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_HOST=m-write", "STATEWARD_READ_HOST=m-read")
	out, code := s.run("test.sh")
	require.Zero(t, code, out)
	requireInOrder(t, s.calls(), []string{"insert application", "find m-write:27017 application", "find m-read:27017 application", "delete application"})
	s.write("home/topology/members.server", "m-0.h.ns.svc\n")
	s.write("calls", "")
	out, code = s.run("test.sh")
	require.Zero(t, code, out)
	require.NotContains(t, s.calls(), "m-read", "one member has no replica")
	s.write("answers/insert.fails", "")
	_, code = s.run("test.sh")
	require.NotZero(t, code)
}

func TestMongoDBBackup(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	s.write("home/credentials/superuser-password", "root-'secret")
	s.fake("mongodump", `cp "${1#--config=}" "$CALLS.config"; for a; do case $a in --archive=*) echo dump | gzip >"${a#*=}" ;; esac; done`)
	require.NoError(t, os.MkdirAll(s.path("backup"), 0o755))
	out, code := s.run("backup.sh", s.path("backup"))
	require.Zero(t, code, out)
	require.Contains(t, s.calls(), "--host=rs0/m-0.h.ns.svc:27017,m-1.h.ns.svc:27017,m-2.h.ns.svc:27017 --username=root")
	require.Contains(t, s.calls(), "--oplog")
	require.NotContains(t, s.calls()+out, "secret")
	require.Equal(t, "password: 'root-''secret'\n", s.read("calls.config"))
	require.NoFileExists(t, s.path("run/tools.yaml"))

	s.fake("mongodump", "exit 1")
	out, code = s.run("backup.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "mongodump failed")
	s.fake("mongodump", `for a; do case $a in --archive=*) echo torn >"${a#*=}" ;; esac; done`)
	out, code = s.run("backup.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "is damaged")

	single := newMongoDB(t, "single-instance")
	single.env = append(single.env, "STATEWARD_HOST=m")
	single.fake("mongodump", `for a; do case $a in --archive=*) echo dump | gzip >"${a#*=}" ;; esac; done`)
	require.NoError(t, os.MkdirAll(single.path("backup"), 0o755))
	out, code = single.run("backup.sh", single.path("backup"))
	require.Zero(t, code, out)
	require.Contains(t, single.calls(), "--host=m:27017")
	require.NotContains(t, single.calls(), "--oplog", "one server keeps no oplog")
}

func TestMongoDBRestore(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	s.env = append(s.env, "STATEWARD_HOST=m-write")
	s.fake("mongorestore", "")
	out, code := s.run("restore.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "there is no")

	s.write("backup/mongodb.archive.gz", "dump")
	s.answers(map[string]string{"databases": "answer shop"})
	out, code = s.run("restore.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "the server has databases (shop)")
	require.NotContains(t, s.calls(), "mongorestore")

	s.answers(map[string]string{"databases": "answer "})
	out, code = s.run("restore.sh", s.path("backup"))
	require.Zero(t, code, out)
	requireInOrder(t, s.calls(), []string{"role superuser", "mongorestore", "--oplogReplay", "drop-role superuser"})

	s.fake("mongorestore", "exit 1")
	s.write("calls", "")
	out, code = s.run("restore.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "mongorestore failed")
	require.Contains(t, s.calls(), "drop-role", "also after a failure")

	require.NoError(t, os.Remove(s.path("answers/databases")))
	out, code = s.run("restore.sh", s.path("backup"))
	require.Equal(t, 1, code)
	require.Contains(t, out, "no answer from m-write:27017")
}

func TestMongoDBExporter(t *testing.T) {
	s := newMongoDB(t, "primary-replica")
	s.fake("mongodb_exporter", `[ "$MONGODB_PASSWORD" = metrics-secret ]`)
	out, code := s.run("exporter.sh", "--compatible-mode")
	require.Zero(t, code, out)
	require.Equal(t, "mongodb_exporter --compatible-mode\n", s.calls())
}
