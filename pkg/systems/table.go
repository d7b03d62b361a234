package systems

import "regexp"

// bitnami matches the organisations that carry Bitnami's images: the current
// one, the frozen one, the hardened one.
const bitnami = "bitnami*/"

// The repositories and pages in the comments were read in August 2026.
var table = []*System{
	{
		Name: "cassandra", Title: "Cassandra",
		Client:   []Port{{"cql", 9042}},
		Peer:     []Port{{"intra", 7000}, {"tls-intra", 7001}, {"jmx", 7199}},
		programs: []string{"cassandra"},
		others:   []string{"nodetool", "cqlsh", "sstableloader"},
		// cassandra.yaml lists the directories below the key.
		knobs: []knob{{env: []string{"CASSANDRA_DATA_DIR"}, directive: regexp.MustCompile(`(?m)^data_file_directories:\s*\n?\s*-?\s*(/\S+)`)}},
		images: []image{
			// docker-library/cassandra Dockerfile: VOLUME /var/lib/cassandra
			{repos: []string{"cassandra"}, layouts: []layout{{paths: []string{"/var/lib/cassandra/data"}}}},
			// bitnami/containers cassandra libcassandra.sh: CASSANDRA_VOLUME_DIR=/bitnami/cassandra
			{repos: []string{bitnami + "cassandra"}, layouts: []layout{{paths: []string{"/bitnami/cassandra/data"}}}},
		},
	},
	{
		Name: "elasticsearch", Title: "Elasticsearch",
		Client:   []Port{{"http", 9200}},
		Peer:     []Port{{"transport", 9300}},
		programs: []string{"elasticsearch"},
		others:   []string{"elasticsearch-certutil", "elasticsearch-setup-passwords", "elasticsearch-keystore", "elasticsearch-plugin"},
		// Each setting can be a variable of the same name, elastic.co "Configuring Elasticsearch with Docker".
		knobs: []knob{{flags: []string{"-Epath.data"}, env: []string{"path.data", "ELASTICSEARCH_DATA_DIR_LIST", "ELASTICSEARCH_DATA_DIR"},
			directive: regexp.MustCompile(`(?m)^\s*(?:path\.)?data:\s*(/\S+)`)}},
		images: []image{
			// elastic.co docker-prod page
			{repos: []string{"elasticsearch", "elasticsearch-oss", "elasticsearch-wolfi"}, vendors: []string{"elasticsearch"}, layouts: []layout{{paths: []string{"/usr/share/elasticsearch/data"}}}},
			// bitnami/containers elasticsearch README
			{repos: []string{bitnami + "elasticsearch"}, layouts: []layout{{paths: []string{"/bitnami/elasticsearch/data"}}}},
		},
	},
	{
		Name: "etcd", Title: "etcd",
		Client:   []Port{{"client", 2379}},
		Peer:     []Port{{"peer", 2380}},
		programs: []string{"etcd"},
		others:   []string{"etcdctl", "etcdutl"},
		knobs:    []knob{{flags: []string{"--data-dir", "-data-dir"}, env: []string{"ETCD_DATA_DIR"}, directive: regexp.MustCompile(`(?m)^data-dir:\s*(/\S+)`)}},
		images: []image{
			// etcd-io/etcd Dockerfile-release: WORKDIR /var/lib/etcd/, and the default is <name>.etcd in it
			{repos: []string{"etcd-development/etcd", "coreos/etcd"}, layouts: []layout{{paths: []string{"/var/lib/etcd"}}}},
			// bitnami/containers etcd: ETCD_DATA_DIR defaults to /bitnami/etcd/data
			{repos: []string{bitnami + "etcd"}, layouts: []layout{{paths: []string{"/bitnami/etcd/data"}}}},
			{repos: []string{"etcd"}}, // registry.k8s.io/etcd and others set no working directory
		},
	},
	{
		Name: "influxdb", Title: "InfluxDB",
		Client:   []Port{{"http", 8086}},
		programs: []string{"influxd", "influxdb3"},
		others:   []string{"influx"},
		knobs: []knob{{flags: []string{"--engine-path", "--data-dir"}, env: []string{"INFLUXD_ENGINE_PATH", "INFLUXDB3_DB_DIR", "INFLUXDB_IOX_DB_DIR", "INFLUXDB_DATA_DIR"},
			directive: regexp.MustCompile(`(?m)^\s*(?:engine-path\s*[:=]|dir\s*=)\s*"?(/[^\s"]+)`)}},
		images: []image{
			// influxdata/influxdata-docker influxdb/1.8 and 2.7 entrypoint.sh; 3 wants --data-dir or an object store
			{repos: []string{"influxdb"}, layouts: []layout{
				{from: 1, to: 1, paths: []string{"/var/lib/influxdb"}},
				{from: 2, to: 2, paths: []string{"/var/lib/influxdb2/engine"}},
				{from: 3, paths: []string{""}},
			}},
			{repos: []string{bitnami + "influxdb"}, layouts: []layout{{paths: []string{"/bitnami/influxdb"}}}},
		},
	},
	{
		Name: "kafka", Title: "Kafka",
		Client:   []Port{{"kafka", 9092}},
		Peer:     []Port{{"controller", 9093}},
		programs: []string{"kafka-server-start.sh", "kafka.Kafka", "run"},
		others: []string{"kafka-topics.sh", "kafka-acls.sh", "kafka-configs.sh", "kafka-console-consumer.sh", "kafka-console-producer.sh",
			"kafka-consumer-groups.sh", "connect-distributed.sh", "connect-standalone.sh", "connect-mirror-maker.sh", "kafka-mirror-maker.sh"},
		knobs: []knob{{env: []string{"KAFKA_LOG_DIRS", "KAFKA_LOG_DIR", "KAFKA_CFG_LOG_DIRS", "KAFKA_CFG_LOG_DIR"},
			directive: regexp.MustCompile(`(?m)^\s*log\.dirs?\s*=\s*(/\S+)`)}},
		images: []image{
			// apache/kafka docker/server.properties sets /tmp/kraft-combined-logs; with settings of
			// one's own the broker's default /tmp/kafka-logs holds
			{repos: []string{"apache/kafka", "apache/kafka-native"}, layouts: []layout{
				{paths: []string{"/tmp/kraft-combined-logs"}}, {paths: []string{"/tmp/kafka-logs"}}}},
			// confluentinc/kafka-images server/Dockerfile: VOLUME /var/lib/kafka/data
			{repos: []string{"cp-kafka", "cp-server"}, vendors: []string{"confluentinc"}, layouts: []layout{{paths: []string{"/var/lib/kafka/data"}}}},
			// bitnami/containers kafka-env.sh: KAFKA_DATA_DIR=/bitnami/kafka/data
			{repos: []string{bitnami + "kafka"}, layouts: []layout{{paths: []string{"/bitnami/kafka/data"}}}},
			{repos: []string{"kafka"}}, // strimzi, wurstmeister and others: their operator or script decides
		},
	},
	{
		Name: "mariadb", Title: "MariaDB",
		Client:   []Port{{"mysql", 3306}},
		Peer:     []Port{{"galera", 4567}, {"galera-ist", 4568}, {"galera-sst", 4444}},
		programs: []string{"mariadbd", "mysqld", "mariadbd-safe", "mysqld_safe"},
		others:   []string{"mariadb-dump", "mysqldump", "mariadb-backup", "mariadb", "mysql", "garbd"},
		knobs:    []knob{{flags: []string{"--datadir"}, directive: regexp.MustCompile(`(?m)^\s*datadir\s*=\s*(/\S+)`)}},
		images: []image{
			// MariaDB/mariadb-docker Dockerfile: VOLUME /var/lib/mysql
			{repos: []string{"mariadb"}, layouts: []layout{{paths: []string{"/var/lib/mysql"}}}},
			{repos: []string{bitnami + "mariadb", bitnami + "mariadb-galera"}, layouts: []layout{{paths: []string{"/bitnami/mariadb/data"}}}},
		},
	},
	{
		Name: "minio", Title: "MinIO",
		Client:   []Port{{"s3", 9000}},
		programs: []string{"minio"},
		others:   []string{"mc", "gateway"},
		knobs:    []knob{{argument: "server", env: []string{"MINIO_VOLUMES", "MINIO_DATA_DIR"}}},
		images: []image{
			// minio/minio has no default: the directories are arguments
			{repos: []string{"minio/minio", "minio", "silo"}},
			{repos: []string{bitnami + "minio"}, layouts: []layout{{paths: []string{"/bitnami/minio/data"}}, {paths: []string{"/data"}}}},
		},
	},
	{
		Name: "mongodb", Title: "MongoDB",
		Client:   []Port{{"mongodb", 27017}},
		Peer:     []Port{{"mongodb", 27017}},
		programs: []string{"mongod"},
		others:   []string{"mongos", "mongosh", "mongo", "mongodump", "mongorestore"},
		modes:    []string{"--configsvr"},
		knobs:    []knob{{flags: []string{"--dbpath"}, env: []string{"MONGODB_DATA_DIR"}, directive: regexp.MustCompile(`(?m)^\s*dbPath:\s*["']?(/[^\s"']+)`)}},
		images: []image{
			// docker-library/mongo Dockerfile: VOLUME /data/db /data/configdb
			{repos: []string{"mongo", "mongodb-community-server", "mongodb-enterprise-server", "percona-server-mongodb"}, vendors: []string{"mongodb", "percona"},
				layouts: []layout{{paths: []string{"/data/db"}}}},
			// bitnami/containers mongodb: MONGODB_VOLUME_DIR=/bitnami/mongodb, dbPath in data/db below it
			{repos: []string{bitnami + "mongodb", bitnami + "mongodb-sharded"}, layouts: []layout{{paths: []string{"/bitnami/mongodb/data/db"}}}},
			{repos: []string{"mongodb"}},
		},
	},
	{
		Name: "mysql", Title: "MySQL",
		Client:   []Port{{"mysql", 3306}, {"mysqlx", 33060}},
		Peer:     []Port{{"group", 33061}},
		programs: []string{"mysqld", "mysqld_safe"},
		others:   []string{"mysqldump", "mysqlpump", "mysql", "mysqlsh", "mysqlrouter"},
		knobs:    []knob{{flags: []string{"--datadir"}, directive: regexp.MustCompile(`(?m)^\s*datadir\s*=\s*(/\S+)`)}},
		images: []image{
			// docker-library/mysql Dockerfile: VOLUME /var/lib/mysql
			{repos: []string{"mysql", "mysql/mysql-server", "mysql/community-server", "percona-server", "percona-xtradb-cluster"}, vendors: []string{"percona"},
				layouts: []layout{{paths: []string{"/var/lib/mysql"}}}},
			{repos: []string{bitnami + "mysql"}, layouts: []layout{{paths: []string{"/bitnami/mysql/data"}}}},
		},
	},
	{
		Name: "nats", Title: "NATS JetStream",
		Client:   []Port{{"client", 4222}},
		Peer:     []Port{{"cluster", 6222}},
		programs: []string{"nats-server"},
		// Without JetStream the server keeps nothing.
		needs: regexp.MustCompile(`(?i)jetstream|(?:^|\s)-js\b|store_dir|(?:^|\s)-sd\b`),
		knobs: []knob{{flags: []string{"--store_dir", "-store_dir", "-sd"}, directive: regexp.MustCompile(`(?i)(?m)\bstore_?dir"?\s*[:=]?\s*["']?(/[^\s"',}]+)`)}},
		images: []image{
			// nats-io/nats-server server/const.go: the store is in the system's temporary directory
			{repos: []string{"nats", "nats-server"}, vendors: []string{"nats-io"}, layouts: []layout{{paths: []string{"/tmp/nats/jetstream"}}}},
			{repos: []string{bitnami + "nats"}},
		},
	},
	{
		Name: "opensearch", Title: "OpenSearch",
		Client:   []Port{{"http", 9200}},
		Peer:     []Port{{"transport", 9300}},
		programs: []string{"opensearch", "opensearch-docker-entrypoint.sh"},
		others:   []string{"opensearch-plugin", "opensearch-keystore", "securityadmin.sh"},
		knobs: []knob{{flags: []string{"-Epath.data"}, env: []string{"path.data", "OPENSEARCH_DATA_DIR_LIST", "OPENSEARCH_DATA_DIR"},
			directive: regexp.MustCompile(`(?m)^\s*(?:path\.)?data:\s*(/\S+)`)}},
		images: []image{
			// opensearch-project/helm-charts opensearch statefulset.yaml
			{repos: []string{"opensearch"}, vendors: []string{"opensearchproject"}, layouts: []layout{{paths: []string{"/usr/share/opensearch/data"}}}},
			{repos: []string{bitnami + "opensearch"}, layouts: []layout{{paths: []string{"/bitnami/opensearch/data"}}}},
		},
	},
	{
		Name: "postgresql", Title: "PostgreSQL",
		Client:   []Port{{"postgresql", 5432}},
		Peer:     []Port{{"postgresql", 5432}, {"patroni", 8008}},
		programs: []string{"postgres", "pg_ctl", "patroni"},
		others:   []string{"psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_basebackup", "pg_receivewal", "pgbench"},
		knobs: []knob{{flags: []string{"-D", "--pgdata", "data_directory"}, env: []string{"PGDATA", "POSTGRESQL_DATA_DIR"},
			directive: regexp.MustCompile(`(?m)^\s*data_directory\s*=\s*'?(/[^\s']+)`)}},
		images: []image{
			// docker-library/postgres 18/bookworm/Dockerfile and 17/bookworm/Dockerfile: PGDATA
			{repos: []string{"postgres", "postgis/postgis", "postgis"}, layouts: officialPostgreSQL},
			// Both are built FROM postgres and name the major after "pg".
			{repos: []string{"pgvector", "timescaledb"}, vendors: []string{"pgvector", "timescale"}, major: pgMajor, layouts: officialPostgreSQL},
			// timescale/timescaledb-docker-ha Dockerfile: PGDATA=/home/postgres/pgdata/data
			{repos: []string{"timescaledb-ha"}, vendors: []string{"timescale"}, major: pgMajor, layouts: []layout{{paths: []string{"/home/postgres/pgdata/data"}}}},
			// zalando/spilo Dockerfile: PGROOT=/home/postgres/pgdata/pgroot
			{repos: []string{"spilo", "spilo-*"}, vendors: []string{"zalando"}, major: pgMajor, layouts: []layout{{paths: []string{"/home/postgres/pgdata/pgroot/data"}}}},
			// bitnami/containers postgresql-env.sh: POSTGRESQL_VOLUME_DIR=/bitnami/postgresql
			{repos: []string{bitnami + "postgresql", bitnami + "postgresql-repmgr"}, layouts: []layout{{paths: []string{"/bitnami/postgresql/data"}}}},
			// sclorg/postgresql-container: the volume is /var/lib/pgsql/data, the cluster in userdata below it
			{repos: []string{"postgresql-[0-9]*-*", "rhel[0-9]*/postgresql-[0-9]*"}, layouts: []layout{{paths: []string{"/var/lib/pgsql/data"}}}},
			// Not built FROM postgres, or changed by an operator.
			{repos: []string{"postgresql", "chainguard/postgres", "supabase/postgres", "crunchy-postgres*", "cloudnative-pg/postgresql"}},
		},
	},
	{
		Name: "prometheus", Title: "Prometheus",
		Client:   []Port{{"http", 9090}},
		programs: []string{"prometheus"},
		others:   []string{"promtool"},
		// An agent keeps only what it has not sent yet.
		modes: []string{"--agent", "--enable-feature=agent"},
		knobs: []knob{{flags: []string{"--storage.tsdb.path"}}},
		images: []image{
			// prometheus/prometheus Dockerfile: WORKDIR and VOLUME /prometheus
			{repos: []string{"prom/prometheus", "prometheus/prometheus", "prometheus"}, layouts: []layout{{paths: []string{"/prometheus"}}}},
			{repos: []string{bitnami + "prometheus"}, layouts: []layout{{paths: []string{"/opt/bitnami/prometheus/data"}}}},
		},
	},
	{
		Name: "rabbitmq", Title: "RabbitMQ",
		Client:   []Port{{"amqp", 5672}},
		Peer:     []Port{{"epmd", 4369}, {"dist", 25672}},
		programs: []string{"rabbitmq-server"},
		others:   []string{"rabbitmqctl", "rabbitmqadmin", "rabbitmq-diagnostics", "rabbitmq-perf-test"},
		knobs:    []knob{{env: []string{"RABBITMQ_MNESIA_DIR", "RABBITMQ_MNESIA_BASE"}}},
		images: []image{
			// docker-library/rabbitmq Dockerfile: VOLUME /var/lib/rabbitmq
			{repos: []string{"rabbitmq"}, layouts: []layout{{paths: []string{"/var/lib/rabbitmq/mnesia"}}}},
			// bitnami/containers rabbitmq-env.sh, before and after the volume moved
			{repos: []string{bitnami + "rabbitmq"}, layouts: []layout{
				{paths: []string{"/bitnami/rabbitmq/mnesia"}}, {paths: []string{"/opt/bitnami/rabbitmq/.rabbitmq/mnesia"}}}},
		},
	},
	{
		Name: "redis", Title: "Redis", Cache: true,
		Client:   []Port{{"redis", 6379}},
		Peer:     []Port{{"bus", 16379}, {"sentinel", 26379}},
		programs: []string{"redis-server"},
		others:   []string{"redis-sentinel", "redis-cli", "redis-benchmark"},
		modes:    []string{"--sentinel"},
		volatile: cacheOnly, durable: appendOnly,
		knobs: []knob{{flags: []string{"--dir"}, env: []string{"REDIS_DATA_DIR"}, directive: redisDir}},
		images: []image{
			// redis/docker-library-redis Dockerfile: VOLUME and WORKDIR /data
			{repos: []string{"redis", "redis-stack", "redis-stack-server"}, vendors: []string{"redis"}, layouts: []layout{{paths: []string{"/data"}}}},
			{repos: []string{bitnami + "redis", bitnami + "redis-cluster"}, layouts: []layout{{paths: []string{"/bitnami/redis/data"}}}},
		},
	},
	{
		Name: "valkey", Title: "Valkey", Cache: true,
		Client:   []Port{{"valkey", 6379}},
		Peer:     []Port{{"bus", 16379}, {"sentinel", 26379}},
		programs: []string{"valkey-server", "redis-server"},
		others:   []string{"valkey-sentinel", "redis-sentinel", "--sentinel", "valkey-cli", "redis-cli", "valkey-benchmark"},
		volatile: cacheOnly, durable: appendOnly,
		knobs: []knob{{flags: []string{"--dir"}, env: []string{"VALKEY_DATA_DIR"}, directive: redisDir}},
		images: []image{
			// valkey-io/valkey-container Dockerfile: VOLUME and WORKDIR /data
			{repos: []string{"valkey", "valkey-bundle"}, vendors: []string{"valkey"}, layouts: []layout{{paths: []string{"/data"}}}},
			{repos: []string{bitnami + "valkey", bitnami + "valkey-cluster"}, layouts: []layout{{paths: []string{"/bitnami/valkey/data"}}}},
		},
	},
	{
		Name: "victoriametrics", Title: "VictoriaMetrics",
		Client:   []Port{{"http", 8428}},
		Peer:     []Port{{"vminsert", 8400}, {"vmselect", 8401}},
		programs: []string{"victoria-metrics-prod", "victoria-metrics", "vmstorage-prod", "vmstorage"},
		knobs:    []knob{{flags: []string{"-storageDataPath", "--storageDataPath"}, env: []string{"storageDataPath"}}},
		images: []image{
			// VictoriaMetrics app/*/deployment/Dockerfile: FROM scratch, so the default, a relative path, is below /
			{repos: []string{"victoria-metrics"}, vendors: []string{"victoriametrics"}, layouts: []layout{{paths: []string{"/victoria-metrics-data"}}}},
			{repos: []string{"vmstorage"}, vendors: []string{"victoriametrics"}, layouts: []layout{{paths: []string{"/vmstorage-data"}}}},
		},
	},
	{
		Name: "zookeeper", Title: "ZooKeeper",
		Client:   []Port{{"client", 2181}},
		Peer:     []Port{{"follower", 2888}, {"election", 3888}},
		programs: []string{"zkServer.sh"},
		others:   []string{"zkCli.sh", "zkCleanup.sh"},
		knobs: []knob{
			{env: []string{"ZOO_DATA_DIR"}, directive: regexp.MustCompile(`(?m)^\s*dataDir\s*=\s*(/\S+)`)},
			{env: []string{"ZOO_DATA_LOG_DIR"}, directive: regexp.MustCompile(`(?m)^\s*dataLogDir\s*=\s*(/\S+)`)},
		},
		images: []image{
			// 31z4/zookeeper-docker 3.9.3/Dockerfile: snapshots and transaction logs apart
			{repos: []string{"zookeeper"}, layouts: []layout{{paths: []string{"/data", "/datalog"}}}},
			{repos: []string{bitnami + "zookeeper"}, layouts: []layout{{paths: []string{"/bitnami/zookeeper/data", "/bitnami/zookeeper/data"}}}},
			// confluentinc/kafka-images zookeeper/Dockerfile: VOLUME /var/lib/zookeeper/data and /log
			{repos: []string{"cp-zookeeper"}, vendors: []string{"confluentinc"}, layouts: []layout{{paths: []string{"/var/lib/zookeeper/data", "/var/lib/zookeeper/log"}}}},
		},
	},
}

var pgMajor = regexp.MustCompile(`pg(\d+)`)

// The volume moved with PostgreSQL 18, docker-library/postgres#1259.
var officialPostgreSQL = []layout{
	{to: 17, paths: []string{"/var/lib/postgresql/data"}},
	{from: 18, paths: []string{"/var/lib/postgresql/{major}/docker"}},
}

// Redis and Valkey as a cache: no snapshots, or keys evicted at will.
var (
	cacheOnly  = regexp.MustCompile(`(?m)(?:^\s*|--)save\s+(?:""|''|--|$)|maxmemory-policy\s+allkeys-`)
	appendOnly = regexp.MustCompile(`(?m)(?:^\s*|--)appendonly\s+["']?yes`)
	redisDir   = regexp.MustCompile(`(?m)^\s*dir\s+["']?(/[^\s"']+)`)
)
