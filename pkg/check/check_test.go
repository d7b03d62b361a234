package check_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/stateward/stateward/pkg/check"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/values"
)

// unpack writes the files of a txtar text to a folder and goes there, so that
// findings name them as the text does.
func unpack(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range txtar.Parse([]byte(text)).Files {
		require.NoError(t, os.MkdirAll(filepath.Dir(f.Name), 0o755))
		require.NoError(t, os.WriteFile(f.Name, f.Data, 0o644))
	}
}

// run gives the findings as "place: severity: message [rule]".
func run(t *testing.T, o check.Options) []string {
	t.Helper()
	result, err := check.Run(context.Background(), o)
	require.NoError(t, err)
	lines := []string{}
	for _, f := range result.Findings {
		require.NotEmpty(t, f.Pos().File, "%v", f)
		lines = append(lines, f.Pos().String()+": "+f.Severity.String()+": "+f.Message+" ["+f.Rule+"]")
	}
	return lines
}

const parent = `
-- parent/Chart.yaml --
apiVersion: v2
name: parent
version: 1.0.0
dependencies:
  - {name: child, version: 1.0.0, repository: "file://../child", condition: child.enabled}
-- parent/values.yaml --
child: {enabled: true}
-- child/Chart.yaml --
apiVersion: v2
name: child
version: 1.0.0
-- child/values.yaml --
size: 1
-- child/values.schema.json --
{"properties": {"size": {"type": "integer"}, "enabled": {}, "global": {}}, "additionalProperties": false}
-- child/templates/a.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {size: {{ .Values.size | quote }}}
`

func TestSchemaOfSubchart(t *testing.T) {
	unpack(t, parent)
	o := check.Options{Inputs: []string{"parent"}, Values: values.Options{Set: []string{"child.size=x,child.sise=1"}}}
	require.Equal(t, []string{
		`--set:1:12: error: child.size is "x" (a string), expected an integer [values-schema]`,
		`--set:1:20: error: unknown key "sise" under child, did you mean "size"? [unknown-value]`,
	}, run(t, o))

	o.Values.Set = []string{"child.enabled=false,child.sise=1"}
	require.Empty(t, run(t, o), "a subchart that is switched off is not asked")
}

func TestUnstableRender(t *testing.T) {
	unpack(t, `
-- c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
-- c/templates/s.yaml --
apiVersion: v1
kind: Secret
metadata: {name: a}
stringData:
  password: {{ randAlphaNum 20 }}
`)
	result, err := check.Run(context.Background(), check.Options{Inputs: []string{"c"}})
	require.NoError(t, err)
	require.Len(t, result.Findings, 1)
	f := result.Findings[0]
	require.Equal(t, "unstable-render", f.Rule)
	require.Equal(t, "c/templates/s.yaml", f.Pos().File)
	require.Equal(t, &finding.Object{Kind: "Secret", Name: "a", Field: "stringData.password"}, f.Object)
	require.Contains(t, string(result.Files["c (rendered)"]), "password: (hidden)", "a report shows no password")
}

// A removed API is reported, and not counted as a kind nobody knows.
func TestRemovedKindIsNotUnchecked(t *testing.T) {
	result, err := check.Run(context.Background(), check.Options{Inputs: []string{"-"},
		Stdin: strings.NewReader("{apiVersion: policy/v1beta1, kind: PodDisruptionBudget, metadata: {name: a}}\n")})
	require.NoError(t, err)
	require.Equal(t, []string{"removed-api"}, ids(result.Findings))
	require.Zero(t, result.Inputs[0].Unchecked)
}

// A values file that cannot be read is the only thing reported: half of the
// values would make the chart look wrong.
func TestUnreadableValuesStopThere(t *testing.T) {
	unpack(t, parent+`
-- v.yaml --
child: [
-- w.yaml --
child: {sise: 1}
`)
	result, err := check.Run(context.Background(), check.Options{Inputs: []string{"parent"}, Values: values.Options{Files: []string{"v.yaml", "w.yaml"}}})
	require.NoError(t, err)
	require.Len(t, result.Findings, 1)
	require.Equal(t, "v.yaml:1:8", result.Findings[0].Pos().String())
	require.False(t, result.Inputs[0].Rendered)
}

func TestInputsAreCounted(t *testing.T) {
	unpack(t, parent)
	result, err := check.Run(context.Background(), check.Options{
		Inputs:  []string{"parent", "-", "nowhere"},
		Stdin:   strings.NewReader("{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: x.example/v1, kind: X, metadata: {name: a}}\n"),
		Release: render.Release{Name: "r", Namespace: "n"},
	})
	require.NoError(t, err)
	require.Equal(t, []check.Input{
		{Name: "parent", Objects: 1, Kubernetes: "1.37", Rendered: true},
		{Name: "-", Objects: 2, Unchecked: 1, Kubernetes: "1.37", Rendered: true},
		{Name: "nowhere"},
	}, result.Inputs)
	require.Equal(t, []string{"chart-not-found"}, ids(result.Findings))
}

func ids(findings []finding.Finding) []string {
	seen := map[string]bool{}
	for _, f := range findings {
		seen[f.Rule] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func TestRenderGivesNothingWithErrors(t *testing.T) {
	unpack(t, parent)
	result, text, err := check.Render(context.Background(), "parent", check.Options{Values: values.Options{Set: []string{"child.size=x"}}})
	require.NoError(t, err)
	require.Empty(t, text)
	require.Equal(t, []string{"values-schema"}, ids(result.Findings))

	result, text, err = check.Render(context.Background(), "parent", check.Options{})
	require.NoError(t, err)
	require.Empty(t, result.Findings)
	require.Contains(t, string(text), `data: {size: "1"}`)
}

// What `stateward explain` and docs/rules.md tell is there for every rule.
func TestRulesAreDocumented(t *testing.T) {
	all := check.Rules()
	require.Greater(t, len(all), 30)
	seen := map[string]bool{}
	for _, r := range all {
		require.False(t, seen[r.ID], r.ID)
		seen[r.ID] = true
		require.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`), r.ID)
		require.NotEmpty(t, r.Title, r.ID)
		require.NotEmpty(t, r.Doc, r.ID)
		require.GreaterOrEqual(t, r.Severity, finding.Info, r.ID)
		require.Regexp(t, `^[A-Z-].*[^.]$`, r.Title, r.ID)
		require.NotRegexp(t, `\.$`, r.Hint, r.ID)
	}
	require.True(t, slices.IsSortedFunc(all, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) }))
}

// BenchmarkRun is the main job on the example, without the process.
func BenchmarkRun(b *testing.B) {
	b.Chdir("../..")
	o := check.Options{
		Inputs: []string{"charts/single-instance"},
		Values: values.Options{Files: []string{"examples/single-instance/postgresql/values.yaml"}},
	}
	for b.Loop() {
		result, err := check.Run(context.Background(), o)
		if err != nil || len(result.Findings) > 0 {
			b.Fatal(err, result.Findings)
		}
	}
}
