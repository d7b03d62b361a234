package charts_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// newPostgreSQL is a sandbox with fakes of major 18. initdb makes what the real
// one makes, as far as start.sh looks at it.
func newPostgreSQL(t *testing.T) *sandbox {
	const major = "18"
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
	s.write("home/credentials/metrics-password", "metrics-secret")
	s.write("home/config/pg_hba.conf", "local all all trust\nhost all all all scram-sha-256\n")
	return s
}

func TestPostgreSQLStart(t *testing.T) {
	serve := "postgres -D DATA -c config_file=HOME/config/postgresql.conf -c hba_file=RUN/pg_hba.conf"
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
		name:    "the application may not be one of the release's own roles",
		arrange: func(s *sandbox) { s.env = append(s.env, "STATEWARD_USERNAME=metrics") },
		code:    1, out: `"metrics" is a role of the release itself`,
		never: []string{"initdb"},
	}, {
		name:  "a role for the metrics, when the Secret has its password",
		calls: []string{"--set=name=metrics --set=file=HOME/credentials/metrics-password", serve},
	}, {
		name:    "a Secret without that password",
		arrange: func(s *sandbox) { require.NoError(s.t, os.Remove(s.path("home/credentials/metrics-password"))) },
		calls:   []string{serve},
		never:   []string{"metrics"},
	}, {
		name:    "a failing initdb starts no server",
		arrange: func(s *sandbox) { s.fake("initdb", "exit 1") },
		code:    1,
		never:   []string{"postgres -D"},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newPostgreSQL(t)
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			calls := strings.NewReplacer(s.path("data/pg"), "DATA", s.path("home"), "HOME", s.path("log"), "LOG", s.path("run"), "RUN").Replace(s.calls())
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
			s := newPostgreSQL(t)
			s.fake("pg_isready", "exit "+string(rune('0'+status)))
			out, got := s.run("probe.sh", kind)
			require.Equal(t, code, got, "%s, pg_isready exits %d: %s", kind, status, out)
		}
	}
}

func TestPostgreSQLClientRules(t *testing.T) {
	rules := "local all all trust\nhost all all all scram-sha-256\n\thost\tall all ::1/128 md5\nhostnossl all ops all scram-sha-256\n"
	for env, want := range map[string]string{
		"STATEWARD_TLS=":     rules,
		"STATEWARD_TLS=true": "local all all trust\nhostssl all all all scram-sha-256\n\thostssl\tall all ::1/128 md5\nhostnossl all ops all scram-sha-256\n",
	} {
		s := newPostgreSQL(t)
		s.write("data/pg/PG_VERSION", "18\n")
		s.write("home/config/pg_hba.conf", rules)
		s.env = append(s.env, env)
		out, code := s.run("start.sh")
		require.Zero(t, code, out)
		require.Equal(t, want, s.read("run/pg_hba.conf"), env)
	}
}

// newPatroni is a PostgreSQL sandbox with the scripts of primary-replica.
func newPatroni(t *testing.T) *sandbox {
	s := newPostgreSQL(t)
	files, err := filepath.Glob("stateful/files/postgresql/primary-replica/*.sh")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		s.write("home/scripts/"+filepath.Base(file), string(text))
	}
	s.write("bin/patroni", "#!/usr/bin/env python3\n")
	for _, key := range []string{"replication", "rewind", "restapi"} {
		s.write("home/credentials/"+key+"-password", key+`-\"secret"`)
	}
	s.write("home/config/postgresql.conf", strings.Join([]string{
		"listen_addresses = '*'", "log_line_prefix = 'it''s %m '", "max_connections = 200", "patroni.failsafe_mode = on",
		`patroni.slots = '{"etl": {"type": "physical"}}'`, "patroni.synchronous_mode = 'quorum'", "patroni.ttl = 30", "port = 5432",
		"unix_socket_directories = '/run/postgresql'", "wal_level = 'logical'", ""}, "\n"))
	s.write("home/topology/members.server", "shop-0.shop-headless.prod.svc\nshop-1.shop-headless.prod.svc\nshop-2.shop-headless.prod.svc\n")
	s.env = append(s.env, "STATEWARD_RELEASE=shop", "STATEWARD_MEMBER=shop-1", "STATEWARD_HEADLESS=shop-headless.prod.svc",
		"STATEWARD_NAMESPACE=prod", "STATEWARD_POOL=server", `STATEWARD_LABELS={"app.kubernetes.io/name":"postgresql"}`)
	return s
}

func TestPatroniStart(t *testing.T) {
	const serve = "patroni RUN/patroni.yaml"
	tests := []struct {
		name    string
		arrange func(*sandbox)
		code    int
		out     string
		kept    []string // files that are there afterwards
		gone    []string
	}{{
		name: "an empty volume is left to Patroni",
	}, {
		name:    "a restart",
		arrange: func(s *sandbox) { s.write("data/pg/PG_VERSION", "18\n"); s.write("data/pg/global/pg_control", "") },
		kept:    []string{"data/pg/PG_VERSION"},
	}, {
		name:    "data of another major is left alone",
		arrange: func(s *sandbox) { s.write("data/pg/PG_VERSION", "17\n"); s.write("data/pg/global/pg_control", "") },
		code:    1, out: "is of PostgreSQL 17, the image has 18",
		kept: []string{"data/pg/PG_VERSION"},
	}, {
		name:    "a folder with something else is left alone",
		arrange: func(s *sandbox) { s.write("data/pg/base/1", "") },
		code:    1, out: "is not empty and holds no database",
		kept: []string{"data/pg/base/1"},
	}, {
		name: "a copy that was cut off is made anew",
		arrange: func(s *sandbox) {
			s.write("data/pg/PG_VERSION", "18\n")
			s.write("data/pg/backup_label", "")
			s.write("data/pg/base/1", "")
		},
		out: "was never completed", gone: []string{"data/pg"},
	}, {
		name:    "a copy that was cut off at its beginning, too",
		arrange: func(s *sandbox) { s.write("data/pg/pg_wal/000000010000000000000001", "") },
		out:     "was never completed", gone: []string{"data/pg"},
	}, {
		name: "a complete copy is kept",
		arrange: func(s *sandbox) {
			s.write("data/pg/PG_VERSION", "18\n")
			s.write("data/pg/backup_label", "")
			s.write("data/pg/global/pg_control", "")
		},
		kept: []string{"data/pg/backup_label"},
	}, {
		name: "a database that lost its control file is no copy",
		arrange: func(s *sandbox) {
			s.write("data/pg/PG_VERSION", "18\n")
			s.write("data/pg/base/1", "")
		},
		kept: []string{"data/pg/base/1"},
	}, {
		name: "a log without its data is left alone",
		arrange: func(s *sandbox) {
			s.env = append(s.env, "STATEWARD_LOG_DIR="+s.path("log"))
			s.write("log/wal/segment", "precious")
		},
		code: 1, out: "holds a write-ahead log but", kept: []string{"log/wal/segment"},
	}, {
		name:    "an image without Patroni",
		arrange: func(s *sandbox) { require.NoError(s.t, os.Remove(s.path("bin/patroni"))) },
		code:    1, out: "docs/patroni-image.md",
	}, {
		name:    "the application may not be one of the release's own roles",
		arrange: func(s *sandbox) { s.env = append(s.env, "STATEWARD_USERNAME=replicator") },
		code:    1, out: `"replicator" is a role of the release itself`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newPatroni(t)
			s.fake("patroni", "")
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			calls := strings.ReplaceAll(s.calls(), s.path("run"), "RUN")
			if code == 0 {
				require.Contains(t, calls, serve)
			} else {
				require.NotContains(t, calls, "patroni")
			}
			for _, file := range tt.kept {
				require.FileExists(t, s.path(file))
			}
			for _, file := range tt.gone {
				require.NoFileExists(t, s.path(file))
				require.NoDirExists(t, s.path(file))
			}
		})
	}
}

func TestPatroniConfiguration(t *testing.T) {
	configuration := func(env ...string) map[string]any {
		s := newPatroni(t)
		s.fake("patroni", "")
		s.env = append(s.env, env...)
		out, code := s.run("start.sh")
		require.Zero(t, code, out)
		info, err := os.Stat(s.path("run/patroni.yaml"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "it holds passwords")
		require.NotContains(t, s.calls(), "secret")
		var config map[string]any
		require.NoError(t, yaml.Unmarshal([]byte(s.read("run/patroni.yaml")), &config), s.read("run/patroni.yaml"))
		return config
	}
	at := func(config any, path ...string) any {
		for _, key := range path {
			require.Contains(t, config, key)
			config = config.(map[string]any)[key]
		}
		return config
	}
	config := configuration("STATEWARD_INIT_ARGS=--wal-segsize=64 --no-sync")
	require.Equal(t, "shop-patroni", at(config, "scope"), "the chart has a ConfigMap NAME-config of its own")
	require.Equal(t, "shop-1", at(config, "name"))
	require.Equal(t, `restapi-\"secret"`, at(config, "restapi", "authentication", "password"))
	require.NotContains(t, config["restapi"], "certfile")
	require.Equal(t, "shop-1.shop-headless.prod.svc:5432", at(config, "postgresql", "connect_address"))
	require.Equal(t, "*:5432", at(config, "postgresql", "listen"))
	require.Equal(t, map[string]any{"username": "rewind", "password": `rewind-\"secret"`}, at(config, "postgresql", "authentication", "rewind"))
	initdb, err := json.Marshal(at(config, "bootstrap", "initdb"))
	require.NoError(t, err)
	require.JSONEq(t, `[{"auth-local": "trust"}, {"auth-host": "scram-sha-256"}, {"encoding": "UTF8"}, "data-checksums",
		{"locale-provider": "builtin"}, {"builtin-locale": "C.UTF-8"}, {"locale": "C.UTF-8"}, {"wal-segsize": "64"}, "no-sync"]`, string(initdb))

	dcs := at(config, "bootstrap", "dcs")
	require.Equal(t, true, at(dcs, "failsafe_mode"))
	require.Equal(t, "quorum", at(dcs, "synchronous_mode"))
	require.EqualValues(t, 30, at(dcs, "ttl"))
	require.Nil(t, at(dcs, "loop_wait"), "what the values do not have goes back to the default")
	require.Equal(t, map[string]any{"etl": map[string]any{"type": "physical"}}, at(dcs, "slots"))
	require.NotContains(t, dcs, "standby_cluster", "and what they never had is left alone")
	parameters := at(dcs, "postgresql", "parameters").(map[string]any)
	require.Equal(t, "200", parameters["max_connections"])
	require.Equal(t, "logical", parameters["wal_level"])
	require.Contains(t, parameters, "max_wal_senders")
	require.Nil(t, parameters["max_wal_senders"])
	require.NotContains(t, parameters, "log_line_prefix")

	config = configuration("STATEWARD_TLS=true", "STATEWARD_LOG_DIR="+t.TempDir())
	require.Contains(t, at(config, "restapi"), "certfile")
	require.Contains(t, at(config, "ctl"), "cacert")
	require.Equal(t, "verify-full", at(config, "postgresql", "authentication", "replication", "sslmode"))
	require.Len(t, at(config, "postgresql", "basebackup"), 2)
}

// patroniAPI stands in for the members' Patroni: answers by "METHOD PATH", the last one again and again.
type patroniAPI struct {
	mutex   sync.Mutex
	answers map[string][]string // "STATUS BODY"
	got     []string
	logins  []string
}

func (p *patroniAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	body, _ := io.ReadAll(r.Body)
	key := r.Method + " " + r.URL.Path
	p.got = append(p.got, strings.TrimSpace(key+" "+string(body)))
	if user, password, ok := r.BasicAuth(); ok {
		p.logins = append(p.logins, user+":"+password)
	}
	answer := "404 "
	if left := p.answers[key]; len(left) > 0 {
		answer = left[0]
		if len(left) > 1 {
			p.answers[key] = left[1:]
		}
	}
	status, text, _ := strings.Cut(answer, " ")
	w.WriteHeader(map[string]int{"200": 200, "412": 412, "503": 503, "404": 404}[status])
	_, _ = io.WriteString(w, text)
}

// requests are those with a body.
func (p *patroniAPI) requests() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var list []string
	for _, got := range p.got {
		if strings.Contains(got, "{") {
			list = append(list, got)
		}
	}
	return list
}

func serve(t *testing.T, s *sandbox, answers map[string][]string) *patroniAPI {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("the scripts that ask Patroni use its Python, and there is no python3 here")
	}
	api := &patroniAPI{answers: answers}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	s.write("home/scripts/patroni.sh", strings.Replace(s.read("home/scripts/patroni.sh"), "rest_port=8008", "rest_port="+port, 1))
	s.env = append(s.env, "PATH="+s.path("bin")+":"+os.Getenv("PATH"), "STATEWARD_JOB_PAUSE=0.01", "STATEWARD_JOB_SECONDS=2")
	s.write("home/topology/members.server", "127.0.0.1\n")
	s.write("home/credentials/restapi-password", "restapi-secret\n")
	return api
}

func TestPatroniHandsOver(t *testing.T) {
	member := func(name, role, state string) string {
		return `{"name": "` + name + `", "role": "` + role + `", "state": "` + state + `", "lag": 0}`
	}
	streaming := func(name string) string { return member(name, "replica", "streaming") }
	for _, tt := range []struct {
		name     string
		member   string
		members  []string
		more     string
		switches []string // answers
		want     []string // candidates asked
	}{{
		name: "a replica just stops", member: "shop-1",
		members: []string{member("shop-0", "leader", "running"), streaming("shop-1")},
	}, {
		name: "to the next higher number", member: "shop-1",
		members:  []string{streaming("shop-0"), member("shop-1", "leader", "running"), streaming("shop-2"), streaming("shop-10")},
		switches: []string{"200 Switched"}, want: []string{"shop-2"},
	}, {
		name: "from the highest to the lowest", member: "shop-10",
		members:  []string{streaming("shop-2"), streaming("shop-0"), member("shop-10", "leader", "running")},
		switches: []string{"200 Switched"}, want: []string{"shop-0"},
	}, {
		name: "the next one when the first cannot", member: "shop-0",
		members:  []string{member("shop-0", "leader", "running"), streaming("shop-1"), streaming("shop-2")},
		switches: []string{"412 no", "200 Switched"}, want: []string{"shop-1", "shop-2"},
	}, {
		name: "only to one that has every acknowledged write", member: "shop-0",
		members:  []string{member("shop-0", "leader", "running"), streaming("shop-1"), member("shop-2", "sync_standby", "streaming")},
		switches: []string{"200 Switched"}, want: []string{"shop-2"},
	}, {
		name: "not to one that is not fit", member: "shop-0",
		members: []string{member("shop-0", "leader", "running"), member("shop-1", "replica", "starting"),
			`{"name": "shop-2", "role": "replica", "state": "running", "lag": "unknown"}`},
	}, {
		name: "not while somebody has paused Patroni", member: "shop-0", more: `, "pause": true`,
		members: []string{member("shop-0", "leader", "running"), streaming("shop-1")},
	}} {
		t.Run(tt.name, func(t *testing.T) {
			s := newPatroni(t)
			api := serve(t, s, map[string][]string{
				"GET /cluster":     {`200 {"members": [` + strings.Join(tt.members, ",") + `]` + tt.more + `}`},
				"POST /switchover": tt.switches,
			})
			s.env = append(s.env, "STATEWARD_MEMBER="+tt.member)
			out, code := s.run("stop.sh")
			require.Zero(t, code, out)
			var want []string
			for _, candidate := range tt.want {
				want = append(want, `POST /switchover {"leader": "`+tt.member+`", "candidate": "`+candidate+`"}`)
			}
			require.Equal(t, want, api.requests(), out)
			for _, login := range api.logins {
				require.Equal(t, "patroni:restapi-secret", login)
			}
		})
	}
	t.Run("Patroni does not answer", func(t *testing.T) {
		s := newPatroni(t)
		serve(t, s, nil)
		s.write("home/scripts/patroni.sh", strings.Replace(s.read("home/scripts/patroni.sh"), "rest_port=", "rest_port=1 #", 1))
		out, code := s.run("stop.sh")
		require.Zero(t, code, "it must not keep the pod from stopping")
		require.Contains(t, out, "cannot hand over")
	})
}

func TestPatroniConfigure(t *testing.T) {
	const (
		fine    = `200 {"members": [{"name": "127", "role": "leader", "state": "running"}]}`
		pending = `200 {"members": [{"name": "127", "role": "leader", "state": "running", "pending_restart": true,
			"pending_restart_reason": {"max_connections": {"old_value": "100", "new_value": "200"}}}]}`
		starting = `200 {"members": [{"name": "127", "role": "replica", "state": "starting"}]}`
	)
	for _, tt := range []struct {
		name    string
		answers map[string][]string
		code    int
		out     string
		restart bool
	}{{
		name:    "nothing changed",
		answers: map[string][]string{"GET /config": {`200 {"ttl": 30}`}, "PATCH /config": {`200 {"ttl": 30}`}, "GET /cluster": {fine}},
		out:     "as they were",
	}, {
		name: "a change that waits for a restart",
		answers: map[string][]string{"GET /config": {`200 {"ttl": 20}`}, "PATCH /config": {`200 {"ttl": 30}`},
			"GET /cluster": {starting, starting, fine, pending, fine}, "POST /restart": {"200 restarted"}},
		out: "restarting PostgreSQL of 127 for max_connections", restart: true,
	}, {
		name: "the cluster is being made",
		answers: map[string][]string{"GET /config": {"503 ", "503 ", `200 {"ttl": 30}`}, "PATCH /config": {"503 ", `200 {"ttl": 30}`},
			"GET /cluster": {fine}},
		out: "waiting for a member that answers",
	}, {
		name:    "nobody answers",
		answers: map[string][]string{"GET /config": {"503 "}},
		code:    1, out: "gave up",
	}, {
		name:    "a member does not come",
		answers: map[string][]string{"GET /config": {`200 {}`}, "PATCH /config": {`200 {}`}, "GET /cluster": {starting}},
		code:    1, out: "gave up: not running: 127",
	}} {
		t.Run(tt.name, func(t *testing.T) {
			s := newPatroni(t)
			api := serve(t, s, tt.answers)
			out, code := s.run("configure.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if code != 0 {
				return
			}
			requests := api.requests()
			require.Contains(t, requests[0], "PATCH /config")
			require.Contains(t, requests[0], `"max_connections": "200"`)
			require.Equal(t, tt.restart, strings.Contains(strings.Join(requests, "\n"), `POST /restart {"restart_pending": true}`), requests)
			require.NotContains(t, out, "secret")
		})
	}
}

// answering is a psql that writes its input to the log, too, and answers a statement
// that has one of the patterns; the first that fits.
func answering(answers ...string) string {
	text := "input=$(cat)\necho \"input $input\" >>\"$CALLS\"\ncase \"$* $input\" in\n"
	for i := 0; i < len(answers); i += 2 {
		text += "*" + answers[i] + "*) " + answers[i+1] + " ;;\n"
	}
	return text + "esac"
}

func TestPostgreSQLTest(t *testing.T) {
	written := func(more string) string {
		return `sed -n "s/.*VALUES ('\(.*\)')/\1` + more + `/p" "$CALLS"`
	}
	for name, tt := range map[string]struct {
		members, psql string
		code          int
		out           string
	}{
		"a server alone":            {"shop-0\n", answering("SELECT", written("")), 0, "wrote and read back"},
		"replicas":                  {"shop-0\nshop-1\n", answering("host=read*SELECT", written(" from a replica"), "SELECT", written("")), 0, "read it from a replica"},
		"something else comes back": {"shop-0\n", answering("SELECT", "echo 7"), 1, `and read "7"`},
		"it cannot write":           {"shop-0\n", "echo refused >&2; exit 2", 2, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPatroni(t)
			s.env = append(s.env, "STATEWARD_HOST=write", "STATEWARD_READ_HOST=read")
			s.write("home/topology/members.server", tt.members)
			s.fake("psql", tt.psql)
			out, code := s.run("test.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			require.NotContains(t, s.calls(), "app-secret")
		})
	}
}

func TestPostgreSQLBackup(t *testing.T) {
	for _, tt := range []struct {
		name    string
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
	}{{
		name: "each database",
		out:  "dumped 2 databases",
		calls: []string{"pg_dumpall --roles-only", `--file=DIR/1.dump --dbname=dbname='app'`, "pg_restore --file=/dev/null DIR/1.dump",
			`--file=DIR/2.dump --dbname=dbname='it\'s = one'`, "pg_restore --file=/dev/null DIR/2.dump"},
	}, {
		name: "roles that were not dumped to the end",
		arrange: func(s *sandbox) {
			s.fake("pg_dumpall", `for arg; do case $arg in --file=*) : >"${arg#*=}" ;; esac; done`)
		},
		code: 1, out: "the dump of the roles has no end",
	}, {
		name:    "no list of databases",
		arrange: func(s *sandbox) { s.fake("psql", "exit 2") },
		code:    1, out: "no list of the databases",
	}, {
		name:    "a dump that fails",
		arrange: func(s *sandbox) { s.fake("pg_dump", "exit 1") },
		code:    1, out: "the dump of app failed",
	}, {
		name:    "a dump that is damaged",
		arrange: func(s *sandbox) { s.fake("pg_restore", "exit 1") },
		code:    1, out: "the dump of app is damaged",
	}} {
		t.Run(tt.name, func(t *testing.T) {
			s := newPostgreSQL(t)
			dir := t.TempDir()
			s.env = append(s.env, "STATEWARD_HOST=shop", "STATEWARD_READ_HOST=shop-read")
			s.fake("pg_dumpall", `for arg; do case $arg in --file=*) echo '-- PostgreSQL database cluster dump complete' >"${arg#*=}" ;; esac; done`)
			s.fake("pg_dump", "")
			s.fake("pg_restore", "")
			s.fake("psql", answering("pg_database", `printf '%s\n' app "it's = one"`))
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("backup.sh", dir)
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			rest := strings.ReplaceAll(s.calls(), dir, "DIR")
			require.NotContains(t, rest, "root-secret")
			for _, want := range tt.calls {
				_, after, found := strings.Cut(rest, want)
				require.True(t, found, "%q is missing, or out of order, in\n%s", want, s.calls())
				rest = after
			}
		})
	}
}

func TestPostgreSQLRestore(t *testing.T) {
	for _, tt := range []struct {
		name    string
		arrange func(*sandbox)
		code    int
		out     string
		calls   []string
		never   []string
	}{{
		name: "an empty server",
		out:  "loaded 2 databases",
		calls: []string{"--file=RUN/roles.sql", `DROP DATABASE IF EXISTS :"name"`, "pg_restore --exit-on-error --create --dbname=postgres DIR/1.dump",
			"pg_restore --exit-on-error --dbname=postgres DIR/2.dump", "vacuumdb --all --analyze-only"},
	}, {
		name: "a server with tables is left alone",
		arrange: func(s *sandbox) {
			s.fake("psql", answering("pg_database", "echo app", "pg_class", "echo 3"))
		},
		code: 1, out: "database app has 3 tables", never: []string{"pg_restore", "roles.sql", "DROP"},
	}, {
		name:    "a server that does not answer",
		arrange: func(s *sandbox) { s.fake("psql", "exit 2") },
		code:    1, out: "no answer", never: []string{"pg_restore"},
	}, {
		name:    "no backup",
		arrange: func(s *sandbox) { require.NoError(s.t, os.Remove(s.path("dump/roles.sql"))) },
		code:    1, out: "it has no roles.sql", never: []string{"psql"},
	}, {
		name:    "a dump that cannot be loaded",
		arrange: func(s *sandbox) { s.fake("pg_restore", "exit 1") },
		code:    1, out: "app could not be loaded",
	}} {
		t.Run(tt.name, func(t *testing.T) {
			s := newPostgreSQL(t)
			s.env = append(s.env, "STATEWARD_HOST=shop")
			s.write("dump/databases", "app\npostgres\n")
			s.write("dump/roles.sql", "CREATE ROLE app;\nALTER ROLE app WITH LOGIN PASSWORD 'old';\nCREATE ROLE metrics;\n"+
				"ALTER ROLE metrics WITH PASSWORD 'old';\nCREATE ROLE report;\nALTER ROLE report WITH PASSWORD 'theirs';\n"+
				"CREATE ROLE made;\nALTER ROLE made WITH PASSWORD 'theirs';\nGRANT pg_monitor TO metrics;\n")
			s.fake("pg_restore", "")
			s.fake("vacuumdb", "")
			s.fake("psql", answering("pg_database", `printf '%s\n' app postgres`, "pg_class", "echo 0", "--set=name=", "echo app",
				"pg_roles", `printf '%s\n' postgres app metrics made`))
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("restore.sh", s.path("dump"))
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			calls := strings.NewReplacer(s.path("dump"), "DIR", s.path("run"), "RUN").Replace(s.calls())
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
				require.Equal(t, "CREATE ROLE report;\nALTER ROLE report WITH PASSWORD 'theirs';\nALTER ROLE made WITH PASSWORD 'theirs';\n"+
					"GRANT pg_monitor TO metrics;\n", s.read("run/roles.sql"), "the release's own roles keep their passwords")
			}
		})
	}
}
