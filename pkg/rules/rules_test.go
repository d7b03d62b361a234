package rules

import (
	"bytes"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/rule"
)

// TestRules runs each rule over its fixture: testdata/<id>.txtar holds files of
// manifests in which `# want "regexp"` marks the lines that the rule reports.
// x.again.yaml is the second render of x.yaml.
func TestRules(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range All() {
		require.False(t, seen[r.ID], "two rules called %q", r.ID)
		seen[r.ID] = true
		t.Run(r.ID, func(t *testing.T) { testRule(t, r) })
	}
	files, err := fs.Glob(fixtures, "testdata/*.txtar")
	require.NoError(t, err)
	for _, f := range files {
		id := strings.TrimSuffix(strings.TrimPrefix(f, "testdata/"), ".txtar")
		require.True(t, seen[id], "fixture %s has no rule", f)
	}
}

var (
	goodID     = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	wantRegexp = regexp.MustCompile(`# want ("(?:[^"\\]|\\.)*")$`)

	expressionBackslash = regexp.MustCompile(`\\([^"\\])`)
)

func testRule(t *testing.T, r rule.Rule) {
	require.Regexp(t, goodID, r.ID)
	require.NotRegexp(t, `(^|-)(test|linux|windows|darwin|amd64|arm64)$`, r.ID, "Go would read the file's name as a build constraint")
	require.NotEmpty(t, r.Title)
	require.NotZero(t, r.Severity)
	require.GreaterOrEqual(t, strings.Count(r.Doc, ". "), 1, "Doc says what breaks and when")
	require.Contains(t, r.Doc, "https://", "Doc has a source")
	require.NotEmpty(t, r.Hint)
	for _, s := range []string{r.Title, r.Hint} {
		require.False(t, strings.HasSuffix(s, "."), "full stop: %s", s)
	}

	data, err := fixtures.ReadFile("testdata/" + r.ID + ".txtar")
	require.NoError(t, err, "a rule needs a fixture")
	archive := txtar.Parse(data)
	require.Empty(t, archive.Comment)
	reporting, clean := 0, 0
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".again.yaml") {
			continue
		}
		again := secondRender(archive, f.Name)
		t.Run(f.Name, func(t *testing.T) {
			want := wanted(t, f)
			got := run(r, f.Name, f.Data, again)
			require.Equal(t, len(want), len(got), "findings:\n%s", strings.Join(printed(got), "\n"))
			for i, g := range got {
				require.Equal(t, want[i].line, g.Pos().Line, g.Message)
				require.Regexp(t, want[i].message, g.Message)
				require.Positive(t, g.Pos().Col, "a finding points at a column")
				require.Equal(t, r.ID, g.Rule)
				require.NotNil(t, g.Object)
				require.NotContains(t, g.Message, "hunter2", "a secret")
				require.False(t, strings.HasSuffix(g.Message, "."), "full stop: %s", g.Message)
			}
			withoutEachLine(t, r, f, again)
		})
		if bytes.Contains(f.Data, []byte("# want")) {
			reporting++
		} else {
			clean++
		}
	}
	require.Positive(t, reporting, "no file that the rule reports")
	require.Positive(t, clean, "no file that the rule leaves alone")
}

// withoutEachLine runs the rule on the file with each of its lines taken out:
// what is left is often no sensible manifest, which must neither stop the rule
// nor make it report something without a place.
func withoutEachLine(t *testing.T, r rule.Rule, f txtar.File, again []byte) {
	lines := bytes.SplitAfter(f.Data, []byte("\n"))
	for i := range lines {
		text := bytes.Join(slices.Delete(slices.Clone(lines), i, i+1), nil)
		for _, g := range run(r, f.Name, text, again) {
			for _, l := range g.Locations {
				require.Equal(t, f.Name, l.File)
				require.Positive(t, l.Line, "without line %d: %s", i+1, g.Message)
			}
		}
	}
}

func run(r rule.Rule, name string, text, again []byte) []finding.Finding {
	objects, _ := manifest.Parse(name, text)
	var second []*manifest.Object
	if again != nil {
		second, _ = manifest.Parse(name, again)
	}
	return finding.Sort(r.Run(graph.New(objects, "default"), second))
}

func secondRender(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == strings.TrimSuffix(name, ".yaml")+".again.yaml" {
			return f.Data
		}
	}
	return nil
}

type expectation struct {
	line    int
	message string
}

func wanted(t *testing.T, f txtar.File) []expectation {
	var out []expectation
	for i, line := range strings.Split(string(f.Data), "\n") {
		if !strings.Contains(line, "# want") {
			continue
		}
		m := wantRegexp.FindStringSubmatch(line)
		require.NotNil(t, m, "line %d: not a want comment: %s", i+1, line)
		// Only quotes need a backslash; all others belong to the expression.
		message, err := strconv.Unquote(expressionBackslash.ReplaceAllString(m[1], `\\$1`))
		require.NoError(t, err, "line %d", i+1)
		out = append(out, expectation{i + 1, message})
	}
	return out
}

func printed(findings []finding.Finding) []string {
	var out []string
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s: %s", f.Pos(), f.Message))
	}
	return out
}

func TestFixtureGivesTheFirstExamplesWithoutMarks(t *testing.T) {
	for _, r := range All() {
		bad, good := Fixture(r.ID)
		require.NotEmpty(t, bad, r.ID)
		require.NotEmpty(t, good, r.ID)
		require.NotContains(t, bad, "# want")
		require.LessOrEqual(t, strings.Count(bad, "\n"), 32, "%s: the first example is for people to read", r.ID)
	}
	bad, good := Fixture("image-latest")
	require.Contains(t, bad, "image: postgres\n")
	require.Contains(t, good, "image: postgres:18.6\n")
	bad, good = Fixture("no-such-rule")
	require.Empty(t, bad+good)
}

func TestAllIsSorted(t *testing.T) {
	require.True(t, slices.IsSortedFunc(All(), func(a, b rule.Rule) int { return strings.Compare(a.ID, b.ID) }))
}

func TestSomeFindingsAreOnlyWarnings(t *testing.T) {
	tests := []struct {
		name, rule, text string
		want             finding.Severity
	}{
		{"no DNS names for three members", "headless-service-missing",
			"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: a, replicas: 3}}", finding.Error},
		{"no DNS names for one member", "headless-service-missing",
			"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {serviceName: a}}", finding.Warning},
		{"Redis with members", "data-dir-not-persistent",
			"{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: a}, spec: {template: {spec: {containers: [{name: a, image: redis}]}}}}", finding.Error},
		{"Redis that may be a cache", "data-dir-not-persistent",
			"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: a, image: redis}]}}}}", finding.Warning},
		{"PostgreSQL that may be no cache", "data-dir-not-persistent",
			"{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {template: {spec: {containers: [{name: a, image: postgres}]}}}}", finding.Error},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := slices.IndexFunc(All(), func(r rule.Rule) bool { return r.ID == tt.rule })
			got := run(All()[i], "m.yaml", []byte(tt.text), nil)
			require.Len(t, got, 1)
			require.Equal(t, tt.want, got[0].Severity)
		})
	}
}

func TestAFindingAboutTwoObjectsNamesBothPlaces(t *testing.T) {
	bad, _ := Fixture("selector-collision")
	i := slices.IndexFunc(All(), func(r rule.Rule) bool { return r.ID == "selector-collision" })
	got := run(All()[i], "m.yaml", []byte(bad), nil)
	require.Len(t, got, 1)
	require.Equal(t, []int{26, 6}, []int{got[0].Locations[0].Line, got[0].Locations[1].Line})
}

// BenchmarkRules runs all rules over the good examples of all of them, which is
// a release of middle size.
func BenchmarkRules(b *testing.B) {
	var text strings.Builder
	for _, r := range All() {
		_, good := Fixture(r.ID)
		text.WriteString("---\n" + good)
	}
	objects, _ := manifest.Parse("m.yaml", []byte(text.String()))
	again, _ := manifest.Parse("m.yaml", []byte(text.String()))
	g := graph.New(objects, "default")
	for b.Loop() {
		for _, r := range All() {
			r.Run(g, again)
		}
	}
	b.ReportMetric(float64(len(objects)), "objects")
}
