package systems

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestByImageRecognisesServersOnly(t *testing.T) {
	tests := []struct{ image, want string }{
		{"postgres", "postgresql"},
		{"postgres:18.6", "postgresql 18"},
		{"postgres:17-alpine3.22@sha256:0123456789abcdef", "postgresql 17"},
		{"docker.io/library/postgres:16.4", "postgresql 16"},
		{"registry.corp.example:5000/mirror/library/postgres:9.6", "postgresql 9"},
		{"localhost/postgres:18beta1", "postgresql"},
		{"localhost:5000/postgres", "postgresql"},
		{"postgis/postgis:16-3.4", "postgresql 16"},
		{"pgvector/pgvector:pg18", "postgresql 18"},
		{"timescale/timescaledb:2.17.2-pg16", "postgresql 16"},
		{"timescale/timescaledb-ha:pg17.5-ts2.20", "postgresql 17"},
		{"ghcr.io/zalando/spilo-17:4.0-p3", "postgresql"},
		{"docker.io/bitnami/postgresql:17.6.0-debian-12-r4", "postgresql 17"},
		{"mirror.gcr.io/bitnamilegacy/postgresql:16", "postgresql 16"},
		{"quay.io/sclorg/postgresql-16-c9s:latest", "postgresql"},
		{"mysql:8.4.11", "mysql 8"},
		{"percona/percona-xtradb-cluster:8.0.36", "mysql 8"},
		{"mariadb:lts", "mariadb"},
		{"bitnami/mariadb-galera:11.4", "mariadb 11"},
		{"mongo:8.0.29", "mongodb 8"},
		{"mongodb/mongodb-community-server:7.0-ubi8", "mongodb 7"},
		{"redis:8.2.9-alpine", "redis 8"},
		{"public.ecr.aws/docker/library/redis:7", "redis 7"},
		{"bitnamisecure/redis-cluster:latest", "redis"},
		{"valkey/valkey:9.1.1", "valkey 9"},
		{"docker.elastic.co/elasticsearch/elasticsearch:9.5.2", "elasticsearch 9"},
		{"opensearchproject/opensearch:3.8.0", "opensearch 3"},
		{"cassandra:5.0.9", "cassandra 5"},
		{"apache/kafka:4.3.1", "kafka 4"},
		{"confluentinc/cp-kafka:7.9.0", "kafka 7"},
		{"quay.io/strimzi/kafka:0.45.0-kafka-3.9.0", "kafka"},
		{"zookeeper:3.9.5", "zookeeper 3"},
		{"gcr.io/etcd-development/etcd:v3.7.1", "etcd 3"},
		{"registry.k8s.io/etcd:3.6.4-0", "etcd 3"},
		{"rabbitmq:4.3.5-management", "rabbitmq 4"},
		{"nats:2.14.5-alpine", "nats 2"},
		{"quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "minio"},
		{"victoriametrics/victoria-metrics:v1.120.0", "victoriametrics 1"},
		{"victoriametrics/vmstorage:v1.120.0-cluster", "victoriametrics 1"},
		{"quay.io/prometheus/prometheus:v3.5.0", "prometheus 3"},
		{"influxdb:2.7-alpine", "influxdb 2"},

		{"", ""},
		{"quay.io/prometheuscommunity/postgres-exporter:v0.20.1", ""},
		{"bitnami/postgres-exporter:0.17", ""},
		{"edoburu/pgbouncer:1.24", ""},
		{"bitnami/pgpool:4", ""},
		{"dpage/pgadmin4:9", ""},
		{"prodrigestivill/postgres-backup-local:17", ""},
		{"postgrest/postgrest:v12", ""},
		{"ghcr.io/zalando/postgres-operator:v1.14.0", ""},
		{"ghcr.io/cloudnative-pg/cloudnative-pg:1.26.0", ""},
		{"prom/mysqld-exporter:v0.20.0", ""},
		{"mysql/mysql-router:8.0", ""},
		{"container-registry.oracle.com/mysql/community-router:9.1", ""},
		{"proxysql/proxysql:2.7", ""},
		{"ghcr.io/mariadb-operator/mariadb-operator:25.8", ""},
		{"phpmyadmin:5", ""},
		{"percona/mongodb_exporter:0.49.0", ""},
		{"mongo-express:1", ""},
		{"mongodb/mongodb-kubernetes-operator:0.13", ""},
		{"oliver006/redis_exporter:v1.89.0", ""},
		{"bitnami/redis-exporter:1", ""},
		{"bitnami/redis-sentinel:8.0", ""},
		{"redis/redisinsight:2", ""},
		{"quay.io/opstree/redis-operator:v0.20", ""},
		{"docker.elastic.co/kibana/kibana:9.5.2", ""},
		{"docker.elastic.co/eck/eck-operator:3.1", ""},
		{"quay.io/prometheuscommunity/elasticsearch-exporter:v1.9", ""},
		{"opensearchproject/opensearch-dashboards:3", ""},
		{"provectuslabs/kafka-ui:v0.7.2", ""},
		{"danielqsj/kafka-exporter:v1.9.0", ""},
		{"quay.io/strimzi/operator:0.45.0", ""},
		{"confluentinc/cp-schema-registry:7.9.0", ""},
		{"confluentinc/cp-kafka-connect:7.9.0", ""},
		{"natsio/prometheus-nats-exporter:0.20.1", ""},
		{"natsio/nats-box:0.18", ""},
		{"natsio/nats-server-config-reloader:0.18", ""},
		{"rabbitmqoperator/cluster-operator:2.16", ""},
		{"minio/mc:latest", ""},
		{"minio/operator:v7", ""},
		{"quay.io/prometheus/alertmanager:v0.28", ""},
		{"quay.io/prometheus-operator/prometheus-operator:v0.85", ""},
		{"quay.io/prometheus/node-exporter:v1.9", ""},
		{"victoriametrics/vmagent:v1.120.0", ""},
		{"victoriametrics/operator:v0.60", ""},
		{"telegraf:1.35", ""},
		{"bash:5", ""},
	}
	for _, tt := range tests {
		t.Run(tt.image, func(t *testing.T) {
			got := ""
			if m, ok := ByImage(tt.image); ok {
				got = m.Name
				if m.Major > 0 {
					got += fmt.Sprintf(" %d", m.Major)
				}
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestVendorTellsTheVendorsImageFromOthersOfThatName(t *testing.T) {
	for image, want := range map[string]bool{
		"cassandra:5.0":                                 true,
		"docker.io/library/cassandra:5.0":               true,
		"mirror.example/dockerhub/library/cassandra":    true,
		"gcr.io/google-samples/cassandra:v13":           false,
		"registry.example/mirror/postgres:18":           false,
		"registry.example/postgres:18":                  true,
		"valkey/valkey:9":                               true,
		"bitnamilegacy/postgresql:16":                   true,
		"mirror.example/bitnami/postgresql:16":          true,
		"docker.elastic.co/elasticsearch/elasticsearch": true,
		"apache/kafka:4.3.1":                            true,
	} {
		m, ok := ByImage(image)
		require.True(t, ok, image)
		require.Equal(t, want, m.Vendor, image)
	}
}

func TestDataDirs(t *testing.T) {
	shell := func(script string) Start { return Start{Command: []string{"sh", "-c"}, Args: []string{script}} }
	tests := []struct {
		name, image string
		start       Start
		want        string // alternatives apart by |, nothing when unknown
	}{
		{"postgres 17", "postgres:17", Start{}, "/var/lib/postgresql/data"},
		{"postgres 18", "postgres:18.6-alpine", Start{}, "/var/lib/postgresql/18/docker"},
		{"postgres of no version", "postgres:latest", Start{}, "/var/lib/postgresql/data | /var/lib/postgresql/..."},
		{"PGDATA moves it", "postgres:18", Start{Env: map[string]string{"PGDATA": "/data/pg"}}, "/data/pg (env PGDATA)"},
		{"PGDATA that needs another variable", "postgres:18", Start{Env: map[string]string{"PGDATA": "/data/$(POD_NAME)/pg"}}, "/data/... (env PGDATA)"},
		{"PGDATA that cannot be known", "postgres:17", Start{Unknown: func(n string) bool { return n == "PGDATA" }}, ""},
		{"another variable that cannot be known", "postgres:17", Start{Unknown: func(n string) bool { return n == "POSTGRES_PASSWORD" }}, "/var/lib/postgresql/data"},
		{"-D moves it", "postgres:17", Start{Args: []string{"postgres", "-D", "/pg"}, Env: map[string]string{"PGDATA": "/no"}}, "/pg (flag -D)"},
		{"a shell starts it", "postgres:17", shell("mkdir -p /x; exec postgres -D \"$PGDATA\""), ""},
		{"a shell starts it with a known variable", "postgres:17",
			Start{Command: []string{"sh", "-c", "exec postgres -D ${PGDATA}"}, Env: map[string]string{"PGDATA": "/pg"}}, "/pg (flag -D)"},
		{"a shell starts something", "postgres:17", shell("sleep infinity"), ""},
		{"the image's entry point starts it", "postgres:17", Start{Command: []string{"docker-entrypoint.sh"}, Args: []string{"postgres"}}, "/var/lib/postgresql/data"},
		{"a dump", "postgres:17", Start{Args: []string{"pg_dump", "-h", "db"}}, ""},
		{"data_directory in a file", "postgres:17", Start{Config: []string{"port = 1\ndata_directory = '/pg/main'\n"}}, "/pg/main"},
		{"two files that differ", "postgres:17", Start{Config: []string{"data_directory = '/a'\n", "data_directory = '/b'\n"}}, ""},
		{"a file that cannot be read", "postgres:17", Start{Opaque: true}, ""},
		{"a file that cannot be read, and a variable", "postgres:17", Start{Opaque: true, Env: map[string]string{"PGDATA": "/pg"}}, "/pg (env PGDATA)"},
		{"unknown packaging", "chainguard/postgres:18", Start{}, ""},
		{"unknown packaging, known variable", "ghcr.io/cloudnative-pg/postgresql:18", Start{Env: map[string]string{"PGDATA": "/pg"}}, "/pg (env PGDATA)"},
		{"bitnami", "bitnami/postgresql:17", Start{}, "/bitnami/postgresql/data"},
		{"spilo", "ghcr.io/zalando/spilo-17:4.0-p3", Start{}, "/home/postgres/pgdata/pgroot/data"},

		{"mysql", "mysql:8.4", Start{}, "/var/lib/mysql"},
		{"mysql --datadir=", "mysql:8.4", Start{Args: []string{"--datadir=/data/mysql"}}, "/data/mysql (flag --datadir)"},
		{"mysql my.cnf", "mysql:8.4", Start{Config: []string{"[mysqld]\ndatadir=/data\n"}}, "/data"},
		{"a dump with a host of that name", "mysql:8.4", Start{Command: []string{"mysqldump", "-h", "mysql"}}, ""},
		{"mongo", "mongo:8", Start{Args: []string{"mongod", "--replSet", "rs0"}}, "/data/db"},
		{"mongo dbPath", "mongo:8", Start{Command: []string{"mongod", "--config=/etc/m.conf"}, Config: []string{"storage:\n  dbPath: /data/x\n"}}, "/data/x"},
		{"a mongos router", "mongo:8", Start{Command: []string{"mongos", "--configdb", "x"}}, ""},
		{"redis", "redis:8", Start{Args: []string{"redis-server", "/etc/redis.conf"}}, "/data"},
		{"redis dir in a file", "redis:8", Start{Command: []string{"redis-server", "/c/redis.conf"}, Config: []string{"port 1\ndir /var/redis\n"}}, "/var/redis"},
		{"redis as a cache", "redis:8", Start{Args: []string{"--save", "", "--appendonly", "no"}}, ""},
		{"redis as a cache by a file", "redis:8", Start{Config: []string{"maxmemory-policy allkeys-lru\n"}}, ""},
		{"redis without snapshots but with a log", "redis:8", Start{Config: []string{"save \"\"\nappendonly yes\n"}}, "/data"},
		{"a sentinel", "redis:8", Start{Command: []string{"redis-sentinel", "/s.conf"}}, ""},
		{"a sentinel by flag", "redis:8", Start{Args: []string{"redis-server", "/s.conf", "--sentinel"}}, ""},
		{"valkey", "valkey/valkey:9", Start{}, "/data"},
		{"elasticsearch", "elasticsearch:9.5.2", Start{}, "/usr/share/elasticsearch/data"},
		{"elasticsearch path.data", "elasticsearch:9.5.2", Start{Env: map[string]string{"path.data": "/a,/b"}}, "/a (env path.data), /b (env path.data)"},
		{"opensearch by a file", "opensearchproject/opensearch:3", Start{Config: []string{"path:\n  data: /os\n  logs: /l\n"}}, "/os"},
		{"cassandra", "cassandra:5.0", Start{}, "/var/lib/cassandra/data"},
		{"cassandra.yaml", "cassandra:5.0", Start{Config: []string{"data_file_directories:\n    - /c/data\n"}}, "/c/data"},
		{"kafka in /tmp", "apache/kafka:4.3.1", Start{}, "/tmp/kraft-combined-logs | /tmp/kafka-logs"},
		{"kafka moved", "apache/kafka:4.3.1", Start{Env: map[string]string{"KAFKA_LOG_DIRS": "/var/lib/kafka/data/0"}}, "/var/lib/kafka/data/0 (env KAFKA_LOG_DIRS)"},
		{"a kafka tool", "apache/kafka:4.3.1", Start{Command: []string{"/opt/kafka/bin/kafka-topics.sh", "--create"}}, ""},
		{"zookeeper keeps two", "zookeeper:3.9", Start{}, "/data, /datalog"},
		{"zookeeper moved one", "zookeeper:3.9", Start{Env: map[string]string{"ZOO_DATA_LOG_DIR": "/data/log"}}, "/data, /data/log (env ZOO_DATA_LOG_DIR)"},
		{"etcd", "quay.io/coreos/etcd:v3.7.1", Start{Command: []string{"/usr/local/bin/etcd", "--name=a"}}, "/var/lib/etcd"},
		{"etcd --data-dir", "registry.k8s.io/etcd:3.6.4-0", Start{Command: []string{"etcd"}, Args: []string{"--data-dir", "/d"}}, "/d (flag --data-dir)"},
		{"etcd of an unknown directory", "registry.k8s.io/etcd:3.6.4-0", Start{}, ""},
		{"rabbitmq", "rabbitmq:4", Start{}, "/var/lib/rabbitmq/mnesia"},
		{"nats without jetstream", "nats:2.14", Start{Args: []string{"-c", "/etc/nats.conf"}, Config: []string{"port: 4222\n"}}, ""},
		{"nats with jetstream", "nats:2.14", Start{Args: []string{"-js"}}, "/tmp/nats/jetstream"},
		{"nats store_dir", "nats:2.14", Start{Config: []string{"jetstream {\n  store_dir: \"/data/js\"\n}\n"}}, "/data/js"},
		{"minio", "minio/minio", Start{Args: []string{"server", "/data", "--certs-dir", "/certs"}}, "/data (flag server)"},
		{"minio of several nodes", "minio/minio", Start{Args: []string{"server", "http://m-{0...3}.hl:9000/export"}}, "/export (flag server)"},
		{"minio without arguments", "minio/minio", Start{}, ""},
		{"victoriametrics", "victoriametrics/victoria-metrics:v1.120.0", Start{}, "/victoria-metrics-data"},
		{"victoriametrics -storageDataPath", "victoriametrics/victoria-metrics:v1.120.0", Start{Args: []string{"-storageDataPath=/s"}}, "/s (flag -storageDataPath)"},
		{"prometheus", "prom/prometheus:v3", Start{}, "/prometheus"},
		{"a prometheus agent", "prom/prometheus:v3", Start{Args: []string{"--agent"}}, ""},
		{"influxdb 1", "influxdb:1.8", Start{}, "/var/lib/influxdb"},
		{"influxdb 2", "influxdb:2.7", Start{}, "/var/lib/influxdb2/engine"},
		{"influxdb 3", "influxdb:3-core", Start{Args: []string{"serve", "--data-dir=/d"}}, "/d (flag --data-dir)"},
		{"influxdb of no version", "influxdb", Start{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, ok := ByImage(tt.image)
			require.True(t, ok)
			require.Equal(t, tt.want, printed(m.DataDirs(tt.start)))
		})
	}
}

func printed(alternatives [][]Dir) string {
	var out []string
	for _, dirs := range alternatives {
		var one []string
		for _, d := range dirs {
			s := d.Path
			if d.Open {
				s += "/..."
			}
			if by := cmp.Or(d.Env, d.Flag); by != "" {
				s += map[bool]string{true: " (env ", false: " (flag "}[d.Env != ""] + by + ")"
			}
			one = append(one, s)
		}
		out = append(out, strings.Join(one, ", "))
	}
	return strings.Join(out, " | ")
}

func TestByPresetKnowsNoImage(t *testing.T) {
	m, ok := ByPreset("postgresql")
	require.True(t, ok)
	require.Empty(t, m.DataDirs(Start{}))
	require.Equal(t, "/pg (env PGDATA)", printed(m.DataDirs(Start{Env: map[string]string{"PGDATA": "/pg"}})))
	_, ok = ByPreset("custom")
	require.False(t, ok)
}

func TestTheTableIsWellFormed(t *testing.T) {
	require.True(t, slices.IsSortedFunc(All(), func(a, b *System) int { return strings.Compare(a.Name, b.Name) }))
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			require.NotEmpty(t, s.Title)
			require.NotEmpty(t, s.Client)
			require.NotEmpty(t, s.programs)
			require.NotEmpty(t, s.knobs)
			require.Equal(t, s.volatile == nil, s.durable == nil)
			for _, k := range s.knobs {
				if k.directive != nil {
					require.Equal(t, 1, k.directive.NumSubexp())
				}
			}
			for _, i := range s.images {
				require.NotEmpty(t, i.repos)
				for _, pattern := range i.repos {
					_, err := path.Match(pattern, "x")
					require.NoError(t, err)
				}
				for _, l := range i.layouts {
					require.Len(t, l.paths, len(s.knobs), "one path per knob")
				}
			}
		})
	}
}

func FuzzDataDirs(f *testing.F) {
	f.Add("postgres:18", "docker-entrypoint.sh", "postgres -D /x", "PGDATA", "/data/$(A)", "dir /data\n")
	f.Add("minio/minio", "", "server http://m{0...3}/x --a /b", "MINIO_VOLUMES", ",;", "")
	f.Fuzz(func(t *testing.T, image, command, args, env, value, config string) {
		m, ok := ByImage(image)
		if !ok {
			return
		}
		s := Start{Args: strings.Split(args, "\n"), Env: map[string]string{env: value}, Config: []string{config}}
		if command != "" {
			s.Command = []string{command}
		}
		for _, dirs := range m.DataDirs(s) {
			require.NotEmpty(t, dirs)
			for _, d := range dirs {
				require.True(t, path.IsAbs(d.Path), d.Path)
			}
		}
	})
}

func BenchmarkByImage(b *testing.B) {
	for b.Loop() {
		ByImage("registry.example/mirror/bitnami/postgresql:17.6.0-debian-12-r4")
	}
}
