package charts_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// sandbox is a container's file system for a script under test: the scripts as
// the chart mounts them, and fake programs that write their calls to a log.
type sandbox struct {
	t    *testing.T
	root string
	env  []string
}

func newSandbox(t *testing.T, preset string) *sandbox {
	s := &sandbox{t: t, root: t.TempDir()}
	for _, pattern := range []string{"stateful/files/lib.sh", "stateful/files/" + preset + "/*.sh"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s.write("home/scripts/"+filepath.Base(file), string(text))
		}
	}
	s.write("home/credentials/password", "app-secret")
	s.write("home/credentials/superuser-password", "root-secret")
	s.write("home/config/postgresql.conf", "")
	require.NoError(t, os.MkdirAll(s.path("run"), 0o755))
	s.env = []string{
		"STATEWARD_HOME=" + s.path("home"), "STATEWARD_RUN_DIR=" + s.path("run"), "CALLS=" + s.path("calls"),
		"PATH=" + s.path("bin") + ":/usr/bin:/bin",
	}
	return s
}

func (s *sandbox) path(name string) string { return filepath.Join(s.root, name) }

func (s *sandbox) write(name, text string) {
	require.NoError(s.t, os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	require.NoError(s.t, os.WriteFile(s.path(name), []byte(text), 0o755))
}

func (s *sandbox) read(name string) string {
	text, err := os.ReadFile(s.path(name))
	require.NoError(s.t, err)
	return string(text)
}

// fake puts a program on PATH that logs its call and then runs body.
func (s *sandbox) fake(name, body string) {
	s.write("bin/"+name, "#!/bin/sh\necho \""+name+" $*\" >>\"$CALLS\"\n"+body+"\n")
}

// run runs a script; it gives its output and exit code.
func (s *sandbox) run(script string, args ...string) (string, int) {
	cmd := exec.Command("sh", append([]string{s.path("home/scripts/" + script)}, args...)...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		require.NoError(s.t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *sandbox) calls() string {
	text, err := os.ReadFile(s.path("calls"))
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(s.t, err)
	return string(text)
}

// newPostgreSQL is a sandbox with fakes of one major. initdb makes what the real
// one makes, as far as start.sh looks at it.
func newPostgreSQL(t *testing.T, major string) *sandbox {
	s := newSandbox(t, "postgresql")
	s.env = append(s.env, "PGDATA="+s.path("data/pg"), "STATEWARD_USERNAME=app", "STATEWARD_DATABASE=app",
		"STATEWARD_GRACE_SECONDS=300", "STATEWARD_PORT=5432")
	s.fake("postgres", `[ "$1" != --version ] || echo "postgres (PostgreSQL) `+major+`.6 (Debian `+major+`.6-1)"`)
	s.fake("initdb", `for arg; do case $arg in
		--pgdata=*) mkdir -p "${arg#*=}"; echo `+major+` >"${arg#*=}/PG_VERSION" ;;
		--waldir=*) mkdir "${arg#*=}"; touch "${arg#*=}/segment" ;;
	esac; done`)
	s.fake("pg_ctl", "")
	s.fake("psql", "cat >/dev/null")
	return s
}

func TestPostgreSQLStart(t *testing.T) {
	serve := "postgres -D DATA -c config_file=HOME/config/postgresql.conf -c hba_file=HOME/config/pg_hba.conf"
	tests := []struct {
		name    string
		arrange func(*sandbox)
		code    int
		out     string   // in the output
		calls   []string // in this order
		never   []string
	}{{
		name:  "an empty volume gets a database, made aside and moved into place",
		out:   "making one for PostgreSQL 18",
		calls: []string{"initdb --locale-provider=builtin", "--pgdata=DATA.new", "pg_ctl --pgdata=DATA.new", "start", "psql", "stop", serve},
	}, {
		name:    "an empty folder in the database's place is no database",
		arrange: func(s *sandbox) { require.NoError(s.t, os.MkdirAll(s.path("data/pg"), 0o755)) },
		calls:   []string{"initdb", serve},
	}, {
		name:    "the root of a volume is left alone",
		arrange: func(s *sandbox) { s.write("data/pg/lost+found/x", "") },
		code:    1, out: "is not empty and holds no database",
		never: []string{"initdb"},
	}, {
		name:    "init scripts run once, before the server is reachable",
		arrange: func(s *sandbox) { s.write("home/config/init.01.sql", "") },
		calls:   []string{"psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1", "--dbname=app --file=HOME/config/init.01.sql", "stop", serve},
	}, {
		name:    "a restart makes nothing new",
		arrange: func(s *sandbox) { s.write("data/pg/PG_VERSION", "18\n") },
		calls:   []string{serve},
		never:   []string{"initdb", "psql", "pg_ctl"},
	}, {
		name:    "data of another major is left alone",
		arrange: func(s *sandbox) { s.write("data/pg/PG_VERSION", "17\n") },
		code:    1, out: "is of PostgreSQL 17, the image has 18",
		never: []string{"initdb", "postgres -D"},
	}, {
		name:    "a folder with something else is left alone",
		arrange: func(s *sandbox) { s.write("data/pg/base/1", "") },
		code:    1, out: "is not empty and holds no database",
		never: []string{"initdb", "postgres -D"},
	}, {
		name: "a database that was half made is made anew",
		arrange: func(s *sandbox) {
			s.write("data/pg.new/PG_VERSION", "18\n")
		},
		calls: []string{"initdb", serve},
	}, {
		name: "the log goes to its own volume",
		arrange: func(s *sandbox) {
			s.env = append(s.env, "STATEWARD_LOG_DIR="+s.path("log"))
			s.write("log/lost+found/x", "")
		},
		calls: []string{"--waldir=LOG/wal", serve},
	}, {
		name: "a log without its data is left alone",
		arrange: func(s *sandbox) {
			s.env = append(s.env, "STATEWARD_LOG_DIR="+s.path("log"))
			s.write("log/wal/segment", "precious")
		},
		code: 1, out: "holds a write-ahead log but",
		never: []string{"initdb"},
	}, {
		name: "a log that was half made is made anew",
		arrange: func(s *sandbox) {
			s.env = append(s.env, "STATEWARD_LOG_DIR="+s.path("log"))
			s.write("log/wal/segment", "")
			s.write("data/pg.new/PG_VERSION", "18\n")
		},
		calls: []string{"initdb", serve},
	}, {
		name:    "a failing initdb starts no server",
		arrange: func(s *sandbox) { s.fake("initdb", "exit 1") },
		code:    1,
		never:   []string{"postgres -D"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newPostgreSQL(t, "18")
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			calls := strings.NewReplacer(s.path("data/pg"), "DATA", s.path("home"), "HOME", s.path("log"), "LOG").Replace(s.calls())
			rest := calls
			for _, want := range tt.calls {
				_, after, found := strings.Cut(rest, want)
				require.True(t, found, "%q is missing, or out of order, in\n%s", want, calls)
				rest = after
			}
			for _, never := range tt.never {
				require.NotContains(t, calls, never)
			}
			if code == 0 {
				require.Equal(t, "18\n", s.read("data/pg/PG_VERSION"))
				require.NoDirExists(t, s.path("data/pg.new"))
			}
		})
	}
}

// Debian keeps the programs of each major in a folder of its own, off PATH.
func TestPostgreSQLPrograms(t *testing.T) {
	for name, tt := range map[string]struct{ data, want string }{
		"the newest where there is no data": {"", "18"},
		"those of the data's own major":     {"17\n", "17"},
		"the newest where none fits":        {"15\n", "18"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, "postgresql")
			for _, major := range []string{"9", "17", "18"} {
				s.write("pg/"+major+"/bin/postgres", "#!/bin/sh\necho 'postgres (PostgreSQL) "+major+".1 (Debian 1:"+major+".1-2)'\n")
			}
			programs := strings.Replace(s.read("home/scripts/programs.sh"), "/usr/lib/postgresql/", s.path("pg")+"/", 1)
			s.write("home/scripts/show.sh", ". \"$STATEWARD_HOME/scripts/lib.sh\"\n"+programs+"\nfind_programs\nserver_major\n")
			s.env = append(s.env, "PGDATA="+s.path("data"))
			if tt.data != "" {
				s.write("data/PG_VERSION", tt.data)
			}
			out, code := s.run("show.sh")
			require.Zero(t, code, out)
			require.Equal(t, tt.want+"\n", out)
		})
	}
}

func TestPostgreSQLProbe(t *testing.T) {
	// pg_isready: 0 accepts connections, 1 rejects them, 2 does not answer.
	for kind, want := range map[string][3]int{
		"startup":   {0, 1, 1},
		"liveness":  {0, 0, 1},
		"readiness": {0, 1, 1},
	} {
		for status, code := range want {
			s := newPostgreSQL(t, "18")
			s.fake("pg_isready", "exit "+string(rune('0'+status)))
			out, got := s.run("probe.sh", kind)
			require.Equal(t, code, got, "%s, pg_isready exits %d: %s", kind, status, out)
		}
	}
}

func TestRedisStart(t *testing.T) {
	s := newSandbox(t, "redis")
	s.fake("redis-server", "")
	s.env = append(s.env, "STATEWARD_DATA_DIR="+s.path("data/redis"), "STATEWARD_AUTH=true")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Equal(t, "redis-server "+s.path("run/redis.conf")+"\n", s.calls())
	require.Equal(t, "include "+s.path("home/config/redis.conf")+"\naclfile "+s.path("run/users.acl")+"\n", s.read("run/redis.conf"))
	hash := sha256.Sum256([]byte("app-secret"))
	require.Equal(t, fmt.Sprintf("user default on #%x ~* &* +@all\n", hash), s.read("run/users.acl"))
	require.NotContains(t, s.read("run/users.acl")+s.read("run/redis.conf"), "app-secret")
	require.DirExists(t, s.path("data/redis"))
}

func TestRedisStartRefusesAnEmptyPassword(t *testing.T) {
	s := newSandbox(t, "redis")
	s.fake("redis-server", "")
	s.write("home/credentials/password", "")
	s.env = append(s.env, "STATEWARD_DATA_DIR="+s.path("data/redis"), "STATEWARD_AUTH=true")
	out, code := s.run("start.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, `the key "password" of the release's Secret is empty`)
	require.Empty(t, s.calls())
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
			s := newSandbox(t, "redis")
			s.fake("redis-cli", "echo '"+answer+"'")
			s.env = append(s.env, "STATEWARD_PORT=6379", "STATEWARD_AUTH=true")
			out, got := s.run("probe.sh", kind)
			require.Equal(t, code, got, "%s, answer %q: %s", kind, answer, out)
		}
	}
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	secret := func(existing string, keys ...string) map[string]string {
		out := filepath.Join(dir, "secret.yaml")
		args := append([]string{"stateful/files/credentials.sh", existing, out, "shop-credentials", `{"a":"b"}`}, keys...)
		log, err := exec.Command("sh", args...).CombinedOutput()
		require.NoError(t, err, string(log))
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		var manifest struct {
			APIVersion string `json:"apiVersion"`
			Kind, Type string
			Metadata   struct {
				Name   string
				Labels map[string]string
			}
			Data map[string]string
		}
		require.NoError(t, yaml.UnmarshalStrict(text, &manifest))
		require.Equal(t, "Secret", manifest.Kind)
		require.Equal(t, "shop-credentials", manifest.Metadata.Name)
		require.Equal(t, map[string]string{"a": "b"}, manifest.Metadata.Labels)
		for key, value := range manifest.Data {
			decoded, err := base64.StdEncoding.DecodeString(value)
			require.NoError(t, err)
			manifest.Data[key] = string(decoded)
		}
		return manifest.Data
	}

	empty := t.TempDir()
	first := secret(empty, "password=32", "superuser-password=48")
	require.Regexp(t, "^[A-Za-z0-9]{32}$", first["password"])
	require.Regexp(t, "^[A-Za-z0-9]{48}$", first["superuser-password"])
	require.NotEqual(t, first, secret(empty, "password=32", "superuser-password=48"), "random")

	existing := t.TempDir()
	odd := "with a line\nbreak, \x00 and \xff" + strings.Repeat("x", 200)
	require.NoError(t, os.WriteFile(filepath.Join(existing, "password"), []byte(odd), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(existing, "theirs"), []byte("kept"), 0o600))
	second := secret(existing, "password=32", "new=8")
	require.Equal(t, odd, second["password"], "what is there stays, byte for byte")
	require.Equal(t, "kept", second["theirs"], "keys nobody asked for stay")
	require.Regexp(t, "^[A-Za-z0-9]{8}$", second["new"])
	require.Len(t, second, 3)
}
