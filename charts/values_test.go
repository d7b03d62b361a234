package charts_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/values"
)

// field gives the value at a path of an object, nil where there is none. A step
// into a list is an index or the name of an element.
func field(t *testing.T, o *manifest.Object, path string) any {
	t.Helper()
	var node any
	require.NoError(t, json.Unmarshal(o.JSON(), &node))
	steps, ok := values.ParsePath(path)
	require.True(t, ok, path)
	for _, step := range steps {
		switch v := node.(type) {
		case map[string]any:
			node = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil { // the element of that name, or at that path
				i = slices.IndexFunc(v, func(item any) bool {
					o, _ := item.(map[string]any)
					return o["name"] == step || o["mountPath"] == step
				})
			}
			if i < 0 || i >= len(v) {
				return nil
			}
			node = v[i]
		default:
			return nil
		}
	}
	return node
}

// base is the least that makes a release of each pattern with the preset custom,
// which leaves everything to the values.
const base = `
preset: custom
image: {repository: db, tag: "1"}
replicas: 1
server:
  ports: {db: {port: 5432}, sync: {port: 9, audience: peers}}
  scripts: {start.sh: exec db, test.sh: "true"}
auth: {enabled: true, generate: {keys: {password: 32}}}
`

const (
	pod   = "spec.template.spec"
	first = pod + ".containers[0]"
)

// What a user writes is what the objects have, in all charts alike.
func TestValuesReachTheObjects(t *testing.T) {
	const server = "StatefulSet/shop"
	tests := []struct {
		name, values, object, field string
		want                        any // nil: the field is absent
	}{
		{"replicas 0 stops the server", "replicas: 0", server, "spec.replicas", 0.0},
		{"image with a digest", "image: {registry: r.example, repository: pg, tag: '17.1', digest: 'sha256:" + digest + "'}", server, first + ".image", "r.example/pg:17.1@sha256:" + digest},
		{"global.imageRegistry wins", "global: {imageRegistry: mirror.example}", server, first + ".image", "mirror.example/db:1"},
		{"global.imageRegistry is for kubectl too", "global: {imageRegistry: mirror.example}", "Job", pod + ".containers[0].image", "mirror.example/kubectl:v1.34.4"},
		{"pull secrets by name", "global: {imagePullSecrets: [a]}\nimage: {pullSecrets: [b]}", server, pod + ".imagePullSecrets", []any{map[string]any{"name": "b"}, map[string]any{"name": "a"}}},
		{"pull secrets of the Job", "global: {imagePullSecrets: [{name: a}]}", "Job", pod + ".imagePullSecrets[0].name", "a"},
		{"fullnameOverride", "fullnameOverride: db", "StatefulSet/db", "spec.serviceName", "db-headless"},
		{"nameOverride", "nameOverride: pg", "StatefulSet/shop-pg", "spec.selector.matchLabels", map[string]any{"app.kubernetes.io/name": "pg", "app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "server"}},
		{"clusterDomain", "clusterDomain: k8s.example", server, first + ".env.STATEWARD_HEADLESS.value", "shop-headless.prod.svc.k8s.example"},
		{"commonLabels", "commonLabels: {team: a}", "Service/shop-headless", "metadata.labels.team", "a"},
		{"commonLabels on pods", "commonLabels: {team: a}", server, "spec.template.metadata.labels.team", "a"},
		{"commonLabels on the Job's pods", "commonLabels: {team: a}", "Job", "spec.template.metadata.labels.team", "a"},
		{"commonLabels select nothing", "commonLabels: {team: a}", server, "spec.selector.matchLabels.team", nil},
		{"commonLabels mark no claim", "commonLabels: {team: a}", server, "spec.volumeClaimTemplates[0].metadata.labels.team", nil},
		{"commonAnnotations", "commonAnnotations: {a: b}", "PodDisruptionBudget/shop", "metadata.annotations.a", "b"},
		{"podLabels", "podLabels: {a: b}", server, "spec.template.metadata.labels.a", "b"},
		{"podAnnotations", "podAnnotations: {a: b}", server, "spec.template.metadata.annotations.a", "b"},

		{"a size", "resources: {preset: large}", server, first + ".resources.limits", map[string]any{"cpu": "2", "memory": "4Gi"}},
		{"a limit goes over the size, its request follows", "resources: {limits: {memory: 3Gi}}", server, first + ".resources.requests.memory", "3Gi"},
		{"a request of one's own", "resources: {requests: {cpu: 50m}}", server, first + ".resources", map[string]any{"limits": map[string]any{"cpu": "250m", "memory": "512Mi"}, "requests": map[string]any{"cpu": "50m", "memory": "512Mi"}}},
		{"no CPU limit", "resources: {limits: {cpu: null}, requests: {cpu: 1}}", server, first + ".resources.limits", map[string]any{"memory": "512Mi"}},
		{"scripts know the memory limit", "resources: {preset: large}", server, first + ".env.STATEWARD_MEMORY_BYTES.value", "4294967296"},

		{"storage.size", "storage: {size: 1Ti}", server, "spec.volumeClaimTemplates[0].spec.resources.requests.storage", "1Ti"},
		{"storage.class", "storage: {class: fast}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "fast"},
		{"no storage class", "storage: {class: '-'}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", ""},
		{"global.storageClass", "global: {storageClass: slow}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "slow"},
		{"storage.class wins over global.storageClass", "global: {storageClass: slow}\nstorage: {class: fast}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "fast"},
		{"the cluster's class", "", server, "spec.volumeClaimTemplates[0].spec.storageClassName", nil},
		{"storage.dataSource", "storage: {dataSource: {kind: VolumeSnapshot, name: s, apiGroup: snapshot.storage.k8s.io}}", server, "spec.volumeClaimTemplates[0].spec.dataSource.name", "s"},
		{"storage.existingClaim makes no claim", "storage: {existingClaim: old}", server, "spec.volumeClaimTemplates", nil},
		{"storage.existingClaim is mounted", "storage: {existingClaim: old}", server, pod + ".volumes.data", map[string]any{"name": "data", "persistentVolumeClaim": map[string]any{"claimName": "old"}}},
		{"storage.enabled false", "storage: {enabled: false}", server, pod + ".volumes.data", map[string]any{"name": "data", "emptyDir": map[string]any{}}},
		{"storage.retention", "storage: {retention: {whenDeleted: Delete}}", server, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"},
		{"storage.directory", "storage: {directory: /data/x}", server, first + ".env.STATEWARD_DATA_DIR.value", "/data/x"},

		{"server.env", "server: {env: {AAA: 1}}", server, first + ".env[0]", map[string]any{"name": "AAA", "value": "1"}},
		{"server.env has whole numbers", "server: {env: {AAA: 12000000}}", server, first + ".env.AAA.value", "12000000"},
		{"server.env from a field", "server: {env: {AAA: {fieldRef: {fieldPath: metadata.name}}}}", server, first + ".env.AAA.valueFrom.fieldRef.fieldPath", "metadata.name"},
		{"server.env takes a variable away", "server: {env: {STATEWARD_DATA_DIR: null}}", server, first + ".env.STATEWARD_DATA_DIR", nil},
		{"server.env is in the test, too", "server: {env: {AAA: 1}}", "Pod/shop-test", "spec.containers[0].env.AAA.value", "1"},
		{"extraEnv", "extraEnv: [{name: X, value: z}]", server, first + ".env.X.value", "z"},
		{"extraEnvFrom", "extraEnvFrom: [{configMapRef: {name: a}}]", server, first + ".envFrom[0].configMapRef.name", "a"},
		{"server.scripts", "server: {scripts: {more.sh: x}}", "ConfigMap/shop-scripts", "data", nil},
		{"a start script is the command", "", server, first + ".command", []any{"sh", "/opt/stateward/scripts/start.sh"}},
		{"server.command", "server: {command: [a]}", server, first + ".command", []any{"a"}},
		{"server.args", "server: {args: [-c, a=b]}", server, first + ".args", []any{"-c", "a=b"}},
		{"server.sharedMemory", "server: {sharedMemory: 1Gi}", server, pod + ".volumes.shared-memory.emptyDir.sizeLimit", "1Gi"},
		{"no shared memory", "server: {sharedMemory: null}", server, pod + ".volumes.shared-memory", nil},

		{"a probe", "probes: {liveness: {periodSeconds: 99, tcpSocket: {port: 5432}}}", server, first + ".livenessProbe", map[string]any{"periodSeconds": 99.0, "tcpSocket": map[string]any{"port": 5432.0}}},
		{"a probe can be switched off", "probes: {liveness: {enabled: false, tcpSocket: {port: 1}}}", server, first + ".livenessProbe", nil},
		{"grace period", "lifecycle: {terminationGracePeriodSeconds: 30}", server, pod + ".terminationGracePeriodSeconds", 30.0},
		{"preStop", "lifecycle: {preStop: {sleep: {seconds: 5}}}", server, first + ".lifecycle.preStop.sleep.seconds", 5.0},

		{"update.partition", "update: {partition: 1}", server, "spec.updateStrategy.rollingUpdate.partition", 1.0},
		{"update.strategy OnDelete", "update: {strategy: OnDelete}", server, "spec.updateStrategy", map[string]any{"type": "OnDelete"}},
		{"update.minReadySeconds", "update: {minReadySeconds: 9}", server, "spec.minReadySeconds", 9.0},
		{"update.podManagementPolicy", "update: {podManagementPolicy: OrderedReady}", server, "spec.podManagementPolicy", "OrderedReady"},

		{"scheduling.nodeSelector", "scheduling: {nodeSelector: {a: b}}", server, pod + ".nodeSelector.a", "b"},
		{"scheduling.nodeSelector of the test", "scheduling: {nodeSelector: {a: b}}", "Pod/shop-test", "spec.nodeSelector.a", "b"},
		{"scheduling.tolerations of the Job", "scheduling: {tolerations: [{key: a, operator: Exists}]}", "Job", pod + ".tolerations[0].key", "a"},
		{"scheduling.affinity", "scheduling: {affinity: {podAffinity: {}}}", server, pod + ".affinity", map[string]any{"podAffinity": map[string]any{}}},
		{"scheduling.topologySpreadConstraints", "scheduling: {topologySpreadConstraints: [{maxSkew: 7}]}", server, pod + ".topologySpreadConstraints", []any{map[string]any{"maxSkew": 7.0}}},
		{"one member is not spread", "", server, pod + ".topologySpreadConstraints", nil},
		{"scheduling.priorityClassName", "scheduling: {priorityClassName: high}", server, pod + ".priorityClassName", "high"},
		{"security.pod", "security: {pod: {runAsUser: 70}}", server, pod + ".securityContext.runAsUser", 70.0},
		{"a platform that gives the user", "security: {pod: {runAsUser: null}}", server, pod + ".securityContext.runAsUser", nil},
		{"security.container", "security: {container: {readOnlyRootFilesystem: false}}", server, first + ".securityContext.readOnlyRootFilesystem", false},

		{"service.ports leaves the headless one", "service: {ports: {db: 6432}}", "Service/shop-headless", "spec.ports.db.port", 5432.0},
		{"service.ports is what the test uses", "service: {ports: {db: 6432}}", "Pod/shop-test", "spec.containers[0].env.STATEWARD_PORT.value", "6432"},
		{"service.headless.annotations", "service: {headless: {annotations: {a: b}}}", "Service/shop-headless", "metadata.annotations.a", "b"},
		{"server.ports", "server: {ports: {db: {port: 5433}}}", server, first + ".ports.db.containerPort", 5433.0},
		{"a port for peers is in the headless Service", "", "Service/shop-headless", "spec.ports.sync.port", 9.0},
		{"members are found before they are ready", "", "Service/shop-headless", "spec.publishNotReadyAddresses", true},
		{"networkPolicy.clients", "networkPolicy: {clients: [{podSelector: {}}]}", "NetworkPolicy/shop", "spec.ingress[0].from[1]", map[string]any{"podSelector": map[string]any{}}},
		{"networkPolicy.enabled", "networkPolicy: {enabled: false}", "NetworkPolicy/shop", "", nil},

		{"serviceAccount.name", "serviceAccount: {create: false, name: mine}", server, pod + ".serviceAccountName", "mine"},
		{"no service account", "serviceAccount: {create: false}", server, pod + ".serviceAccountName", "default"},
		{"auth.existingSecret", "auth: {existingSecret: mine, generate: {keys: null}}", server, pod + ".volumes.credentials.secret.secretName", "mine"},
		{"auth.keys", "auth: {existingSecret: mine, generate: {keys: null}, keys: {password: app-pw}}", server, pod + ".volumes.credentials.secret.items", []any{map[string]any{"key": "app-pw", "path": "password"}}},
		{"auth.generate.keys", "auth: {generate: {keys: {password: 64}}}", "Job", pod + ".initContainers[0].args[6]", "password=64"},
		{"auth.externalSecret needs no Job", "auth: {externalSecret: {enabled: true, store: {name: vault}, key: db}}", "Job", "", nil},
		{"auth.externalSecret", "auth: {externalSecret: {enabled: true, store: {name: vault}, key: db}}", "ExternalSecret/shop-credentials", "spec", map[string]any{
			"refreshInterval": "1h", "secretStoreRef": map[string]any{"name": "vault", "kind": "SecretStore"},
			"target":   map[string]any{"name": "shop-credentials", "creationPolicy": "Orphan", "deletionPolicy": "Retain"},
			"dataFrom": []any{map[string]any{"extract": map[string]any{"key": "db"}}}}},

		{"tls.existingSecret", "tls: {enabled: true, existingSecret: mine}", server, pod + ".volumes.tls.secret.secretName", "mine"},
		{"tls.existingSecret needs no certificate", "tls: {enabled: true, existingSecret: mine}", "Certificate/shop-tls", "", nil},
		{"tls is mounted", "tls: {enabled: true}", server, first + ".volumeMounts.tls.mountPath", "/opt/stateward/tls"},
		{"an authority of the release's own", "tls: {enabled: true}", "Issuer/shop-ca", "spec.ca.secretName", "shop-ca"},
		{"its certificate", "tls: {enabled: true}", "Certificate/shop-ca", "spec.isCA", true},
		{"signs", "tls: {enabled: true}", "Certificate/shop-tls", "spec.issuerRef.name", "shop-ca"},
		{"the members are clients of each other", "tls: {enabled: true}", "Certificate/shop-tls", "spec.usages", []any{"server auth", "client auth"}},
		{"an issuer of the user's", "tls: {enabled: true, certManager: {issuer: {name: corp, kind: ClusterIssuer}}}", "Certificate/shop-tls", "spec.issuerRef", map[string]any{"name": "corp", "kind": "ClusterIssuer", "group": "cert-manager.io"}},
		{"makes the authority go", "tls: {enabled: true, certManager: {issuer: {name: corp}}}", "Issuer/shop-ca", "", nil},
		{"tls.certManager.duration", "tls: {enabled: true, certManager: {duration: 24h}}", "Certificate/shop-tls", "spec.duration", "24h"},

		{"extraVolumes", "extraVolumes: [{name: x, emptyDir: {}}]", server, pod + ".volumes.x.emptyDir", map[string]any{}},
		{"extraVolumeMounts", "extraVolumeMounts: [{name: x, mountPath: /x}]", server, first + ".volumeMounts.x.mountPath", "/x"},
		{"extraContainers", "extraContainers: [{name: x, image: z}]", server, pod + ".containers.x.image", "z"},
		{"extraInitContainers", "extraInitContainers: [{name: x, image: z}]", server, pod + ".initContainers.x.image", "z"},
		{"extraObjects", "extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}-x'}}]", "ConfigMap/shop-x", "metadata.name", "shop-x"},
		{"extraObjects as text", "extraObjects: ['{apiVersion: v1, kind: ConfigMap, metadata: {name: \"{{ .Release.Name }}-x\"}}']", "ConfigMap/shop-x", "metadata.name", "shop-x"},
		{"test.command", "test: {command: [a]}", "Pod/shop-test", "spec.containers[0].command", []any{"a"}},
		{"test.image", "test: {image: {repository: x, tag: z}}", "Pod/shop-test", "spec.containers[0].image", "x:z"},
		{"test.enabled", "test: {enabled: false}", "Pod/shop-test", "", nil},

		{"a patch sets", "patches: [{kind: StatefulSet, patch: {spec: {template: {spec: {hostname: h}}}}}]", server, pod + ".hostname", "h"},
		{"a patch keeps the rest", "patches: [{kind: StatefulSet, patch: {spec: {template: {spec: {hostname: h}}}}}]", server, "spec.replicas", 1.0},
		{"a patch sets false and 0", "patches: [{kind: StatefulSet, patch: {spec: {replicas: 0}}}]", server, "spec.replicas", 0.0},
		{"a patch removes", "patches: [{kind: StatefulSet, patch: {spec: {minReadySeconds: null}}}]", server, "spec.minReadySeconds", nil},
		{"a patch replaces a list", "patches: [{kind: NetworkPolicy, patch: {spec: {egress: []}}}]", "NetworkPolicy/shop", "spec.egress", []any{}},
		{"a patch is for one name", "patches: [{kind: ServiceAccount, name: shop, patch: {x: z}}]", "ServiceAccount/shop-credentials", "x", nil},
	}
	for _, pattern := range patterns {
		for _, tt := range tests {
			t.Run(pattern+"/"+tt.name, func(t *testing.T) {
				all, found := objects(t, pattern, base, tt.values)
				require.Empty(t, found)
				o := find(all, tt.object)
				if tt.field == "" && tt.want == nil {
					require.Nil(t, o)
					return
				}
				require.NotNil(t, o, slices.Sorted(maps.Keys(all)))
				if tt.name == "server.scripts" {
					require.Contains(t, field(t, o, "data"), "more.sh")
					require.Contains(t, field(t, o, "data"), "start.sh")
					return
				}
				require.Equal(t, tt.want, field(t, o, tt.field))
			})
		}
	}
}

// find gives the object called kind/name; a Job, whose name ends with a hash, by its kind.
func find(all map[string]*manifest.Object, name string) *manifest.Object {
	if o := all[name]; o != nil {
		return o
	}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if name == "Job" && all[key].Kind == name {
			return all[key]
		}
	}
	return nil
}

// What only one pattern, or one preset, has.
func TestPatternValues(t *testing.T) {
	const postgresql = "StatefulSet/shop-postgresql"
	const three = "replicas: 3\n"
	tests := []struct {
		pattern, name, base, values, object, field string
		want                                       any
	}{
		{"single-instance", "the preset's image", "preset: postgresql", "", postgresql, first + ".image", "docker.io/library/postgres:18.6"},
		{"single-instance", "disruption.allow", base, "", "PodDisruptionBudget/shop", "spec.maxUnavailable", 1.0},
		{"single-instance", "disruption.allow false", base, "disruption: {allow: false}", "PodDisruptionBudget/shop", "spec.maxUnavailable", 0.0},
		{"single-instance", "storage.log", "preset: postgresql", "storage: {log: {enabled: true, size: 3Gi}}", postgresql, "spec.volumeClaimTemplates[1].spec.resources.requests.storage", "3Gi"},
		{"single-instance", "storage.directory", "preset: postgresql", "storage: {directory: /data/x}", postgresql, first + ".env.PGDATA.value", "/data/x"},
		{"single-instance", "a probe's number keeps the preset's handler", "preset: postgresql", "probes: {liveness: {periodSeconds: 99}}", postgresql, first + ".livenessProbe.exec.command[0]", "sh"},
		{"single-instance", "a handler replaces the preset's", "preset: postgresql", "probes: {liveness: {tcpSocket: {port: 5432}}}", postgresql, first + ".livenessProbe.exec", nil},
		{"single-instance", "the preset's other probes stay", "preset: postgresql", "probes: {liveness: {enabled: false}}", postgresql, first + ".readinessProbe.exec.command[2]", "readiness"},
		{"single-instance", "no preStop", "preset: postgresql", "lifecycle: {preStop: null}", postgresql, first + ".lifecycle", nil},
		{"single-instance", "service.type", base, "service: {type: LoadBalancer, loadBalancerClass: x}", "Service/shop", "spec.loadBalancerClass", "x"},
		{"single-instance", "service.ports", base, "service: {ports: {db: 6432}}", "Service/shop", "spec.ports[0]", map[string]any{"name": "db", "port": 6432.0, "targetPort": "db", "protocol": "TCP"}},
		{"single-instance", "service.nodePorts", base, "service: {type: NodePort, nodePorts: {db: 30000}}", "Service/shop", "spec.ports[0].nodePort", 30000.0},
		{"single-instance", "service.annotations", base, "service: {annotations: {a: b}}", "Service/shop", "metadata.annotations.a", "b"},
		{"single-instance", "a port for peers is in no client Service", base, "", "Service/shop", "spec.ports.sync", nil},
		{"single-instance", "a lone server reaches DNS only", base, "", "NetworkPolicy/shop", "spec.egress[1]", nil},
		{"single-instance", "networkPolicy.egress", base, "networkPolicy: {egress: [{}]}", "NetworkPolicy/shop", "spec.egress[1]", map[string]any{}},

		{"primary-replica", "the write Service follows the role", base, three, "Service/shop-write", `spec.selector["stateward.dev/role"]`, "primary"},
		{"primary-replica", "the read Service has the others", base, three, "Service/shop-read", `spec.selector["stateward.dev/role"]`, "replica"},
		{"primary-replica", "service.type is for both", base, "service: {type: LoadBalancer}", "Service/shop-read", "spec.type", "LoadBalancer"},
		{"primary-replica", "service.read.type", base, "service: {type: LoadBalancer, read: {type: ClusterIP}}", "Service/shop-read", "spec.type", "ClusterIP"},
		{"primary-replica", "service.nodePorts are the write Service's", base, "service: {type: NodePort, nodePorts: {db: 30000}}", "Service/shop-read", "spec.ports[0].nodePort", nil},
		{"primary-replica", "service.read.nodePorts", base, "service: {type: NodePort, read: {nodePorts: {db: 30001}}}", "Service/shop-read", "spec.ports[0].nodePort", 30001.0},
		{"primary-replica", "service.annotations", base, "service: {annotations: {a: b}}", "Service/shop-read", "metadata.annotations", nil},
		{"primary-replica", "tests know both Services", base, three, "Pod/shop-test", "spec.containers[0].env.STATEWARD_READ_HOST.value", "shop-read.prod.svc"},

		{"distributed", "one may go, where the system needs no quorum", base, "replicas: 5", "PodDisruptionBudget/shop", "spec.maxUnavailable", 1.0},
		{"distributed", "disruption.maxUnavailable", base, three + "disruption: {maxUnavailable: 2}", "PodDisruptionBudget/shop", "spec.maxUnavailable", 2.0},
		{"distributed", "members are spread over hosts", base, three, "StatefulSet/shop", pod + ".topologySpreadConstraints[0].whenUnsatisfiable", "DoNotSchedule"},
		{"distributed", "and zones where it can be", base, three, "StatefulSet/shop", pod + ".topologySpreadConstraints[1].whenUnsatisfiable", "ScheduleAnyway"},
		{"distributed", "scheduling.spread", base, three + "scheduling: {spread: {hosts: none, zones: none}}", "StatefulSet/shop", pod + ".topologySpreadConstraints", nil},
		{"distributed", "the topology lists the members", base, three, "ConfigMap/shop-topology", `data["members.server"]`, "shop-0.shop-headless.prod.svc.cluster.local\nshop-1.shop-headless.prod.svc.cluster.local\nshop-2.shop-headless.prod.svc.cluster.local\n"},
		{"distributed", "a release's pods reach each other", base, three, "NetworkPolicy/shop", "spec.egress[1].to[0].podSelector.matchLabels", map[string]any{"app.kubernetes.io/name": "custom", "app.kubernetes.io/instance": "shop"}},
		{"distributed", "a Job before the upgrade has the new topology", base, three + "server: {scripts: {scale-down.sh: x}}", "ConfigMap/shop-hooks", `metadata.annotations["helm.sh/hook"]`, "pre-upgrade,pre-rollback"},
		{"distributed", "a pool of one's own", base, pools, "StatefulSet/shop-ingest", "spec.replicas", 2.0},
		{"distributed", "its image is the server's", base, pools, "StatefulSet/shop-ingest", first + ".image", "db:1"},
		{"distributed", "an image of its own", base, pools + "    image: {repository: other, tag: '2'}\n", "StatefulSet/shop-ingest", first + ".image", "other:2"},
		{"distributed", "a Service of its own", base, pools, "Service/shop-ingest", `spec.selector["app.kubernetes.io/component"]`, "ingest"},
		{"distributed", "a budget of its own", base, pools, "PodDisruptionBudget/shop-ingest", "spec.maxUnavailable", 1.0},
		{"distributed", "a policy of its own", base, pools, "NetworkPolicy/shop-ingest", "spec.ingress[1].ports[0].port", 80.0},
		{"distributed", "a pool does not take the main pool's volume", base, pools + "storage: {class: fast}", "StatefulSet/shop-ingest", "spec.volumeClaimTemplates[0].spec.storageClassName", nil},
		{"distributed", "nor its resources", base, pools + "resources: {preset: large}", "StatefulSet/shop-ingest", first + ".resources.limits.cpu", "250m"},
		{"distributed", "but its scheduling", base, pools + "scheduling: {nodeSelector: {a: b}}", "StatefulSet/shop-ingest", pod + ".nodeSelector.a", "b"},
		{"distributed", "null takes a pool away", base + pools, "pools: {ingest: null}", "StatefulSet/shop-ingest", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.pattern+"/"+tt.name, func(t *testing.T) {
			all, found := objects(t, tt.pattern, tt.base, tt.values)
			require.Empty(t, found)
			o := find(all, tt.object)
			if tt.field == "" && tt.want == nil {
				require.Nil(t, o)
				return
			}
			require.NotNil(t, o, slices.Sorted(maps.Keys(all)))
			require.Equal(t, tt.want, field(t, o, tt.field))
		})
	}
}

const pools = `
pools:
  ingest:
    replicas: 2
    server: {ports: {http: {port: 80}}, command: [ingest]}
    storage: {size: 1Gi, mountPath: /data, directory: /data/x}
`

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// Configuration: preset, then the share of memory, then the user.
func TestConfiguration(t *testing.T) {
	config := func(values string) string {
		all, found := objects(t, "single-instance", values)
		require.Empty(t, found)
		for name, o := range all {
			if o.Kind == "ConfigMap" && field(t, o, "data").(map[string]any)["postgresql.conf"] != nil {
				return field(t, all[name], "data").(map[string]any)["postgresql.conf"].(string)
			}
			if o.Kind == "ConfigMap" && field(t, o, "data").(map[string]any)["redis.conf"] != nil {
				return field(t, all[name], "data").(map[string]any)["redis.conf"].(string)
			}
		}
		return ""
	}
	tests := []struct{ name, values, want, never string }{
		{"a share of the memory limit", "preset: postgresql\nresources: {preset: medium}", "shared_buffers = '512MB'\n", ""},
		{"of the user's limit", "preset: postgresql\nresources: {limits: {memory: 1.5Gi}}", "shared_buffers = '384MB'\n", ""},
		{"of a limit in decimal units", "preset: redis\nresources: {limits: {memory: 1G}}", "maxmemory 619mb\n", ""},
		{"unless the user says", "preset: postgresql\nserver: {config: {shared_buffers: 100MB}}", "shared_buffers = '100MB'\n", "128MB"},
		{"no limit, no share", "preset: postgresql\nresources: {preset: ''}", "max_connections = 100\n", "shared_buffers"},
		{"the user wins over the preset", "preset: postgresql\nserver: {config: {max_connections: 7}}", "max_connections = 7\n", "max_connections = 100"},
		{"null takes a setting away", "preset: postgresql\nserver: {config: {huge_pages: null}}", "port = 5432", "huge_pages"},
		{"booleans in the system's words", "preset: redis\nserver: {config: {appendonly: false}}", "appendonly no\n", "appendonly yes"},
		{"large numbers stay whole", "preset: postgresql\nserver: {config: {x: 10000000000}}", "x = 10000000000\n", ""},
		{"fractions stay", "preset: postgresql\nserver: {config: {x: 0.25}}", "x = 0.25\n", ""},
		{"quotes are doubled", `preset: postgresql` + "\n" + `server: {config: {x: "it's"}}`, "x = 'it''s'\n", ""},
		{"a list is a line each", "preset: redis", "save 3600 1\nsave 300 100\nsave 60 10000\n", ""},
		{"a list of the user replaces", "preset: redis\nserver: {config: {save: ['1 1']}}", "save 1 1\n", "3600"},
		{"the port follows server.ports", "preset: redis\nserver: {ports: {redis: {port: 7000}}}", "port 7000\n", "6379"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := config(tt.values)
			require.Contains(t, got, tt.want)
			if tt.never != "" {
				require.NotContains(t, got, tt.never)
			}
		})
	}
}

// A change of the configuration restarts the server, and nothing else does.
func TestConfigChecksum(t *testing.T) {
	sum := func(values string) any {
		all, found := objects(t, "single-instance", "preset: postgresql", values)
		require.Empty(t, found)
		return field(t, all["StatefulSet/shop-postgresql"], "spec.template.metadata.annotations").(map[string]any)["stateward.dev/config-checksum"]
	}
	require.NotEqual(t, sum(""), sum("server: {config: {work_mem: 1MB}}"))
	require.Equal(t, sum(""), sum("service: {type: NodePort}"))
}

// What cannot stand together fails, with the path of the value first.
func TestFailures(t *testing.T) {
	tests := []struct{ values, message string }{
		{"preset: custom", `image.repository: the preset "custom" has no image of its own; name the one to run`},
		{"preset: custom\nimage: {repository: x}", `server.ports: the preset "custom" has no port of its own; write for example server.ports: {http: {port: 8080}}`},
		{"preset: custom\nimage: {repository: x}\nserver: {ports: {a: {port: 1, audience: peers}}}", "server.ports: no port is for clients; give one of them audience: clients"},
		{"preset: custom\nimage: {repository: x}\nserver: {ports: {a: {port: 1}}, config: {a: b}}", `server.config: stateward does not know the configuration format of the preset "custom"; write the file under server.configFiles`},
		{"preset: custom\nimage: {repository: x}\nserver: {ports: {a: {port: 1}}}\nauth: {enabled: true}", "auth.generate.keys: auth is enabled, but no key is named; write for example auth.generate.keys: {password: 32}"},
		{"preset: custom\nimage: {repository: x}\nserver: {ports: {a: {port: 1}}}\nstorage: {log: {enabled: true}}", `storage.log.enabled: the preset "custom" keeps no log apart from its data`},
		{"preset: postgresql\nauth: {enabled: false}", `auth.enabled: the preset "postgresql" does not run without credentials; leave this key out`},
		{"preset: redis\nserver: {initScripts: {a.sql: x}}", `server.initScripts: the preset "redis" has no use for it; leave this key out`},
		{"preset: redis\nauth: {username: x}", `auth.username: the preset "redis" has no use for it; leave this key out`},
		{"preset: postgresql\nserver: {config: {data_directory: /x}}", "server.config.data_directory: this setting comes from other values (server.ports, storage.directory, auth, tls); take it out of server.config"},
		{"preset: postgresql\nstorage: {directory: /elsewhere}", "storage.directory: /elsewhere is not on the volume, which is mounted at /data; the data would go with the pod"},
		{"preset: postgresql\nstorage: {mountPath: /dat}", "storage.directory: /data/postgresql is not on the volume, which is mounted at /dat; the data would go with the pod"},
		{"preset: postgresql\nstorage: {existingClaim: x, enabled: false}", "storage.existingClaim: storage.enabled is false; use one of the two"},
		{"preset: postgresql\nstorage: {existingClaim: x, dataSource: {name: z}}", "storage.dataSource: a claim that exists is not filled from a source; use storage.existingClaim or storage.dataSource"},
		{"preset: postgresql\nauth: {existingSecret: x, generate: {keys: {password: 20}}}", "auth.generate.keys: there is nothing to generate beside auth.existingSecret; name the keys of that Secret with auth.keys"},
		{"preset: postgresql\nresources: {limits: {memory: lots}}", `resources.limits.memory: "lots" is not an amount of memory; write for example 512Mi or 4Gi`},
		{"preset: postgresql\nservice: {ports: {postgres: 1}}", "service.ports.postgres: the server has no port of this name; it has: postgresql"},
		{"preset: postgresql\nservice: {nodePorts: {postgres: 30000}}", "service.nodePorts.postgres: the server has no port of this name; it has: postgresql"},
		{"preset: postgresql\nnetworkPolicy: {enabled: false}\npatches: [{kind: NetworkPolicy, patch: {}}]", "patches[0]: this release has no NetworkPolicy to patch; it has: "},
		{"preset: postgresql\npatches: [{kind: Service, name: x, patch: {}}]", "patches[0]: this release has no Service/x to patch; it has: "},
	}
	for _, tt := range tests {
		t.Run(tt.message, func(t *testing.T) {
			_, found := objects(t, "single-instance", tt.values)
			require.Len(t, found, 1)
			require.Contains(t, found[0].Message, tt.message)
		})
	}
}

// Objects that are there only when asked for.
func TestObjects(t *testing.T) {
	for name, tt := range map[string]struct {
		values string
		want   []string
	}{
		"postgresql": {"preset: postgresql", []string{
			"ConfigMap/shop-postgresql-config", "ConfigMap/shop-postgresql-scripts", "NetworkPolicy/shop-postgresql", "Pod/shop-postgresql-test",
			"PodDisruptionBudget/shop-postgresql", "Role/shop-postgresql-credentials", "RoleBinding/shop-postgresql-credentials",
			"Service/shop-postgresql", "Service/shop-postgresql-headless", "ServiceAccount/shop-postgresql",
			"ServiceAccount/shop-postgresql-credentials", "StatefulSet/shop-postgresql"}},
		"an existing Secret needs no Job": {"preset: postgresql\nauth: {existingSecret: x}\ntest: {enabled: false}\nnetworkPolicy: {enabled: false}\nserviceAccount: {create: false}", []string{
			"ConfigMap/shop-postgresql-config", "ConfigMap/shop-postgresql-scripts", "PodDisruptionBudget/shop-postgresql",
			"Service/shop-postgresql", "Service/shop-postgresql-headless", "StatefulSet/shop-postgresql"}},
		"custom": {"preset: custom\nimage: {repository: x}\nserver: {ports: {http: {port: 80}}}", []string{
			"NetworkPolicy/shop", "PodDisruptionBudget/shop", "Service/shop", "Service/shop-headless", "ServiceAccount/shop", "StatefulSet/shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			all, found := objects(t, "single-instance", tt.values)
			require.Empty(t, found)
			for name, o := range all {
				if o.Kind == "Job" {
					delete(all, name)
				}
			}
			require.Equal(t, tt.want, slices.Sorted(maps.Keys(all)))
		})
	}
}

// Names stay within what Kubernetes allows, and apart, however long the release's is.
func TestLongNames(t *testing.T) {
	long := "a123456789b123456789c123456789d123456789e123456789f12"
	all, found := objects(t, "single-instance", "preset: postgresql\nfullnameOverride: "+long)
	require.Empty(t, found)
	other, found := objects(t, "single-instance", "preset: postgresql\nfullnameOverride: "+long[:52]+"3")
	require.Empty(t, found)
	for name, o := range all {
		require.LessOrEqual(t, len(o.Name), 63, name)
		require.NotContains(t, other, name)
	}
}

// Credentials of a system that stateward does not know are the user's to name.
func TestCustomCredentials(t *testing.T) {
	const custom = "preset: custom\nimage: {repository: x}\nserver: {ports: {http: {port: 80}}}\n"
	all, found := objects(t, "single-instance", custom, "auth: {enabled: true, existingSecret: mine}")
	require.Empty(t, found)
	require.Equal(t, "mine", field(t, all["StatefulSet/shop"], pod+".volumes.credentials.secret.secretName"))
	all, found = objects(t, "single-instance", custom, "auth: {enabled: true, generate: {keys: {token: 40}}}")
	require.Empty(t, found)
	require.Equal(t, "shop-credentials", field(t, all["StatefulSet/shop"], pod+".volumes.credentials.secret.secretName"))
}
