package charts_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/check"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/values"
)

// Whatever the schema allows either renders objects that a cluster takes, twice
// the same, or is refused with the path of a value.
func TestValidValues(t *testing.T) {
	// The same short look at each preset in every `make test`; -rapid.checks=1000 for a
	// long one, at other values each time.
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		require.NoError(t, flag.Set("rapid.checks", "10"))
		require.NoError(t, flag.Set("rapid.seed", "1"))
	}
	refusal := regexp.MustCompile(`^[a-zA-Z]+(\.[A-Za-z0-9_-]+|\[\d+\])*: `)
	for _, pattern := range patterns {
		schema := readValues(t, pattern+"/values.schema.json")
		examples, err := filepath.Glob("../examples/" + pattern + "/*/values.yaml")
		require.NoError(t, err)
		for _, example := range examples {
			t.Run(pattern+"/"+filepath.Base(filepath.Dir(example)), rapid.MakeCheck(func(t *rapid.T) {
				drawn := drawObject(t, "", schema)
				text, err := yaml.Marshal(drawn)
				require.NoError(t, err)
				result, err := check.Run(context.Background(), check.Options{
					Inputs:  []string{"stateward:" + pattern},
					Values:  values.Options{Files: []string{example, "-"}},
					Stdin:   strings.NewReader(string(text)),
					Release: render.Release{Name: "shop", Namespace: "prod"},
				})
				require.NoError(t, err)
				for _, f := range result.Findings {
					if f.Severity == finding.Error && (f.Rule != render.TemplateError.ID || !refusal.MatchString(f.Message)) {
						t.Fatalf("%s: %s\n%s", f.Rule, f.Message, text)
					}
				}
			}))
		}
	}
}

// foreign has a value of each type of somebody else's that values take.
var foreign = map[string]string{
	"core/v1.Affinity":                          `{podAffinity: {}}`,
	"core/v1.Container":                         `{name: PATH, image: "more:1"}`,
	"core/v1.EnvFromSource":                     `{configMapRef: {name: more}}`,
	"core/v1.EnvVar":                            `{name: MORE, value: x}`,
	"core/v1.ExecAction":                        `{command: [a]}`,
	"core/v1.GRPCAction":                        `{port: 1}`,
	"core/v1.HTTPGetAction":                     `{port: 1, path: /}`,
	"core/v1.LifecycleHandler":                  `{exec: {command: [a]}}`,
	"core/v1.PodSecurityContext":                `{runAsUser: 7}`,
	"core/v1.ResourceRequirements":              `{limits: {memory: 1Gi}}`,
	"core/v1.SecurityContext":                   `{privileged: false}`,
	"core/v1.TCPSocketAction":                   `{port: 1}`,
	"core/v1.Toleration":                        `{key: a, operator: Exists}`,
	"core/v1.TopologySpreadConstraint":          `{maxSkew: 1, topologyKey: a, whenUnsatisfiable: ScheduleAnyway}`,
	"core/v1.TypedLocalObjectReference":         `{apiGroup: snapshot.storage.k8s.io, kind: VolumeSnapshot, name: a}`,
	"core/v1.Volume":                            `{name: more, emptyDir: {}}`,
	"core/v1.VolumeMount":                       `{name: tmp, mountPath: /more}`,
	"external-secrets.io/v1.ExternalSecretData": `{secretKey: a, remoteRef: {key: b}}`,
	"meta/v1.LabelSelector":                     `{matchLabels: {a: b}}`,
	"monitoring.coreos.com/v1.RelabelConfig":    `{action: drop, regex: a}`,
	"monitoring.coreos.com/v1.RuleGroup":        `{name: more, rules: []}`,
	"networking/v1.NetworkPolicyEgressRule":     `{ports: [{port: 1}]}`,
	"networking/v1.NetworkPolicyIngressRule":    `{ports: [{port: 1}]}`,
	"networking/v1.NetworkPolicyPeer":           `{podSelector: {}}`,
}

// fixed has values for keys whose meaning a schema cannot say.
var fixed = map[string]string{
	"patches":            `[{kind: StatefulSet, patch: {metadata: {annotations: {a: b}}}}]`,
	"extraObjects":       `[{apiVersion: v1, kind: ConfigMap, metadata: {name: more}}]`,
	"service.clusterIP":  ``, // of the same family as the others
	"storage.mountPath":  ``, // where the image has its data, is the example's
	"storage.directory":  ``,
	"stateful":           `{}`,
	"resources.requests": `{cpu: 10m}`, // not above the limits
	"storage.enabled":    `true`,       // false loses the data, and an error says so
	"preset":             ``,           // the example's
}

var foreignType = regexp.MustCompile(`Kubernetes: ([A-Za-z0-9./-]+)\.$`)

// drawObject draws some of the keys that a schema of an object has.
func drawObject(t *rapid.T, path string, schema map[string]any) map[string]any {
	properties, _ := schema["properties"].(map[string]any)
	drawn := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		at := strings.TrimPrefix(path+"."+name, ".")
		property := properties[name].(map[string]any)
		// Seldom, as most keys have an effect of their own; objects more often, to get inside.
		likely := 12
		if property["properties"] != nil {
			likely = 3
		}
		required := slices.Contains(asList(schema["required"]), any(name)) && path != ""
		if required || rapid.IntRange(1, likely).Draw(t, at+"?") == 1 {
			if value, ok := drawValue(t, at, property); ok {
				drawn[name] = value
			}
		}
	}
	return drawn
}

// drawValue draws a value of a schema; false where there is none to draw.
func drawValue(t *rapid.T, path string, schema map[string]any) (any, bool) {
	if strings.HasSuffix(path, "image.repository") {
		return "mirror/db", true // not the example's: it would be taken for another system
	}
	if text, ok := fixed[path]; ok {
		return parseYAML(t, text)
	}
	description, _ := schema["description"].(string)
	if m := foreignType.FindStringSubmatch(description); m != nil {
		text, ok := foreign[m[1]]
		if !ok {
			t.Fatalf("%s: the table foreign has no value of %s", path, m[1])
		}
		text = strings.ReplaceAll(text, "PATH", strings.ToLower(strings.ReplaceAll(path, ".", "-")))
		if schema["type"] == "array" {
			text = "[" + text + "]"
		}
		return parseYAML(t, text)
	}
	for _, word := range []string{"enum", "examples"} {
		if options := asList(schema[word]); len(options) > 0 {
			return rapid.SampledFrom(options).Draw(t, path), true
		}
	}
	switch schema["type"] {
	case "boolean":
		return rapid.Bool().Draw(t, path), true
	case "integer":
		least, _ := schema["minimum"].(float64)
		most := least + 6
		if limit, ok := schema["maximum"].(float64); ok {
			most = min(most, limit)
		}
		return rapid.IntRange(int(least), int(most)).Draw(t, path), true
	case "string":
		if def, ok := schema["default"].(string); ok && schema["pattern"] != nil {
			return def, true
		}
		if schema["pattern"] != nil {
			return nil, false
		}
		return rapid.SampledFrom([]string{"a", "b-1"}).Draw(t, path), true
	case "array":
		item, ok := schema["items"].(map[string]any)
		if !ok {
			return []any{}, true
		}
		value, ok := drawValue(t, path+"[]", item)
		return []any{value}, ok
	}
	if schema["properties"] != nil {
		return drawObject(t, path, schema), true
	}
	if additional, ok := schema["additionalProperties"].(map[string]any); ok {
		value, ok := drawValue(t, path+".*", additional)
		return map[string]any{"more": value}, ok
	}
	return nil, false
}

func asList(node any) []any {
	list, _ := node.([]any)
	return list
}

func parseYAML(t *rapid.T, text string) (any, bool) {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(fmt.Sprintf("%s: %v", text, err))
	}
	return value, value != nil
}
