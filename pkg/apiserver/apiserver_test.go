package apiserver

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

const statefulSet = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers:
      - name: db
        image: postgres:18
        ports: [{name: pg, containerPort: 5432}]
        resources: {requests: {memory: 1Gi}, limits: {memory: 2Gi}}
        livenessProbe: {tcpSocket: {port: pg}}
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
`

// but gives the StatefulSet with something else in one place.
func but(old, changed string) string {
	if !strings.Contains(statefulSet, old) {
		panic(old)
	}
	return strings.Replace(statefulSet, old, changed, 1)
}

const container = "containers: [{name: a, image: a}]"

func pod(spec string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {" + spec + "}\n"
}

func job(spec string) string {
	return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {" + spec + "}}}\n"
}

func cronJob(name, schedule string) string {
	return fmt.Sprintf("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: %s}\nspec:\n  schedule: %q\n"+
		"  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, %s}}}}\n", name, schedule, container)
}

func object(apiVersion, kind, rest string) string {
	return fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: a}\n%s\n", apiVersion, kind, rest)
}

func autoscaler(spec string) string {
	return object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {"+spec+", scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}")
}

// broken objects, and what is said of them as line:column field: message.
var broken = []struct {
	name, text string
	want       []string
}{
	{"a selector that does not match the pods", but("labels: {app: db}", "labels: {app: web}"),
		[]string{"9:16 spec.template.metadata.labels: labels is not valid: `selector` does not match template `labels`"}},
	{"a mount of no volume", but("name: data, mountPath", "name: nowhere, mountPath"),
		[]string{`17:31 spec.template.spec.containers[0].volumeMounts[0].name: the pod has no volume "nowhere"`}},
	{"a port out of range", but("containerPort: 5432", "containerPort: 70000"),
		[]string{"14:43 spec.template.spec.containers[0].ports[0].containerPort: containerPort 70000 is not valid: must be between 1 and 65535, inclusive"}},
	{"requests over limits", but("limits: {memory: 2Gi}", "limits: {memory: 512Mi}"),
		[]string{`15:21 spec.template.spec.containers[0].resources.requests: requests "1Gi" is not valid: must be less than or equal to memory limit of 512Mi`}},
	{"a bad name", but("name: db}", "name: Db_1}"),
		[]string{`3:18 metadata.name: name "Db_1" is not valid: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc')`}},
	{"a bad quantity", but("memory: 1Gi", "memory: 1GB"),
		[]string{`15:40 spec.template.spec.containers[0].resources.requests[memory]: requests[memory] is text ("1GB"), expected a quantity such as 500m, 2 or 10Gi`}},
	{"a duplicate port name", but("containerPort: 5432}", "containerPort: 5432}, {name: pg, containerPort: 5433}"),
		[]string{`14:57 spec.template.spec.containers[0].ports[1].name: name "pg" is given twice`}},
	{"probe values", but("tcpSocket: {port: pg}", "tcpSocket: {port: 0}, timeoutSeconds: -1"), []string{
		"16:43 spec.template.spec.containers[0].livenessProbe.tcpSocket.port: port 0 is not valid: must be between 1 and 65535, inclusive",
		"16:63 spec.template.spec.containers[0].livenessProbe.timeoutSeconds: timeoutSeconds -1 is not valid: must be greater than or equal to 0"}},
	{"two questions in one probe", but("tcpSocket: {port: pg}", "tcpSocket: {port: pg}, httpGet: {port: 1}"),
		[]string{"16:25 spec.template.spec.containers[0].livenessProbe.tcpSocket: tcpSocket is not allowed here: may not specify more than 1 handler type"}},
	{"an empty image", but("image: postgres:18", `image: ""`),
		[]string{"13:16 spec.template.spec.containers[0].image: image is required"}},
	{"a claim template without size", but(", resources: {requests: {storage: 1Gi}}", ""),
		[]string{"20:5 spec.volumeClaimTemplates[0].spec.resources[storage]: resources[storage] is required"}},
	{"a volume beside claim templates", but("volumeMounts: [{name: data, mountPath: /data}]", "volumeMounts: [{name: data, mountPath: /data}]\n      volumes: [{name: data, emptyDir: {}}, {name: a, emptyDir: {}}, {name: b, hostPath: {path: ''}}, {name: a, emptyDir: {}}]"), []string{
		"18:97 spec.template.spec.volumes[2].hostPath.path: path is required",
		"18:110 spec.template.spec.volumes[3].name: name \"a\" is given twice"}},
	{"a claim template that no volume can be named after", statefulSet + "  - metadata: {name: My_Data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
		[]string{`21:22 spec.volumeClaimTemplates[1].metadata.name: name "My_Data" is not valid: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc')`}},
	{"a claim template without name", statefulSet + "  - spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n", []string{
		"21:5 spec.volumeClaimTemplates[1].metadata.name: name is required"}},
	{"negative replicas", but("replicas: 3", "replicas: -1"),
		[]string{"6:13 spec.replicas: replicas -1 is not valid: must be greater than or equal to 0"}},
	{"a word that is not one of the allowed", but("serviceName: db", "podManagementPolicy: Sometimes"),
		[]string{"5:24 spec.podManagementPolicy: podManagementPolicy \"Sometimes\" is not valid: must be 'OrderedReady' or 'Parallel'"}},

	{"text for a number", but("replicas: 3", `replicas: "3"`),
		[]string{`6:13 spec.replicas: replicas is text ("3"), expected a whole number`}},
	{"a number that is too large", but("replicas: 3", `replicas: 3000000000`),
		[]string{`6:13 spec.replicas: replicas is a number (3000000000), expected a whole number of 32 bits`}},
	{"all wrong types at once", pod("containers: {name: a}, volumes: [a], hostNetwork: 'yes', terminationGracePeriodSeconds: 1.5, nodeSelector: {a: 1}"), []string{
		"4:8 spec.containers: containers is a mapping, expected a list",
		`4:41 spec.volumes[0]: volumes[0] is text ("a"), expected a mapping`,
		`4:58 spec.hostNetwork: hostNetwork is text ("yes"), expected true or false`,
		"4:96 spec.terminationGracePeriodSeconds: terminationGracePeriodSeconds is a number (1.5), expected a whole number",
		"4:119 spec.nodeSelector[a]: nodeSelector[a] is a number (1), expected text: put it in quotes"}},
	{"a number for text, which may be a secret", pod("containers: [{name: a, image: a, env: [{name: PIN, value: 4711}]}]"),
		[]string{"4:66 spec.containers[0].env[0].value: value is a number, expected text: put it in quotes"}},
	{"YAML's truth values", object("v1", "ConfigMap", "data: {a: yes, b: on}"), []string{
		"4:11 data[a]: data[a] is a truth value (true), expected text: put it in quotes",
		"4:19 data[b]: data[b] is a truth value (true), expected text: put it in quotes"}},
	{"a scalar for the whole spec", object("apps/v1", "Deployment", "spec: hello"),
		[]string{`4:7 spec: spec is text ("hello"), expected a mapping`}},
	{"nothing but a name", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", []string{
		"1:1 spec.selector: selector is required",
		"1:1 spec.template.metadata.labels: labels is not valid: `selector` does not match template `labels`",
		"1:1 spec.template.spec.containers: containers is required"}},

	{"a policy with a bad CIDR", object("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0}}]}]}"),
		[]string{`4:60 spec.ingress[0].from[0].ipBlock.cidr: cidr "10.0.0.0" is not valid: must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`}},
	{"a budget with both numbers", object("policy/v1", "PodDisruptionBudget", "spec: {minAvailable: 1, maxUnavailable: 1}"),
		[]string{"4:1 spec: spec is not valid: minAvailable and maxUnavailable cannot be both set"}},
	{"a Job that restarts for ever", job(container),
		[]string{`4:19 spec.template.spec.restartPolicy: restartPolicy is required: valid values: "OnFailure", "Never"`}},
	{"a Job with labels of another", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {metadata: {labels: {job-name: b}}, spec: {restartPolicy: Never, " + container + "}}}\n",
		[]string{`4:49 spec.template.metadata.labels[job-name]: labels[job-name] is not valid: must be 'a'`}},
	{"a Job on which the server itself panics", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {parallelism: 1, completionMode: Indexed, successPolicy: {rules: [{succeededCount: 1}]}, template: {spec: {restartPolicy: Never, " + container + "}}}\n",
		[]string{"1:1 : the API server fails on the object: its own validation panics"}},
	{"a schedule in words", cronJob("a", "every day"),
		[]string{`5:13 spec.schedule: schedule "every day" is not valid: expected exactly 5 fields, found 2: [every day]`}},
	{"a CronJob's name that is too long", cronJob(strings.Repeat("a", 64), "@daily"),
		[]string{`3:18 metadata.name: name "` + strings.Repeat("a", 60) + `..." is not valid: must be no more than 52 characters`}},
	{"a Role without verbs", object("rbac.authorization.k8s.io/v1", "Role", "rules: [{apiGroups: [''], resources: [pods]}]"),
		[]string{"4:10 rules[0].verbs: verbs is required"}},
	{"a claim without size", object("v1", "PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce]}"),
		[]string{"4:1 spec.resources[storage]: resources[storage] is required"}},
	{"a headless load balancer without port names", object("v1", "Service", "spec: {clusterIP: None, type: LoadBalancer, ports: [{port: 1}, {port: 2}]}"), []string{
		`4:19 spec.clusterIP: clusterIP "None" is not valid: may not be set to 'None' for LoadBalancer services`,
		"4:54 spec.ports[0].name: name is required",
		"4:65 spec.ports[1].name: name is required"}},
	{"an Ingress without port", object("networking.k8s.io/v1", "Ingress", "spec: {rules: [{http: {paths: [{path: x, pathType: Prefix, backend: {service: {name: a}}}]}}]}"), []string{
		`4:39 spec.rules[0].http.paths[0].path: path "x" is not valid: must be an absolute path`,
		"4:60 spec.rules[0].http.paths[0].backend: backend is required: port name or number is required"}},
	{"an autoscaler of nothing", object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {minReplicas: -1, maxReplicas: 3, scaleTargetRef: {kind: Deployment}}"), []string{
		"4:21 spec.minReplicas: minReplicas -1 is not valid: must be greater than or equal to 0",
		"4:41 spec.scaleTargetRef.apiVersion: apiVersion \"\" is not valid: apiVersion must specify API group",
		"4:41 spec.scaleTargetRef.name: name is required"}},
	{"an autoscaler with less at most than at least", autoscaler("minReplicas: 5, maxReplicas: 3"),
		[]string{"4:37 spec.maxReplicas: maxReplicas 3 is not valid: must be greater than or equal to `minReplicas`"}},
	{"an autoscaler without numbers", autoscaler("minReplicas: 1"),
		[]string{"4:1 spec.maxReplicas: maxReplicas is required"}},
	{"an autoscaler down to none for what nobody measures then", autoscaler("minReplicas: 0, maxReplicas: 3"),
		[]string{"4:1 spec.metrics: metrics is not allowed here: must specify at least one Object or External metric to support scaling to zero replicas"}},
	{"a metric of no kind", autoscaler("maxReplicas: 3, metrics: [{type: CPU}]"),
		[]string{`4:41 spec.metrics[0].type: type "CPU" is not supported, expected one of "ContainerResource", "External", "Object", "Pods", "Resource"`}},
	{"a metric of another kind than its body", autoscaler("maxReplicas: 3, metrics: [{type: Pods, resource: {name: cpu, target: {type: Value, averageUtilization: 0}}}]"), []string{
		"4:35 spec.metrics[0].pods: pods is required: must populate information for the given metric source",
		"4:111 spec.metrics[0].resource.target.averageUtilization: averageUtilization 0 is not valid: must be greater than 0"}},
	{"a metric with two bodies", autoscaler("maxReplicas: 3, metrics: [{type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 1}}, external: {metric: {name: a}, target: {type: Value, value: 1}}}]"),
		[]string{"4:121 spec.metrics[0].external: external is not allowed here: must populate the given metric source only"}},
	{"metrics without names and targets", autoscaler("maxReplicas: 3, metrics: [{type: Object, object: {}}, {type: ContainerResource, containerResource: {}}]"), []string{
		"4:49 spec.metrics[0].object.describedObject.kind: kind is required",
		"4:49 spec.metrics[0].object.describedObject.name: name is required",
		"4:49 spec.metrics[0].object.metric.name: name is required: must specify a metric name",
		"4:49 spec.metrics[0].object.target.averageValue: averageValue is required: must set either a target value or averageValue",
		"4:49 spec.metrics[0].object.target.type: type is required: must specify a metric target type",
		"4:88 spec.metrics[1].containerResource.container: container is required: must specify a container",
		"4:88 spec.metrics[1].containerResource.name: name is required: must specify a resource name",
		"4:88 spec.metrics[1].containerResource.target.averageUtilization: averageUtilization is required: must set either a target raw value or a target utilization",
		"4:88 spec.metrics[1].containerResource.target.type: type is required: must specify a metric target type"}},
	{"a behaviour out of bounds", autoscaler("maxReplicas: 3, behavior: {scaleUp: {selectPolicy: Most, policies: [{type: Pod, value: 0, periodSeconds: 3600}]}, scaleDown: {stabilizationWindowSeconds: -1}}"), []string{
		`4:59 spec.behavior.scaleUp.selectPolicy: selectPolicy "Most" is not supported, expected one of "Disabled", "Max", "Min"`,
		`4:83 spec.behavior.scaleUp.policies[0].type: type "Pod" is not supported, expected one of "Percent", "Pods"`,
		"4:95 spec.behavior.scaleUp.policies[0].value: value 0 is not valid: must be greater than zero",
		"4:113 spec.behavior.scaleUp.policies[0].periodSeconds: periodSeconds 3600 is not valid: must be less than or equal to 1800",
		"4:162 spec.behavior.scaleDown.stabilizationWindowSeconds: stabilizationWindowSeconds -1 is not valid: must be greater than or equal to 0"}},
	{"a binding mode that there is not", object("storage.k8s.io/v1", "StorageClass", "provisioner: a\nvolumeBindingMode: Later"),
		[]string{`5:20 volumeBindingMode: volumeBindingMode "Later" is not supported, expected one of "Immediate", "WaitForFirstConsumer"`}},

	{"a Secret that is not base64", object("v1", "Secret", "data: {p: hunter2, q: aHVudGVyMg==}"),
		[]string{"4:11 data[p]: data[p] is text, expected text in base64"}},
	{"a Secret with a number", object("v1", "Secret", "stringData: {p: 4711}"),
		[]string{"4:17 stringData[p]: stringData[p] is a number, expected text: put it in quotes"}},
	{"a Secret that lacks keys of its type", object("v1", "Secret", "type: kubernetes.io/tls\nstringData: {tls.crt: hunter2}"),
		[]string{"5:1 stringData[tls.key]: stringData[tls.key] is required"}},
	{"a Secret of the wrong form", object("v1", "Secret", "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: hunter2}"),
		[]string{"5:33 stringData[.dockerconfigjson]: stringData[.dockerconfigjson] is not valid: not JSON of the expected form"}},
	{"a namespace and an annotation", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: A_b}\n",
		[]string{`3:32 metadata.namespace: namespace "A_b" is not valid: a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name', or '123-abc')`}},
}

func TestValidateSaysWhatIsRefusedAndWhere(t *testing.T) {
	for _, tt := range broken {
		t.Run(tt.name, func(t *testing.T) {
			got := validate1(t, tt.text)
			require.Equal(t, tt.want, said(got))
			for _, f := range got {
				require.Equal(t, Rejects.ID, f.Rule)
				require.Contains(t, f.Hint, "kubectl explain")
				require.NotContains(t, f.Message, "hunter2")
				require.False(t, strings.HasSuffix(f.Message, "."), f.Message)
			}
		})
	}
}

func TestValidateAcceptsWhatAServerAccepts(t *testing.T) {
	for name, text := range map[string]string{
		"a StatefulSet":                      statefulSet,
		"a Job whose selector is made":       job("restartPolicy: Never, " + container),
		"a CronJob":                          cronJob("a", "*/5 * * * *"),
		"a privileged container":             pod("containers: [{name: a, image: a, securityContext: {privileged: true}}]"),
		"a token for a default account":      pod(container + ", volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: a}}]}}]"),
		"a headless Service":                 object("v1", "Service", "spec: {clusterIP: None, ports: [{port: 1}]}"),
		"a Service with an address":          object("v1", "Service", "spec: {clusterIP: 10.0.0.1, ports: [{port: 1}]}"),
		"a load balancer with local traffic": object("v1", "Service", "spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 1}]}"),
		"a node port":                        object("v1", "Service", "spec: {type: NodePort, ports: [{port: 1, nodePort: 30001}]}"),
		"a name elsewhere":                   object("v1", "Service", "spec: {type: ExternalName, externalName: a.b}"),
		"two address families":               object("v1", "Service", "spec: {ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4], ports: [{port: 1}]}"),
		"a Service without pods or address":  object("v1", "Service", "spec: {clusterIP: None}"),
		"a generated name":                   "apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}\nspec: {" + container + "}\n",
		"a status that is not the user's": object("apps/v1", "Deployment",
			"spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {"+container+"}}}\nstatus: {replicas: -3}"),
		"a cluster role in a namespace": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a, namespace: b}\nrules: []\n",
		"a claim":                       object("v1", "PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"),
		"a budget":                      object("policy/v1", "PodDisruptionBudget", "spec: {maxUnavailable: 1, selector: {matchLabels: {a: b}}}"),
		"an autoscaler":                 object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}}"),
		"an autoscaler with every kind of metric": autoscaler("minReplicas: 0, maxReplicas: 3, metrics: [" +
			"{type: Object, object: {describedObject: {kind: Service, name: a}, metric: {name: a}, target: {type: Value, value: 1}}}, " +
			"{type: Pods, pods: {metric: {name: a}, target: {type: AverageValue, averageValue: 500m}}}, " +
			"{type: External, external: {metric: {name: a}, target: {type: AverageValue, averageValue: 1}}}, " +
			"{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}}, " +
			"{type: ContainerResource, containerResource: {name: cpu, container: a, target: {type: Utilization, averageUtilization: 50}}}], " +
			"behavior: {scaleDown: {stabilizationWindowSeconds: 3600, policies: [{type: Percent, value: 10, periodSeconds: 1800}]}, scaleUp: {selectPolicy: Disabled}}"),
		"an autoscaler of the old kind": object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {maxReplicas: 3, scaleTargetRef: {kind: ReplicationController, name: a}}"),
		"a field that there is not":     object("v1", "ConfigMap", "dada: {a: b}"),
		"a custom resource":             object("example.com/v1", "ConfigMap", "data: 3"),
		"a version that is gone":        object("policy/v1beta1", "PodDisruptionBudget", "spec: 3"),
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, said(validate1(t, text))) })
	}
}

func TestKnows(t *testing.T) {
	require.True(t, Knows("apps/v1", "StatefulSet"))
	require.True(t, Knows("v1", "Service"))
	require.True(t, Knows("autoscaling/v2", "HorizontalPodAutoscaler"))
	require.False(t, Knows("apps/v1beta1", "StatefulSet"))
	require.False(t, Knows("v1", "StatefulSet"))
	require.False(t, Knows("a/b/c", "StatefulSet"))
	require.False(t, Knows("", ""))
}

func TestEveryKindIsInTheScheme(t *testing.T) {
	for gvk := range kinds {
		t.Run(gvk.String(), func(t *testing.T) {
			apiVersion, k := gvk.ToAPIVersionAndKind()
			require.NotPanics(t, func() { validate1(t, object(apiVersion, k, "")) })
			require.NotPanics(t, func() { validate1(t, object(apiVersion, k, "spec: {}")) })
		})
	}
}

func TestValidateWritesNothingAndKeepsNothing(t *testing.T) {
	stderr := os.Stderr
	r, w, err := os.Pipe()
	require.NoError(t, err)
	os.Stderr = w
	defer func() { os.Stderr = stderr }()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, tt := range broken {
				objects, _ := manifest.Parse("m.yaml", []byte(tt.text))
				for _, o := range objects {
					Validate(o, "shop")
				}
			}
		})
	}
	wait.Wait()
	require.NoError(t, w.Close())
	buf := make([]byte, 1)
	n, _ := r.Read(buf)
	require.Zero(t, n, "something was written to standard error")
}

func validate1(t testing.TB, text string) []finding.Finding {
	t.Helper()
	objects, findings := manifest.Parse("m.yaml", []byte(text))
	require.Empty(t, findings)
	var out []finding.Finding
	for _, o := range objects {
		out = append(out, Validate(o, "shop")...)
	}
	return finding.Sort(out)
}

func said(findings []finding.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%d:%d %s: %s", f.Pos().Line, f.Pos().Col, f.Object.Field, f.Message))
	}
	return out
}

func FuzzValidate(f *testing.F) {
	f.Add([]byte(statefulSet))
	for _, tt := range broken {
		f.Add([]byte(tt.text))
	}
	for gvk := range kinds {
		apiVersion, k := gvk.ToAPIVersionAndKind()
		f.Add([]byte(object(apiVersion, k, "spec: {}")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		objects, _ := manifest.Parse("f", text)
		for _, o := range objects {
			for _, fi := range Validate(o, "shop") {
				require.Positive(t, fi.Pos().Line)
				require.NotEmpty(t, fi.Message)
			}
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	objects, _ := manifest.Parse("m.yaml", []byte(statefulSet))
	for b.Loop() {
		if len(Validate(objects[0], "shop")) != 0 {
			b.Fatal("refused")
		}
	}
}
