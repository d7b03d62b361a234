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

// field gives the value at a path of an object, nil where there is none.
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
			require.NoError(t, err)
			if i >= len(v) {
				return nil
			}
			node = v[i]
		default:
			return nil
		}
	}
	return node
}

const (
	server = "StatefulSet/shop-postgresql"
	pod    = "spec.template.spec"
	first  = pod + ".containers[0]"
)

// What a user writes is what the objects have.
func TestValuesReachTheObjects(t *testing.T) {
	tests := []struct {
		name, values, object, field string
		want                        any // nil: the field is absent
	}{
		{"replicas 0 stops the server", "replicas: 0", server, "spec.replicas", 0.0},
		{"image with a digest", "image: {registry: r.example, repository: pg, tag: '17.1', digest: 'sha256:" + digest + "'}", server, first + ".image", "r.example/pg:17.1@sha256:" + digest},
		{"global.imageRegistry wins", "global: {imageRegistry: mirror.example}", server, first + ".image", "mirror.example/library/postgres:18.6"},
		{"global.imageRegistry is for kubectl too", "global: {imageRegistry: mirror.example}", "Job", pod + ".containers[0].image", "mirror.example/kubectl:v1.34.4"},
		{"pull secrets by name", "global: {imagePullSecrets: [a]}\nimage: {pullSecrets: [b]}", server, pod + ".imagePullSecrets", []any{map[string]any{"name": "b"}, map[string]any{"name": "a"}}},
		{"pull secrets of the Job", "global: {imagePullSecrets: [{name: a}]}", "Job", pod + ".imagePullSecrets[0].name", "a"},
		{"fullnameOverride", "fullnameOverride: db", "StatefulSet/db", "spec.serviceName", "db-headless"},
		{"nameOverride", "nameOverride: pg", "StatefulSet/shop-pg", "spec.selector.matchLabels", map[string]any{"app.kubernetes.io/name": "pg", "app.kubernetes.io/instance": "shop", "app.kubernetes.io/component": "server"}},
		{"commonLabels", "commonLabels: {team: a}", "Service/shop-postgresql", "metadata.labels.team", "a"},
		{"commonLabels on pods", "commonLabels: {team: a}", server, "spec.template.metadata.labels.team", "a"},
		{"commonLabels select nothing", "commonLabels: {team: a}", server, "spec.selector.matchLabels.team", nil},
		{"commonLabels mark no claim", "commonLabels: {team: a}", server, "spec.volumeClaimTemplates[0].metadata.labels.team", nil},
		{"commonAnnotations", "commonAnnotations: {a: b}", "PodDisruptionBudget/shop-postgresql", "metadata.annotations.a", "b"},
		{"podLabels", "podLabels: {a: b}", server, "spec.template.metadata.labels.a", "b"},
		{"podAnnotations", "podAnnotations: {a: b}", server, "spec.template.metadata.annotations.a", "b"},

		{"a size", "resources: {preset: large}", server, first + ".resources.limits", map[string]any{"cpu": "2", "memory": "4Gi"}},
		{"a limit goes over the size, its request follows", "resources: {limits: {memory: 3Gi}}", server, first + ".resources.requests.memory", "3Gi"},
		{"a request of one's own", "resources: {requests: {cpu: 50m}}", server, first + ".resources", map[string]any{"limits": map[string]any{"cpu": "250m", "memory": "512Mi"}, "requests": map[string]any{"cpu": "50m", "memory": "512Mi"}}},
		{"no CPU limit", "resources: {limits: {cpu: null}, requests: {cpu: 1}}", server, first + ".resources.limits", map[string]any{"memory": "512Mi"}},

		{"storage.size", "storage: {size: 1Ti}", server, "spec.volumeClaimTemplates[0].spec.resources.requests.storage", "1Ti"},
		{"storage.class", "storage: {class: fast}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "fast"},
		{"no storage class", "storage: {class: '-'}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", ""},
		{"global.storageClass", "global: {storageClass: slow}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "slow"},
		{"storage.class wins over global.storageClass", "global: {storageClass: slow}\nstorage: {class: fast}", server, "spec.volumeClaimTemplates[0].spec.storageClassName", "fast"},
		{"the cluster's class", "", server, "spec.volumeClaimTemplates[0].spec.storageClassName", nil},
		{"storage.dataSource", "storage: {dataSource: {kind: VolumeSnapshot, name: s, apiGroup: snapshot.storage.k8s.io}}", server, "spec.volumeClaimTemplates[0].spec.dataSource.name", "s"},
		{"storage.existingClaim makes no claim", "storage: {existingClaim: old}", server, "spec.volumeClaimTemplates", nil},
		{"storage.existingClaim is mounted", "storage: {existingClaim: old}", server, pod + ".volumes[0]", map[string]any{"name": "data", "persistentVolumeClaim": map[string]any{"claimName": "old"}}},
		{"storage.enabled false", "storage: {enabled: false}", server, pod + ".volumes[0]", map[string]any{"name": "data", "emptyDir": map[string]any{}}},
		{"storage.retention", "storage: {retention: {whenDeleted: Delete}}", server, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Delete"},
		{"storage.log", "storage: {log: {enabled: true, size: 3Gi}}", server, "spec.volumeClaimTemplates[1].spec.resources.requests.storage", "3Gi"},
		{"storage.directory", "storage: {directory: /data/x}", server, first + ".env[0]", map[string]any{"name": "PGDATA", "value": "/data/x"}},

		{"server.env", "server: {env: {AAA: 1}}", server, first + ".env[0]", map[string]any{"name": "AAA", "value": "1"}},
		{"server.env from a field", "server: {env: {AAA: {fieldRef: {fieldPath: metadata.name}}}}", server, first + ".env[0].valueFrom.fieldRef.fieldPath", "metadata.name"},
		{"server.env takes a variable away", "server: {env: {PGDATA: null}}", server, first + ".env[0].name", "STATEWARD_AUTH"},
		{"extraEnv comes last", "extraEnv: [{name: X, value: z}]", server, first + ".env[7]", map[string]any{"name": "X", "value": "z"}},
		{"extraEnvFrom", "extraEnvFrom: [{configMapRef: {name: a}}]", server, first + ".envFrom[0].configMapRef.name", "a"},
		{"server.command", "server: {command: [a]}", server, first + ".command", []any{"a"}},
		{"server.args", "server: {args: [-c, a=b]}", server, first + ".args", []any{"-c", "a=b"}},
		{"server.sharedMemory", "server: {sharedMemory: 1Gi}", server, pod + ".volumes[3].emptyDir.sizeLimit", "1Gi"},
		{"no shared memory", "server: {sharedMemory: null}", server, pod + ".volumes[3].name", "run"},

		{"a probe's number", "probes: {liveness: {periodSeconds: 99}}", server, first + ".livenessProbe.periodSeconds", 99.0},
		{"a probe's number keeps the handler", "probes: {liveness: {periodSeconds: 99}}", server, first + ".livenessProbe.exec.command[0]", "sh"},
		{"a handler replaces the preset's", "probes: {liveness: {tcpSocket: {port: 5432}}}", server, first + ".livenessProbe.exec", nil},
		{"a probe can be switched off", "probes: {liveness: {enabled: false}}", server, first + ".livenessProbe", nil},
		{"the others stay", "probes: {liveness: {enabled: false}}", server, first + ".readinessProbe.exec.command[2]", "readiness"},
		{"grace period", "lifecycle: {terminationGracePeriodSeconds: 30}", server, pod + ".terminationGracePeriodSeconds", 30.0},
		{"no preStop", "lifecycle: {preStop: null}", server, first + ".lifecycle", nil},

		{"disruption.allow", "", "PodDisruptionBudget/shop-postgresql", "spec.maxUnavailable", 1.0},
		{"disruption.allow false", "disruption: {allow: false}", "PodDisruptionBudget/shop-postgresql", "spec.maxUnavailable", 0.0},
		{"update.partition", "update: {partition: 1}", server, "spec.updateStrategy.rollingUpdate.partition", 1.0},
		{"update.strategy OnDelete", "update: {strategy: OnDelete}", server, "spec.updateStrategy", map[string]any{"type": "OnDelete"}},
		{"update.minReadySeconds", "update: {minReadySeconds: 9}", server, "spec.minReadySeconds", 9.0},

		{"scheduling.nodeSelector", "scheduling: {nodeSelector: {a: b}}", server, pod + ".nodeSelector.a", "b"},
		{"scheduling.nodeSelector of the test", "scheduling: {nodeSelector: {a: b}}", "Pod/shop-postgresql-test", "spec.nodeSelector.a", "b"},
		{"scheduling.tolerations of the Job", "scheduling: {tolerations: [{key: a, operator: Exists}]}", "Job", pod + ".tolerations[0].key", "a"},
		{"scheduling.affinity", "scheduling: {affinity: {podAffinity: {}}}", server, pod + ".affinity", map[string]any{"podAffinity": map[string]any{}}},
		{"scheduling.priorityClassName", "scheduling: {priorityClassName: high}", server, pod + ".priorityClassName", "high"},
		{"security.pod", "security: {pod: {runAsUser: 70}}", server, pod + ".securityContext.runAsUser", 70.0},
		{"a platform that gives the user", "security: {pod: {runAsUser: null}}", server, pod + ".securityContext.runAsUser", nil},
		{"security.container", "security: {container: {readOnlyRootFilesystem: false}}", server, first + ".securityContext.readOnlyRootFilesystem", false},

		{"service.type", "service: {type: LoadBalancer, loadBalancerClass: x}", "Service/shop-postgresql", "spec.loadBalancerClass", "x"},
		{"service.ports", "service: {ports: {postgresql: 6432}}", "Service/shop-postgresql", "spec.ports[0]", map[string]any{"name": "postgresql", "port": 6432.0, "targetPort": "postgresql", "protocol": "TCP"}},
		{"service.ports leaves the headless one", "service: {ports: {postgresql: 6432}}", "Service/shop-postgresql-headless", "spec.ports[0].port", 5432.0},
		{"service.ports is what the test uses", "service: {ports: {postgresql: 6432}}", "Pod/shop-postgresql-test", "spec.containers[0].env[1].value", "6432"},
		{"service.nodePorts", "service: {type: NodePort, nodePorts: {postgresql: 30000}}", "Service/shop-postgresql", "spec.ports[0].nodePort", 30000.0},
		{"service.annotations", "service: {annotations: {a: b}}", "Service/shop-postgresql", "metadata.annotations.a", "b"},
		{"server.ports", "server: {ports: {postgresql: {port: 5433}}}", server, first + ".ports[0].containerPort", 5433.0},
		{"a port for peers is in no client Service", "server: {ports: {sync: {port: 9, audience: peers}}}", "Service/shop-postgresql", "spec.ports[1]", nil},
		{"a port for peers is in the headless one", "server: {ports: {sync: {port: 9, audience: peers}}}", "Service/shop-postgresql-headless", "spec.ports[1].port", 9.0},
		{"networkPolicy.clients", "networkPolicy: {clients: [{podSelector: {}}]}", "NetworkPolicy/shop-postgresql", "spec.ingress[0].from[1]", map[string]any{"podSelector": map[string]any{}}},
		{"networkPolicy.egress", "networkPolicy: {egress: [{}]}", "NetworkPolicy/shop-postgresql", "spec.egress[1]", map[string]any{}},

		{"serviceAccount.name", "serviceAccount: {create: false, name: mine}", server, pod + ".serviceAccountName", "mine"},
		{"no service account", "serviceAccount: {create: false}", server, pod + ".serviceAccountName", "default"},
		{"auth.existingSecret", "auth: {existingSecret: mine}", server, pod + ".volumes[2].secret.secretName", "mine"},
		{"auth.keys", "auth: {existingSecret: mine, keys: {password: app-pw}}", server, pod + ".volumes[2].secret.items", []any{map[string]any{"key": "app-pw", "path": "password"}, map[string]any{"key": "superuser-password", "path": "superuser-password"}}},
		{"a key that the preset does not have", "auth: {existingSecret: mine, keys: {more: m}}", server, pod + ".volumes[2].secret.items[0]", map[string]any{"key": "m", "path": "more"}},
		{"auth.generate.keys", "auth: {generate: {keys: {password: 64}}}", "Job", pod + ".initContainers[0].args[6]", "password=64"},

		{"extraVolumes", "extraVolumes: [{name: x, emptyDir: {}}]", server, pod + ".volumes[7].name", "x"},
		{"extraVolumeMounts", "extraVolumeMounts: [{name: x, mountPath: /x}]", server, first + ".volumeMounts[8].mountPath", "/x"},
		{"extraContainers", "extraContainers: [{name: x, image: y}]", server, pod + ".containers[1].name", "x"},
		{"extraInitContainers", "extraInitContainers: [{name: x, image: y}]", server, pod + ".initContainers[0].name", "x"},
		{"extraObjects", "extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: '{{ .Release.Name }}-x'}}]", "ConfigMap/shop-x", "metadata.name", "shop-x"},
		{"extraObjects as text", "extraObjects: ['{apiVersion: v1, kind: ConfigMap, metadata: {name: \"{{ .Release.Name }}-x\"}}']", "ConfigMap/shop-x", "metadata.name", "shop-x"},
		{"test.command", "test: {command: [a]}", "Pod/shop-postgresql-test", "spec.containers[0].command", []any{"a"}},
		{"test.image", "test: {image: {repository: x, tag: z}}", "Pod/shop-postgresql-test", "spec.containers[0].image", "docker.io/x:z"},

		{"a patch sets", "patches: [{kind: StatefulSet, patch: {spec: {template: {spec: {hostname: h}}}}}]", server, pod + ".hostname", "h"},
		{"a patch keeps the rest", "patches: [{kind: StatefulSet, patch: {spec: {template: {spec: {hostname: h}}}}}]", server, "spec.replicas", 1.0},
		{"a patch sets false and 0", "patches: [{kind: StatefulSet, patch: {spec: {replicas: 0}}}]", server, "spec.replicas", 0.0},
		{"a patch removes", "patches: [{kind: StatefulSet, patch: {spec: {minReadySeconds: null}}}]", server, "spec.minReadySeconds", nil},
		{"a patch replaces a list", "patches: [{kind: NetworkPolicy, patch: {spec: {egress: []}}}]", "NetworkPolicy/shop-postgresql", "spec.egress", []any{}},
		{"a patch is for one name", "patches: [{kind: Service, name: shop-postgresql, patch: {spec: {x: y}}}]", "Service/shop-postgresql-headless", "spec.x", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			all, found := objects(t, "preset: postgresql\n"+tt.values)
			require.Empty(t, found)
			name := tt.object
			if name == "Job" { // its name ends with a hash
				for key := range all {
					if len(key) > 4 && key[:4] == "Job/" {
						name = key
					}
				}
			}
			require.Contains(t, all, name, slices.Sorted(maps.Keys(all)))
			require.Equal(t, tt.want, field(t, all[name], tt.field))
		})
	}
}

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// Configuration: preset, then the share of memory, then the user.
func TestConfiguration(t *testing.T) {
	config := func(values string) string {
		all, found := objects(t, values)
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
		all, found := objects(t, "preset: postgresql\n"+values)
		require.Empty(t, found)
		return field(t, all[server], "spec.template.metadata.annotations").(map[string]any)["stateward.dev/config-checksum"]
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
		{"preset: postgresql\nserver: {config: {data_directory: /x}}", "server.config.data_directory: this setting comes from other values (server.ports, storage.directory, auth); take it out of server.config"},
		{"preset: postgresql\nstorage: {directory: /elsewhere}", "storage.directory: /elsewhere is not on the volume, which is mounted at /data; the data would go with the pod"},
		{"preset: postgresql\nstorage: {mountPath: /dat}", "storage.directory: /data/postgresql is not on the volume, which is mounted at /dat; the data would go with the pod"},
		{"preset: postgresql\nstorage: {existingClaim: x, enabled: false}", "storage.existingClaim: storage.enabled is false; use one of the two"},
		{"preset: postgresql\nstorage: {existingClaim: x, dataSource: {name: y}}", "storage.dataSource: a claim that exists is not filled from a source; use storage.existingClaim or storage.dataSource"},
		{"preset: postgresql\nauth: {existingSecret: x, generate: {keys: {password: 20}}}", "auth.generate.keys: there is nothing to generate beside auth.existingSecret; name the keys of that Secret with auth.keys"},
		{"preset: postgresql\nresources: {limits: {memory: lots}}", `resources.limits.memory: "lots" is not an amount of memory; write for example 512Mi or 4Gi`},
		{"preset: postgresql\nservice: {ports: {postgres: 1}}", "service.ports.postgres: the server has no port of this name; it has: postgresql"},
		{"preset: postgresql\nservice: {nodePorts: {postgres: 30000}}", "service.nodePorts.postgres: the server has no port of this name; it has: postgresql"},
		{"preset: postgresql\nnetworkPolicy: {enabled: false}\npatches: [{kind: NetworkPolicy, patch: {}}]", "patches[0]: this release has no NetworkPolicy to patch; it has: "},
		{"preset: postgresql\npatches: [{kind: Service, name: x, patch: {}}]", "patches[0]: this release has no Service/x to patch; it has: "},
	}
	for _, tt := range tests {
		t.Run(tt.message, func(t *testing.T) {
			_, found := objects(t, tt.values)
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
			all, found := objects(t, tt.values)
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
	all, found := objects(t, "preset: postgresql\nfullnameOverride: "+long)
	require.Empty(t, found)
	other, found := objects(t, "preset: postgresql\nfullnameOverride: "+long[:52]+"3")
	require.Empty(t, found)
	for name, o := range all {
		require.LessOrEqual(t, len(o.Name), 63, name)
		require.NotContains(t, other, name)
	}
}

// Credentials of a system that stateward does not know are the user's to name.
func TestCustomCredentials(t *testing.T) {
	const custom = "preset: custom\nimage: {repository: x}\nserver: {ports: {http: {port: 80}}}\n"
	all, found := objects(t, custom+"auth: {enabled: true, existingSecret: mine}")
	require.Empty(t, found)
	require.Equal(t, "mine", field(t, all["StatefulSet/shop"], pod+".volumes[0].secret.secretName"))
	all, found = objects(t, custom+"auth: {enabled: true, generate: {keys: {token: 40}}}")
	require.Empty(t, found)
	require.Equal(t, "shop-credentials", field(t, all["StatefulSet/shop"], pod+".volumes[0].secret.secretName"))
}
