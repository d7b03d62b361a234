package schema

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/source"
)

const current = "1.37"

func validateObjects(t testing.TB, text string) (source.Files, []finding.Finding) {
	t.Helper()
	objects, problems := manifest.Parse("m.yaml", []byte(text))
	require.Empty(t, problems)
	var findings []finding.Finding
	for _, o := range objects {
		findings = append(findings, ValidateObject(o, current)...)
	}
	return source.Files{"m.yaml": []byte(text)}, findings
}

// pod writes a Pod whose container has these lines.
func pod(lines ...string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    image: i\n    " + strings.Join(lines, "\n    ") + "\n"
}

func configMap(lines ...string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n" + strings.Join(lines, "\n") + "\n"
}

// rejected is one manifest per mistake; testdata/objects.golden says what is
// reported.
var rejected = []struct{ name, text string }{
	{"a misspelt field", pod("imagePullPolice: Always")},
	{"a field of the container in the pod", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: i}]\n  livenessProbe: {}\n"},
	{"a field of the pod in the container", pod("nodeSelector: {a: b}")},
	{"a field that is nothing like any", pod("zzz: 1")},
	{"a misspelt field at the top", configMap("dta: {a: b}")},
	{"a number in a ConfigMap", configMap("data:", "  a.b: 1")},
	{"a number as label", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  labels:\n    app.kubernetes.io/version: 17\n"},
	{"a truth value as annotation", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations: {a: true}\n"},
	{"a number as variable", pod("env: [{name: A, value: 1}, {name: PASSWORD, value: 1234}]")},
	{"a port in quotes", pod("ports: [{containerPort: \"80\"}]")},
	{"a port that does not fit", pod("ports: [{containerPort: 3000000000}]")},
	{"a fraction as port of a probe", pod("readinessProbe: {httpGet: {port: 1.5}}")},
	{"a quantity with another unit", pod("resources: {limits: {memory: 10GB, cpu: 1 core}}")},
	{"a map for a list", pod("args: {a: b}")},
	{"a text for a list", pod("command: sleep")},
	{"a list for a map", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n- containers: []\n"},
	{"a missing name", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - image: i\n"},
	{"a misspelt name", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - nam: c\n"},
	{"a missing spec", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: s}\n"},
	{"a Secret that is not base64 is not shown", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {a: hunter2!}\nstringData: {b: 12345}\n"},
	{"a time", "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: l}\nspec: {acquireTime: yesterday}\n"},
	{"a removed version", "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: p}\n"},
	{"a removed group", "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}\n"},
	{"a removed kind", "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n"},
	{"a kind in another group", "apiVersion: v1\nkind: Deployment\nmetadata: {name: d}\n"},
	{"a version among several", "apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"},
	{"a misspelt kind", "apiVersion: apps/v1\nkind: StatefullSet\nmetadata: {name: s}\n"},
	{"a kind in lower case", "apiVersion: apps/v1\nkind: deployment\nmetadata: {name: s}\n"},
}

func TestObjectMessages(t *testing.T) {
	var got strings.Builder
	for _, tt := range rejected {
		files, findings := validateObjects(t, tt.text)
		fmt.Fprintf(&got, "# %s\n%s", tt.name, describe(files, findings))
		require.NotEmpty(t, findings, tt.name)
		for _, f := range findings {
			require.NotEmpty(t, f.Hint, f.Message)
			require.NotZero(t, f.Pos().Line, f.Message)
			require.NotNil(t, f.Object)
			fmt.Fprintf(&got, "  object: %s\n", f.Object)
			for _, hidden := range []string{"hunter2", "12345", "1234"} {
				require.NotContains(t, f.Message+f.Hint, hidden)
			}
		}
	}
	golden(t, "objects.golden", got.String())
}

func TestObjectsThatTheAPIServerTakes(t *testing.T) {
	tests := map[string]string{
		"nulls are absent":          "apiVersion: v1\nkind: Pod\nmetadata: {name: p, creationTimestamp: null, labels: null}\nspec:\n  nodeSelector:\n  containers: [{name: c, image: i, args: [null], resources: {limits: null}}]\nstatus: null\n",
		"status is not checked":     "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p}\nspec: {}\nstatus: {}\n",
		"quantities as numbers":     pod("resources: {limits: {cpu: 0.5, memory: 1073741824}, requests: {cpu: 100m, memory: \"1e3\"}}"),
		"ports by name":             pod("readinessProbe: {tcpSocket: {port: pg}}", "livenessProbe: {tcpSocket: {port: 80}}"),
		"a header without value":    pod("readinessProbe: {httpGet: {port: 80, httpHeaders: [{name: X}]}}"),
		"base64 with line breaks":   "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  a: |\n    aGVs\n    bG8=\n  b: \"\"\n",
		"any JSON where it may be":  "apiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {name: c}\ndata: {any: [thing]}\nrevision: 1\n",
		"a schema in a definition":  "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b.c}\nspec:\n  group: b.c\n  scope: Namespaced\n  names: {plural: a, kind: A}\n  versions:\n  - name: v1\n    storage: true\n    served: true\n    schema:\n      openAPIV3Schema:\n        type: object\n        default: {x: 1}\n        properties:\n          a: {type: object, additionalProperties: false}\n          b: {type: array, items: {type: string}, enum: [1, x]}\n",
		"a custom resource":         "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {anything: 1}\n",
		"another project in k8s.io": "apiVersion: snapshot.storage.k8s.io/v1\nkind: VolumeSnapshot\nmetadata: {name: c}\nspec: {anything: 1}\n",
		"a managed field":           "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, managedFields: [{manager: m, fieldsV1: {\"f:data\": {}}}]}\nbinaryData: {a: aGVsbG8=}\nimmutable: true\n",
		"a StatefulSet as ours":     statefulSet,
		"a policy that selects all": "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n",
		"a generated name":          "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: j-}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}\n",
		"a version that is unknown": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
		"a Role and its rules":      "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [\"\"], resources: [secrets], verbs: [get]}]\n",
		"a limit of a limit range":  "apiVersion: v1\nkind: LimitRange\nmetadata: {name: r}\nspec: {}\n",
		"an autoscaler":             "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec: {maxReplicas: 3, scaleTargetRef: {kind: Deployment, name: d}}\n",
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			files, findings := validateObjects(t, text)
			require.Empty(t, describe(files, findings))
		})
	}
}

const statefulSet = `apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: pg
  labels: {app.kubernetes.io/name: pg}
spec:
  serviceName: pg
  replicas: 1
  podManagementPolicy: OrderedReady
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  selector: {matchLabels: {app.kubernetes.io/name: pg}}
  template:
    metadata:
      labels: {app.kubernetes.io/name: pg}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, fsGroup: 999, seccompProfile: {type: RuntimeDefault}}
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]
      containers:
      - name: server
        image: docker.io/library/postgres:17
        ports: [{name: pg, containerPort: 5432}]
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {cpu: 500m, memory: 1Gi}}
        startupProbe: {exec: {command: [pg_isready]}, failureThreshold: 30}
        volumeMounts: [{name: data, mountPath: /data}]
      volumes:
      - name: scratch
        emptyDir: {medium: Memory, sizeLimit: 64Mi}
  volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 10Gi}}
`

func TestKnown(t *testing.T) {
	require.Equal(t, []string{current}, Versions())
	require.True(t, Known("apps/v1", "StatefulSet", current))
	require.True(t, Known("apps/v1", "StatefulSet", "v1.37.1"))
	require.False(t, Known("policy/v1beta1", "PodDisruptionBudget", current))
	require.False(t, Known("cert-manager.io/v1", "Certificate", current))
	require.False(t, Known("apps/v1", "StatefulSet", "1.0"))
	require.False(t, Known("apps/v1", "StatefulSet", ""))
}

// The package apiserver names fields as the server does: a field that both object
// to has to have one name, so that it is one finding.
func TestFieldsAreNamedAsTheAPIServerNamesThem(t *testing.T) {
	for text, want := range map[string]string{
		pod("resources: {limits: {memory: 1GB}}"):                                  "spec.containers[0].resources.limits[memory]",
		pod("resources: {limit: {memory: 1Gi}}"):                                   "spec.containers[0].resources.limit",
		pod("env: [{name: A, valeu: a}]"):                                          "spec.containers[0].env[0].valeu",
		configMap("data: {port: 1}"):                                               "data[port]",
		configMap("data: {a.b: 1}"):                                                "data[a.b]",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: {app: 1}}\n": "metadata.labels[app]",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, labels: [app]}\n":    "metadata.labels",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {nodeSelector: {disk: 1}, containers: [{name: a, image: a}]}\n": "spec.nodeSelector[disk]",
	} {
		_, findings := validateObjects(t, text)
		require.Len(t, findings, 1, text)
		require.Equal(t, want, findings[0].Object.Field)
	}
}

func TestAVersionWithoutSchemasSaysNothing(t *testing.T) {
	objects, _ := manifest.Parse("m.yaml", []byte(pod("zzz: 1")))
	require.Empty(t, ValidateObject(objects[0], "1.0"))
}

// TestEverySchemaCompiles guards the generated data as a whole.
func TestEverySchemaCompiles(t *testing.T) {
	r := releaseOf(current)
	for kind, definition := range r.kinds {
		require.NotNil(t, r.definitions[definition], kind)
		_, err := compile(r.document(definition), 7)
		require.NoError(t, err, kind)
		if testing.Short() {
			break
		}
	}
}

// TestEveryDefinitionIsStrict guards that no kind takes fields it does not
// have, but for those that take anything.
func TestEveryDefinitionIsStrict(t *testing.T) {
	for name, text := range releaseOf(current).definitions {
		var s map[string]any
		require.NoError(t, json.Unmarshal(text, &s))
		if s["properties"] != nil {
			require.Equal(t, false, s["additionalProperties"], name)
		}
		require.NotContains(t, s, "description", name)
		require.NotContains(t, s, "x-kubernetes-group-version-kind", name)
	}
}

func TestQuantitiesAreThoseOfTheAPIServer(t *testing.T) {
	for _, q := range []string{"", "1", "0", "-1", "+1", "1.", ".5", "1.5", ".", "-", "1Gi", "1gi", "1G", "1GB", "1K", "1k", "1Ki", "1m", "1M", "1n", "1u",
		"1e3", "1E3", "1e", "1E", "1E+3", "1e-3", "1 Gi", " 1", "1 ", "-.", "+.5Gi", "..", "Gi", "m", "-m", "e3", "+", "0x10", "1_000", "1,5", "1Ei", "10Gib", "1i", "1mi", "ten", "1e3Gi", "١"} {
		_, err := resource.ParseQuantity(q)
		_, findings := validateObjects(t, pod(fmt.Sprintf("resources: {limits: {memory: %q}}", q)))
		require.Equal(t, err == nil, len(findings) == 0, "quantity %q: the API server says %v", q, err)
	}
}

func TestConcurrentUse(t *testing.T) {
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			_, findings := validateObjects(t, statefulSet+"---\n"+pod("zzz: 1"))
			require.Len(t, findings, 1)
			_, found := validateText(storage, "storage: {sise: 1}\nport: true\n")
			require.Len(t, found, 2)
		})
	}
	group.Wait()
}
