package charts_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const kafkaID = "Zy0DtrS8sKq1WvN5pXbE7z"

// newKafka is a sandbox of one member. kafka-storage.sh makes what start.sh looks
// at; bash, which the scripts only use to connect, knows the open ports in the
// file "ports" and answers as a controller without data for those in "empty".
func newKafka(t *testing.T, pool, member string) *sandbox {
	s := newSandbox(t, "kafka")
	s.write("home/credentials/cluster-id", kafkaID)
	s.write("home/credentials/admin-password", "admin-secret")
	s.write("home/credentials/metrics-password", "metrics-secret")
	s.write("home/config/server.properties", "num.partitions=3")
	s.write("home/topology/members.brokers", "kq-0.kq-headless\nkq-1.kq-headless\nkq-2.kq-headless")
	s.write("home/topology/members.controllers", "kq-c-0.c-headless\nkq-c-1.c-headless\nkq-c-2.c-headless")
	headless := map[string]string{"brokers": "kq-headless", "controllers": "c-headless"}[pool]
	s.env = append(s.env, "STATEWARD_POOL="+pool, "STATEWARD_MEMBER="+member, "STATEWARD_HEADLESS="+headless, "STATEWARD_PORT=9092",
		"STATEWARD_POD_IP=10.0.0.1", "STATEWARD_DATA_DIR="+s.path("data/kafka"), "STATEWARD_AUTH=true", "STATEWARD_USERNAME=app",
		"STATEWARD_GRACE_SECONDS=4", "STATEWARD_JOIN_PAUSE=0", "STATEWARD_STOP_PAUSE=0", "STATEWARD_POLL_PAUSE=0", "STATEWARD_TRIES=4",
		"STATEWARD_MEMORY_BYTES=1073741824", "STATE="+s.root)
	s.write("ports", "")
	s.write("empty", "")
	s.fake("bash", `case $* in
	*GET*) grep -qxF "$3:$4" "$STATE/empty" && echo "empty `+kafkaID+`" ;;
	*) grep -qxF "$3:$4" "$STATE/ports" && exit 0
	   grep -qs "^$3$" "$STATE/unknown" && echo "bash: $3: Invalid argument"; exit 1 ;;
esac`)
	s.fake("sleep", "")
	s.fake("sync", "")
	s.fake("java", "exec /bin/sleep 30")
	s.fake("kafka-storage.sh", `arguments=${2#@}; cat "$arguments" >>"$STATE/format"
dir=$(sed -n 's/^log.dirs=//p' "$(sed -n '/^--config$/{n;p}' "$arguments")" | tail -n 1)
mkdir -p "$dir"; echo "Bootstrap metadata: storedKey=derived"
printf 'cluster.id=`+kafkaID+`\nnode.id=%s\ndirectory.id=new\n' "$(sed -n 's/^node.id=//p' "$STATE/run/server.properties")" >"$dir/meta.properties"`)
	s.fake("kafka-server-start.sh", `echo "heap $KAFKA_HEAP_OPTS" >>"$CALLS"`)
	s.write("home/scripts/join.sh", "")
	return s
}

func (s *sandbox) kafkaVolume(cluster, node string) {
	s.write("data/kafka/meta.properties", "node.id="+node+"\ncluster.id="+cluster+"\ndirectory.id=own\n")
}

// What "kafka-metadata-quorum.sh describe --status" prints.
func quorumStatus(leader string, voters ...string) string {
	list := make([]string, 0, len(voters))
	for _, voter := range voters {
		id, directory, _ := strings.Cut(voter, " ")
		list = append(list, `{"id": `+id+`, "directoryId": "`+directory+`", "endpoints": ["CONTROLLER://x:9093"]}`)
	}
	return "ClusterId:              " + kafkaID + "\nLeaderId:               " + leader +
		"\nCurrentVoters:          [" + strings.Join(list, ", ") + "]\nCurrentObservers:       [{\"id\": 7, \"directoryId\": \"x\"}]\n"
}

func TestKafkaStart(t *testing.T) {
	emptyPeers := "kq-c-1.c-headless:9095\nkq-c-2.c-headless:9095\n"
	tests := []struct {
		name         string
		pool, member string
		arrange      func(*sandbox)
		code         int
		out          string
		format       []string // arguments of kafka-storage.sh; nil when it must not run
		config       []string // lines of server.properties
		never        []string // in server.properties
	}{{
		name: "a broker's empty volume is formatted at once", pool: "brokers", member: "kq-2",
		format: []string{"--cluster-id\n" + kafkaID},
		config: []string{
			"num.partitions=3", "process.roles=broker", "node.id=2", "listeners=CLIENTS://:9092,INTERNAL://:9094",
			"advertised.listeners=CLIENTS://kq-2.kq-headless:9092,INTERNAL://kq-2.kq-headless:9094",
			"controller.quorum.bootstrap.servers=kq-c-0.c-headless:9093,kq-c-1.c-headless:9093,kq-c-2.c-headless:9093",
			"listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,INTERNAL:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
			"super.users=User:admin",
		},
		never: []string{"broker.rack", "ssl."},
	}, {
		name: "the zone is the rack", pool: "brokers", member: "kq-0",
		arrange: func(s *sandbox) { s.env = append(s.env, "STATEWARD_RACK=zone-b") },
		format:  []string{"--cluster-id"}, config: []string{"broker.rack=zone-b"},
	}, {
		name: "a restart formats nothing", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.kafkaVolume(kafkaID, "1") },
	}, {
		name: "a volume of another cluster is left alone", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.kafkaVolume("other", "1") },
		code:    1, out: `the volume is of cluster "other", this release is "` + kafkaID + `"`,
	}, {
		name: "a volume of another member is left alone", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.kafkaVolume(kafkaID, "2") },
		code:    1, out: "the volume is of node 2, this is node 1",
	}, {
		name: "a folder with something else is left alone", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.write("data/kafka/topic-0/segment", "") },
		code:    1, out: "is not empty and no volume of Kafka",
	}, {
		name: "a volume that was half formatted is formatted anew", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.write("data/kafka.new/meta.properties", "") },
		format:  []string{"--cluster-id"},
	}, {
		name: "a failing format starts nothing, and shows no derived keys", pool: "brokers", member: "kq-1",
		arrange: func(s *sandbox) { s.fake("kafka-storage.sh", "echo Bootstrap metadata: storedKey; echo bad; exit 1") },
		code:    1, out: "formatting failed: bad",
	}, {
		name: "the first controller begins a cluster when all others are empty", pool: "controllers", member: "kq-c-0",
		arrange: func(s *sandbox) { s.write("empty", emptyPeers) },
		out:     "this one begins a new cluster",
		format:  []string{"--standalone\n--add-scram\nSCRAM-SHA-512=[name=admin,password=admin-secret]\n"},
		config:  []string{"process.roles=controller", "node.id=1000", "listeners=CONTROLLER://:9093", "advertised.listeners=CONTROLLER://kq-c-0.c-headless:9093"},
		never:   []string{"inter.broker.listener.name"},
	}, {
		name: "without users nobody gets a password", pool: "controllers", member: "kq-c-0",
		arrange: func(s *sandbox) { s.write("empty", emptyPeers); s.env = append(s.env, "STATEWARD_AUTH=") },
		format:  []string{"--standalone\n--config"},
		config:  []string{"listener.security.protocol.map=CLIENTS:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT"},
		never:   []string{"sasl", "authorizer"},
	}, {
		name: "the first controller begins nothing while a peer is silent", pool: "controllers", member: "kq-c-0",
		arrange: func(s *sandbox) { s.write("empty", "kq-c-1.c-headless:9095\n") },
		code:    1, out: "gave up: no controller leads",
	}, {
		name: "another than the first never begins a cluster", pool: "controllers", member: "kq-c-1",
		arrange: func(s *sandbox) { s.write("empty", "kq-c-0.c-headless:9095\nkq-c-2.c-headless:9095\n") },
		code:    1, out: "gave up: no controller leads",
	}, {
		name: "a controller that lost its volume joins the cluster there is, also the first", pool: "controllers", member: "kq-c-0",
		arrange: func(s *sandbox) {
			s.write("empty", emptyPeers) // even if the others said so
			s.write("ports", "kq-c-2.c-headless:9093\n")
			s.fake("kafka-metadata-quorum.sh", "echo 'LeaderId: 1002'")
		},
		out: "there is a cluster: joining it", format: []string{"--no-initial-controllers\n"},
	}, {
		name: "controllers without a leader are no cluster to join, and none to replace", pool: "controllers", member: "kq-c-0",
		arrange: func(s *sandbox) {
			s.write("empty", "kq-c-1.c-headless:9095\n")
			s.write("ports", "kq-c-2.c-headless:9093\n")
			s.fake("kafka-metadata-quorum.sh", "echo 'LeaderId: -1'")
		},
		code: 1, out: "gave up: no controller leads",
	}, {
		name: "a controller that restarts asks nobody", pool: "controllers", member: "kq-c-1",
		arrange: func(s *sandbox) { s.kafkaVolume(kafkaID, "1001") },
	}, {
		name: "without a pool of controllers the brokers are the quorum", pool: "brokers", member: "kq-0",
		arrange: func(s *sandbox) {
			require.NoError(s.t, os.Remove(s.path("home/topology/members.controllers")))
			s.write("empty", "kq-1.kq-headless:9095\nkq-2.kq-headless:9095\n")
		},
		format: []string{"--standalone\n"},
		config: []string{
			"process.roles=broker,controller", "node.id=0", "listeners=CLIENTS://:9092,INTERNAL://:9094,CONTROLLER://:9093",
			"controller.quorum.bootstrap.servers=kq-0.kq-headless:9093,kq-1.kq-headless:9093,kq-2.kq-headless:9093",
		},
	}, {
		name: "TLS on every listener", pool: "brokers", member: "kq-0",
		arrange: func(s *sandbox) {
			s.env = append(s.env, "STATEWARD_TLS=true")
			s.write("home/tls/tls.key", "KEY\n")
			s.write("home/tls/tls.crt", "CERT\n")
		},
		format: []string{"--cluster-id"},
		config: []string{"listener.security.protocol.map=CLIENTS:SASL_SSL,INTERNAL:SASL_SSL,CONTROLLER:SASL_SSL", "ssl.keystore.type=PEM"},
	}, {
		name: "a password that Kafka's tools cannot read is refused, and not shown", pool: "brokers", member: "kq-0",
		arrange: func(s *sandbox) { s.write("home/credentials/admin-password", "se,cret") },
		code:    1, out: `the key "admin-password" of the release's Secret must be of letters`,
	}, {
		name: "without the cluster's id nothing starts", pool: "brokers", member: "kq-0",
		arrange: func(s *sandbox) { require.NoError(s.t, os.Remove(s.path("home/credentials/cluster-id"))) },
		code:    1, out: `no key "cluster-id"`,
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newKafka(t, tt.pool, tt.member)
			if tt.arrange != nil {
				tt.arrange(s)
			}
			out, code := s.run("start.sh")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			require.NotContains(t, out+s.calls(), "admin-secret")
			require.NotContains(t, out, "storedKey")
			require.NotContains(t, out, "se,cret")
			served := strings.Contains(s.calls(), "kafka-server-start.sh "+s.path("run/server.properties")+"\nheap -Xms512m -Xmx512m\n")
			require.Equal(t, code == 0, served, s.calls())
			if tt.format == nil {
				require.NoFileExists(t, s.path("format"))
			}
			for _, want := range tt.format {
				require.Contains(t, s.read("format"), want)
			}
			if code == 0 {
				require.FileExists(t, s.path("data/kafka/meta.properties"))
				require.NoDirExists(t, s.path("data/kafka.new"))
				require.NoFileExists(t, s.path("run/format"), "the file with the password goes")
			}
			for _, want := range tt.config {
				require.Contains(t, "\n"+s.read("run/server.properties"), "\n"+want+"\n")
			}
			for _, never := range tt.never {
				require.NotContains(t, s.read("run/server.properties"), never)
			}
		})
	}
}

func newKafkaJoin(t *testing.T) *sandbox {
	s := newKafka(t, "controllers", "kq-c-1")
	scripts, err := os.ReadFile("stateful/files/kafka/join.sh")
	require.NoError(t, err)
	s.write("home/scripts/join.sh", string(scripts))
	s.kafkaVolume(kafkaID, "1001")
	s.write("run/server.properties", "node.id=1001\n")
	s.write("run/controller-client.properties", "sasl.mechanism=PLAIN\n")
	s.write("ports", "kq-c-1.c-headless:9093\n")
	// Removing and adding change what the next question is answered with.
	s.fake("kafka-metadata-quorum.sh", `case $* in
	*add-controller*) mv "$STATE/added" "$STATE/status" ;;
	*remove-controller*) mv "$STATE/removed" "$STATE/status" ;;
	*) cat "$STATE/status" ;;
esac`)
	return s
}

func TestKafkaJoin(t *testing.T) {
	two := []string{"1000 a", "1002 c"}
	voter := quorumStatus("1000", append(two, "1001 own")...)

	t.Run("a voter stays one", func(t *testing.T) {
		s := newKafkaJoin(t)
		s.write("status", voter)
		out, code := s.run("join.sh")
		require.Zero(t, code, out)
		require.NotContains(t, s.calls(), "add-controller")
	})
	t.Run("a controller that is none becomes one", func(t *testing.T) {
		s := newKafkaJoin(t)
		s.write("status", quorumStatus("1000", two...))
		s.write("added", voter)
		out, code := s.run("join.sh")
		require.Zero(t, code, out)
		require.Contains(t, s.calls(), "add-controller")
		require.NotContains(t, s.calls(), "remove-controller")
		require.Equal(t, "node.id=1001\nsasl.mechanism=PLAIN\n", s.read("run/join.properties"))
	})
	t.Run("the vote of its lost volume goes first", func(t *testing.T) {
		s := newKafkaJoin(t)
		s.write("status", quorumStatus("1000", append(two, "1001 lost")...))
		s.write("removed", quorumStatus("1000", two...))
		s.write("added", voter)
		out, code := s.run("join.sh")
		require.Zero(t, code, out)
		before, _, _ := strings.Cut(s.calls(), "add-controller")
		require.Contains(t, before, "remove-controller --controller-id 1001 --controller-directory-id lost\n")
	})
	t.Run("without a leader it only waits, and not for ever", func(t *testing.T) {
		s := newKafkaJoin(t)
		s.write("status", quorumStatus("-1", two...))
		out, code := s.run("join.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "gave up: this controller follows the quorum and is no voter")
		require.NotContains(t, s.calls(), "add-controller")
	})
}

const kafkaTopics = `Topic: a	TopicId: x	PartitionCount: 2	ReplicationFactor: 3	Configs: min.insync.replicas=2
	Topic: a	Partition: 0	Leader: 3	Replicas: 3,0,1	Isr: 3,0,1	Elr: 	LastKnownElr: 
	Topic: a	Partition: 1	Leader: 0	Replicas: 0,1,2	Isr: 0,1,2	Elr: 	LastKnownElr: 
	Topic: b	Partition: 0	Leader: 1	Replicas: 1,3	Isr: 1,3	Elr: 	LastKnownElr: 
`

func TestKafkaStop(t *testing.T) {
	for name, tt := range map[string]struct{ topics, out string }{
		"goes when nothing is at its minimum":          {"", ""},
		"goes when no other copy is on its way":        {"Topic: a Partition: 0 Leader: 1 Replicas: 1,2 Isr: 2,1 Elr: ", ""},
		"goes when it is not among the copies in sync": {"Topic: a Partition: 0 Leader: 2 Replicas: 1,2,3 Isr: 2,11 Elr: ", ""},
		"waits for the copy that is on its way":        {"Topic: a Partition: 0 Leader: 1 Replicas: 1,2,3 Isr: 1,2 Elr: ", "1 partitions have no copy to spare"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newKafka(t, "brokers", "kq-1")
			s.write("topics", tt.topics)
			s.fake("kafka-topics.sh", `cat "$STATE/topics"`)
			out, code := s.run("stop.sh")
			require.Zero(t, code, out)
			require.Contains(t, out, tt.out)
			require.Equal(t, tt.out != "", strings.Contains(out, "stopping without waiting"), out)
		})
	}
	s := newKafka(t, "brokers", "kq-1")
	s.fake("kafka-topics.sh", "exit 1")
	out, code := s.run("stop.sh")
	require.Zero(t, code, out)
	require.Equal(t, 1, strings.Count(s.calls(), "kafka-topics.sh"), "a cluster that is away is asked once")
}

// newKafkaJob is a sandbox of a Job: a cluster of four brokers and three controllers.
func newKafkaJob(t *testing.T) *sandbox {
	s := newKafka(t, "brokers", "")
	s.write("status", quorumStatus("1000", "1000 a", "1001 b", "1002 c"))
	s.write("brokers", "ID HOST PORT RACK STATE ENDPOINT_TYPE\n0 h 9094 a unfenced broker\n1 h 9094 b unfenced broker\n2 h 9094 c unfenced broker\n")
	s.write("topics", kafkaTopics)
	s.write("configs", "")
	s.fake("kafka-metadata-quorum.sh", `case $* in
	*remove-controller*) [ ! -f "$STATE/removed" ] || mv "$STATE/removed" "$STATE/status" ;;
	*) cat "$STATE/status" ;;
esac`)
	s.fake("kafka-cluster.sh", `case $1 in list-endpoints) cat "$STATE/brokers" ;; esac`)
	s.fake("kafka-topics.sh", `cat "$STATE/topics"`)
	s.fake("kafka-configs.sh", `case $* in
	*add-config-file*) cat "${11}" >>"$STATE/users" ;;
	*--describe*) cat "$STATE/configs" ;;
esac`)
	s.fake("kafka-acls.sh", "")
	// The move is done when the Job looks again.
	s.fake("kafka-reassign-partitions.sh", `for last; do :; done; cp "$last" "$STATE/plan"; : >"$STATE/topics"`)
	return s
}

func (s *sandbox) fourBrokers() {
	s.write("brokers", s.read("brokers")+"3 h 9094 a unfenced broker\n")
}

func TestKafkaScaleDown(t *testing.T) {
	t.Run("nothing leaves, nothing happens", func(t *testing.T) {
		s := newKafkaJob(t)
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		require.NotContains(t, s.calls(), "kafka-topics.sh")
		require.NotContains(t, s.calls(), "remove-controller")
	})
	t.Run("partitions go to the zone that lacks them, the other copies stay", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fourBrokers()
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		require.JSONEq(t, `{"version":1,"partitions":[{"topic":"a","partition":0,"replicas":[2,0,1]},{"topic":"b","partition":0,"replicas":[1,0]}]}`, s.read("plan"))
		require.Contains(t, s.calls(), "--entity-name 3 --add-config cordoned.log.dirs=*")
		require.NotContains(t, s.calls(), "unregister", "it still runs")
	})
	t.Run("what is moving is not moved again", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fourBrokers()
		s.write("topics", "Topic: a Partition: 0 Leader: 0 Replicas: 2,0,1,3 Isr: 0,1,3 Adding Replicas: 2 Removing Replicas: 3 Elr: \n")
		s.fake("sleep", `: >"$STATE/topics"`)
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		require.Contains(t, out, "1 partitions still have a copy on 3, 1 of them are moving")
		require.NotContains(t, s.calls(), "kafka-reassign-partitions.sh")
	})
	t.Run("more copies than brokers is refused before anything moves", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fourBrokers()
		s.write("topics", "Topic: big Partition: 0 Leader: 0 Replicas: 0,1,2,3 Isr: 0,1,2,3 Elr: \n")
		out, code := s.run("scale-down.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "more copies than brokers would stay: big;")
		require.NotContains(t, s.calls(), "kafka-configs.sh")
	})
	t.Run("a broker that is down takes no copy", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fourBrokers()
		s.write("brokers", strings.Replace(s.read("brokers"), "2 h 9094 c unfenced", "2 h 9094 c fenced", 1))
		out, code := s.run("scale-down.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "more copies than brokers would stay: a;")
	})
	t.Run("controllers lose their votes, the highest first", func(t *testing.T) {
		s := newKafkaJob(t)
		s.write("status", quorumStatus("1000", "1000 a", "1001 b", "1002 c", "1003 d", "1004 e"))
		s.fake("kafka-metadata-quorum.sh", `case $* in
		*"--controller-id 1004 --controller-directory-id e") sed -i 's/, {"id": 1004[^}]*}//' "$STATE/status" ;;
		*"--controller-id 1003 --controller-directory-id d") sed -i 's/, {"id": 1003[^}]*}//' "$STATE/status" ;;
		*remove*) exit 1 ;;
		*) cat "$STATE/status" ;;
		esac`)
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		first, _, found := strings.Cut(s.calls(), "--controller-id 1003")
		require.True(t, found)
		require.Contains(t, first, "--controller-id 1004")
	})
	t.Run("another arrangement of the quorum is refused", func(t *testing.T) {
		s := newKafkaJob(t)
		require.NoError(t, os.Remove(s.path("home/topology/members.controllers")))
		out, code := s.run("scale-down.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "pools.controllers: the quorum's voters are 1000 1001 1002")
	})
	t.Run("a release that is stopped is left as it is", func(t *testing.T) {
		s := newKafkaJob(t)
		s.write("home/topology/members.brokers", "")
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		require.Empty(t, s.calls())
	})
	t.Run("a cluster that is away holds up no upgrade that takes nobody", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fake("kafka-metadata-quorum.sh", "exit 1")
		s.write("unknown", "kq-3.kq-headless\nkq-c-3.c-headless\n")
		out, code := s.run("scale-down.sh")
		require.Zero(t, code, out)
		require.Contains(t, out, "no member leaves")
	})
	t.Run("nor gives up members unasked", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fake("kafka-metadata-quorum.sh", "exit 1")
		s.write("unknown", "kq-c-3.c-headless\n")
		out, code := s.run("scale-down.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "members leave and the cluster does not answer: nothing was moved")
	})
}

func TestKafkaConfigure(t *testing.T) {
	t.Run("users and what they may do", func(t *testing.T) {
		s := newKafkaJob(t)
		out, code := s.run("configure.sh")
		require.Zero(t, code, out)
		require.Equal(t, "SCRAM-SHA-512=password=app-secret\nSCRAM-SHA-512=password=metrics-secret\n", s.read("users"))
		require.NotContains(t, out+s.calls(), "secret")
		require.Contains(t, s.calls(), "--add --allow-principal User:app --operation All --topic * --group * --transactional-id *\n")
		require.Contains(t, s.calls(), "--add --allow-principal User:metrics --operation Describe --topic * --group * --cluster\n")
		require.NoFileExists(t, s.path("run/user.properties"))
		require.NotContains(t, s.calls(), "unregister")
	})
	t.Run("a failure shows no password", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fake("kafka-configs.sh", `cat "${11}"; echo "no such thing"; exit 1`)
		out, code := s.run("configure.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "cannot set the password of app: no such thing")
		require.NotContains(t, out, "app-secret")
	})
	t.Run("the application is no administrator", func(t *testing.T) {
		s := newKafkaJob(t)
		s.env = append(s.env, "STATEWARD_USERNAME=admin")
		out, code := s.run("configure.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "auth.username")
	})
	t.Run("a broker that has left is taken out once it has stopped", func(t *testing.T) {
		s := newKafkaJob(t)
		s.fourBrokers()
		s.write("configs", "Dynamic configs for broker 3 are:\n  cordoned.log.dirs=* sensitive=false synonyms={}\n")
		s.fake("sleep", `sed -i 's/^3 \(.*\) unfenced/3 \1 fenced/' "$STATE/brokers"`)
		out, code := s.run("configure.sh")
		require.Zero(t, code, out)
		before, after, found := strings.Cut(s.calls(), "unregister")
		require.True(t, found)
		require.Contains(t, before, "sleep")
		require.Contains(t, after, "--id 3")
		require.Contains(t, after, "--entity-name 3 --delete-config cordoned.log.dirs")
	})
	t.Run("a vote beyond the release's own is taken out", func(t *testing.T) {
		s := newKafkaJob(t)
		s.write("removed", s.read("status"))
		s.write("status", quorumStatus("1000", "1000 a", "1001 b", "1002 c", "1004 e"))
		out, code := s.run("configure.sh")
		require.Zero(t, code, out)
		require.Contains(t, s.calls(), "remove-controller --controller-id 1004 --controller-directory-id e")
	})
	t.Run("brokers that never answer", func(t *testing.T) {
		s := newKafkaJob(t)
		s.write("brokers", "ID HOST PORT RACK STATE ENDPOINT_TYPE\n")
		s.fake("kafka-metadata-quorum.sh", "exit 1")
		out, code := s.run("configure.sh")
		require.Equal(t, 1, code)
		require.Contains(t, out, "gave up waiting for the brokers to answer")
	})
}

// The exporter's password is in a file that it reads its arguments from.
func TestKafkaExporter(t *testing.T) {
	s := newKafka(t, "brokers", "kq-1")
	script := strings.Replace(s.read("home/scripts/exporter.sh"), "/tmp/exporter.arguments", s.path("arguments"), 1)
	s.write("home/scripts/exporter.sh", script)
	s.fake("kafka_exporter", "")
	out, code := s.run("exporter.sh")
	require.Zero(t, code, out)
	require.Equal(t, "kafka_exporter @"+s.path("arguments")+"\n", s.calls())
	require.Equal(t, "--kafka.server=kq-1.kq-headless:9092\n--kafka.version=3.6.0\n--web.listen-address=:9308\n--sasl.enabled\n--sasl.mechanism=scram-sha512\n"+
		"--sasl.username=metrics\n--sasl.password=metrics-secret\n", s.read("arguments"))
}

func TestKafkaHeap(t *testing.T) {
	for limit, want := range map[string]string{"2147483648": "-Xms1024m -Xmx1024m", "68719476736": "-Xms6144m -Xmx6144m"} {
		s := newKafka(t, "brokers", "kq-1")
		s.env = append(s.env, "STATEWARD_MEMORY_BYTES="+limit)
		out, code := s.run("start.sh")
		require.Zero(t, code, out)
		require.Contains(t, s.calls(), "heap "+want+"\n")
	}
	s := newKafka(t, "brokers", "kq-1")
	s.env = append(s.env, "KAFKA_HEAP_OPTS=-Xmx77m")
	out, code := s.run("start.sh")
	require.Zero(t, code, out)
	require.Contains(t, s.calls(), "heap -Xmx77m\n")
}
