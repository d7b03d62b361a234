package check_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/check"
)

// One mistake is one finding, though the schema and the API server both see it,
// and the server more than once or elsewhere; a mistake that only the server sees
// is never lost beside it.
func TestOneFindingPerMistake(t *testing.T) {
	const (
		statefulSet = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\n"
		daemonSet   = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\n"
		pod         = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a}], "
		service     = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
		claim       = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: a}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, "
		template    = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}"
	)
	for _, tt := range []struct {
		name, text string
		want       []string // "rule field"
	}{
		{"a wrong type", service + "spec: {ports: [{port: many}]}\n", []string{"object-schema spec.ports[0].port"}},
		{"no template", statefulSet + "spec: {serviceName: a, selector: {matchLabels: {a: b}}}\n", []string{"object-schema spec.template"}},
		{"a template that is null", statefulSet + "spec: {serviceName: a, selector: {matchLabels: {a: b}}, template: null}\n", []string{"object-schema spec.template"}},
		{"no template, and more", statefulSet + "spec: {serviceName: a, replicas: -1, selector: {matchLabels: {a: b}}}\n",
			[]string{"object-schema spec.template", "api-server-rejects spec.replicas"}},
		{"a template that is empty", statefulSet + "spec: {serviceName: a, selector: {matchLabels: {a: b}}, template: {}}\n",
			[]string{"api-server-rejects spec.template.metadata.labels", "api-server-rejects spec.template.spec.containers"}},
		{"no selector", daemonSet + "spec: {" + template + "}\n", []string{"object-schema spec.selector"}},
		{"another selector", daemonSet + "spec: {selector: {matchLabels: {a: c}}, " + template + "}\n",
			[]string{"api-server-rejects spec.template.metadata.labels"}},
		{"a selector without key", statefulSet + "spec: {serviceName: a, selector: {matchExpressions: [{operator: Exists}, {}]}, " + template + "}\n",
			[]string{"object-schema spec.selector.matchExpressions[0].key", "object-schema spec.selector.matchExpressions[1].key",
				"object-schema spec.selector.matchExpressions[1].operator"}},
		{"a header without name", podWith("httpHeaders: [{value: a}, {value: b}]"),
			[]string{"object-schema " + headers + "[0].name", "object-schema " + headers + "[1].name"}},
		{"a header without name and one with a bad name", podWith("httpHeaders: [{value: a}, {name: a b, value: b}]"),
			[]string{"object-schema " + headers + "[0].name", "api-server-rejects " + headers, "api-server-rejects " + headers}},
		{"two headers without name and one with a bad name", podWith("httpHeaders: [{value: a}, {value: c}, {name: a b, value: b}]"),
			[]string{"object-schema " + headers + "[0].name", "object-schema " + headers + "[1].name", "api-server-rejects " + headers, "api-server-rejects " + headers}},
		{"a header without name and one with an empty name", podWith("httpHeaders: [{value: a}, {name: '', value: b}]"),
			[]string{"object-schema " + headers + "[0].name", "api-server-rejects " + headers}},
		{"a file without path", pod + "volumes: [{name: v, downwardAPI: {items: [{fieldRef: {fieldPath: metadata.name}}]}}]}\n",
			[]string{"object-schema spec.volumes[0].downwardAPI.items[0].path"}},
		{"a file without path and one with an absolute path", pod + "volumes: [{name: v, downwardAPI: {items: [{fieldRef: {fieldPath: metadata.name}}, {path: /a, fieldRef: {fieldPath: metadata.name}}]}}]}\n",
			[]string{"object-schema spec.volumes[0].downwardAPI.items[0].path", "api-server-rejects spec.volumes[0].downwardAPI.path", "api-server-rejects spec.volumes[0].downwardAPI.path"}},
		{"a file of nothing", pod + "volumes: [{name: v, downwardAPI: {items: [{}]}}]}\n",
			[]string{"object-schema spec.volumes[0].downwardAPI.items[0].path", "api-server-rejects spec.volumes[0].downwardAPI"}},
		{"a projected file without field", pod + "volumes: [{name: v, projected: {sources: [{downwardAPI: {items: [{path: a, fieldRef: {}}]}}]}}]}\n",
			[]string{"object-schema spec.volumes[0].projected.sources[0].downwardAPI.items[0].fieldRef.fieldPath"}},
		{"a token without path", pod + "volumes: [{name: v, projected: {sources: [{serviceAccountToken: {}}]}}]}\n",
			[]string{"object-schema spec.volumes[0].projected.sources[0].serviceAccountToken.path"}},
		{"a disk without name", pod + "volumes: [{name: v, gcePersistentDisk: {}}]}\n",
			[]string{"object-schema spec.volumes[0].gcePersistentDisk.pdName"}},
		{"a device without name", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, resources: {claims: [{}]}}]}\n",
			[]string{"object-schema spec.containers[0].resources.claims[0].name"}},
		{"a port without number", service + "spec: {ports: [{name: a}]}\n", []string{"object-schema spec.ports[0].port"}},
		{"a port without number and a target out of range", service + "spec: {ports: [{name: a, targetPort: 0}]}\n",
			[]string{"object-schema spec.ports[0].port", "api-server-rejects spec.ports[0].targetPort"}},
		{"a source without name", claim + "dataSource: {kind: PersistentVolumeClaim}}\n", []string{"object-schema spec.dataSource.name"}},
		{"a source without name beside a reference with an empty one", claim + "dataSource: {kind: PersistentVolumeClaim}, dataSourceRef: {kind: PersistentVolumeClaim, name: ''}}\n",
			[]string{"object-schema spec.dataSource.name", "api-server-rejects spec.dataSourceRef.name"}},
		{"a source without kind", claim + "dataSourceRef: {name: b}}\n", []string{"object-schema spec.dataSourceRef.kind"}},
		{"a quota without operator", "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: a}\nspec: {scopeSelector: {matchExpressions: [{scopeName: PriorityClass}]}}\n",
			[]string{"object-schema spec.scopeSelector.matchExpressions[0].operator"}},
		{"an owner without name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b, ownerReferences: [{apiVersion: v1, kind: A, uid: c}]}\n",
			[]string{"object-schema metadata.ownerReferences[0].name", "api-server-rejects metadata.name"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			result, err := check.Run(context.Background(), check.Options{Inputs: []string{"-"}, Stdin: strings.NewReader(tt.text)})
			require.NoError(t, err)
			var got []string
			for _, f := range result.Findings {
				if f.Rule == "object-schema" || f.Rule == "api-server-rejects" {
					got = append(got, f.Rule+" "+f.Object.Field)
				}
			}
			require.ElementsMatch(t, tt.want, got)
		})
	}
}

const headers = "spec.containers[0].livenessProbe.httpGet.httpHeaders"

func podWith(httpGet string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: a, livenessProbe: {httpGet: {port: 1, " + httpGet + "}}}]}\n"
}
