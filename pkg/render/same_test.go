package render

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
)

// load gives the program of a chart, which must be in order.
func load(t testing.TB, dir string) *Program {
	t.Helper()
	c, findings, err := chart.Load(dir)
	require.NoError(t, err)
	require.NotNil(t, c, "%v", findings)
	p, findings := Parse(c)
	require.NotNil(t, p, "%v", findings)
	return p
}

func readValues(t testing.TB, file string) map[string]any {
	t.Helper()
	values := map[string]any{}
	if file == "" {
		return values
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &values))
	return values
}

// sameAsHelm renders a chart with Helm, from a copy that Helm prepared, and with
// a program, twice, and requires the same bytes; false when both refuse.
func sameAsHelm(t testing.TB, p *Program, helmDir, valuesFile string, rel Release) bool {
	t.Helper()
	user := readValues(t, valuesFile)
	var first Result
	for range 2 {
		got, findings := p.Render(context.Background(), user, rel)
		failed := finding.Count(findings, finding.Error) > 0

		c, err := loader.LoadDir(helmDir)
		require.NoError(t, err)
		manifest, notes, helmErr := helmTemplate(c, readValues(t, valuesFile), rel)
		require.Equal(t, helmErr != nil, failed, "Helm: %v\nwe: %v", helmErr, findings)
		if failed {
			return false
		}
		require.Empty(t, cmp.Diff(manifest, string(got.Manifest)), "manifest: Helm -, we +")
		require.Equal(t, notes, got.Notes)

		c, err = loader.LoadDir(helmDir)
		require.NoError(t, err)
		templates, err := helmEngine(c, readValues(t, valuesFile), rel)
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(templates, got.Templates), "templates: Helm -, we +")

		if first.Templates == nil {
			first = got
		}
		require.Equal(t, first, got, "the second render differs from the first")
	}
	require.Empty(t, cmp.Diff(readValues(t, valuesFile), user), "a render changed the user's values")
	return true
}

// TestCorpusRendersAsHelm protects that awkward charts render byte for byte as
// with Helm, or fail where Helm fails.
func TestCorpusRendersAsHelm(t *testing.T) {
	helm := helmCharts(t, "testdata/charts")
	entries, err := os.ReadDir("testdata/charts")
	require.NoError(t, err)
	for _, e := range entries {
		name := e.Name()
		if name == "lib" || name == "base" {
			continue
		}
		files, err := filepath.Glob(filepath.Join("testdata/values", name, "*.yaml"))
		require.NoError(t, err)
		if !slices.ContainsFunc(files, func(f string) bool { return strings.HasSuffix(f, "fail-defaults.yaml") }) {
			files = append(files, "")
		}
		for _, file := range files {
			t.Run(name+"/"+strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				c, findings, err := chart.Load(filepath.Join("testdata/charts", name))
				require.NoError(t, err)
				require.NotNil(t, c, "%v", findings)
				p, findings := Parse(c)
				if strings.Contains(file, "fail-") {
					requireFailure(t, p, findings, filepath.Join(helm, name), file)
					return
				}
				if strings.Contains(file, "crash-") { // Helm ends in a stack overflow
					_, findings := p.Render(context.Background(), readValues(t, file), Release{})
					require.NotZero(t, finding.Count(findings, finding.Error))
					return
				}
				require.NotNil(t, p, "%v", findings)
				for _, rel := range []Release{{}, {Name: "pg.a", Namespace: "shop", Upgrade: true, KubeVersion: "1.33", APIVersions: []string{"monitoring.coreos.com/v1"}}} {
					require.True(t, sameAsHelm(t, p, filepath.Join(helm, name), file, rel), "a case that fails has a name that begins with fail-")
				}
			})
		}
	}
}

// requireFailure requires that Helm refuses a chart and that findings say why.
func requireFailure(t *testing.T, p *Program, findings []finding.Finding, helmDir, file string) {
	c, err := loader.LoadDir(helmDir)
	require.NoError(t, err)
	_, _, helmErr := helmTemplate(c, readValues(t, file), Release{})
	require.Error(t, helmErr)
	if p != nil {
		_, findings = p.Render(context.Background(), readValues(t, file), Release{})
	}
	require.NotZero(t, finding.Count(findings, finding.Error), "Helm: %v", helmErr)
	for _, f := range findings {
		t.Logf("%s: %s [%s] %s", f.Pos(), f.Message, f.Rule, f.Hint)
		require.NotEmpty(t, f.Pos().File)
	}
	t.Log("Helm:", helmErr)
}

// TestOwnChartsRenderAsHelm protects the same for the charts of this repository,
// with their defaults and with every example.
func TestOwnChartsRenderAsHelm(t *testing.T) {
	const charts, examples = "../../charts", "../../examples"
	helm := helmCharts(t, charts)
	files, err := filepath.Glob(charts + "/*/Chart.yaml")
	require.NoError(t, err)
	seen := map[string]int{}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		if strings.Contains(string(must(os.ReadFile(file))), "type: library") {
			continue
		}
		p := load(t, filepath.Dir(file))
		seen[name] = 0
		t.Run(name+"/defaults", func(t *testing.T) { sameAsHelm(t, p, filepath.Join(helm, name), "", Release{}) })
		values, err := filepath.Glob(filepath.Join(examples, name, "*", "values.yaml"))
		require.NoError(t, err)
		for _, v := range values {
			seen[name]++
			t.Run(name+"/"+filepath.Base(filepath.Dir(v)), func(t *testing.T) {
				require.True(t, sameAsHelm(t, p, filepath.Join(helm, name), v, Release{Name: "shop"}), "an example has to render")
			})
		}
	}
	require.NotEmpty(t, seen, "there is no chart to render in %s", charts)
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		require.NotZero(t, seen[name], "there is no example for chart %s", name)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
