package render

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/Masterminds/sprig/v3"
	"github.com/stretchr/testify/require"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"

	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
)

// inMemory loads a chart named c from files below its folder.
func inMemory(t testing.TB, files map[string]string) *chart.Chart {
	t.Helper()
	fsys := fstest.MapFS{"c/Chart.yaml": {Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n")}}
	for name, text := range files {
		fsys["c/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, findings, err := chart.LoadFS(fsys, "c")
	require.NoError(t, err)
	require.NotNil(t, c, "%v", findings)
	return c
}

func render(t testing.TB, ctx context.Context, files map[string]string, user map[string]any, rel Release) (Result, []finding.Finding) {
	t.Helper()
	p, findings := Parse(inMemory(t, files))
	if p == nil {
		return Result{}, findings
	}
	return p.Render(ctx, user, rel)
}

func places(f finding.Finding) []string {
	var list []string
	for _, l := range f.Locations {
		list = append(list, fmt.Sprintf("%s-%d", l.Pos, l.EndCol))
	}
	return list
}

// TestFailuresSayWhatAndWhere protects message and places of what templates run into.
func TestFailuresSayWhatAndWhere(t *testing.T) {
	const helpers = "{{ define \"outer\" }}\n  {{ include \"inner\" . }}\n{{ end }}\n{{ define \"inner\" }}\n  é {{ .Values.a.b.c }}\n{{ end }}{{ define \"refuse\" }}{{ fail \"storage.size: too small\\nuse 10Gi\" }}{{ end }}"
	cases := []struct {
		name, template string
		values         map[string]any
		rule, message  string
		places         []string
		hint           string
	}{
		{"nothing set", "kind: A\n  x: {{ .Values.a.b.c }}", nil, "template-error", ".Values.a is not set, so .Values.a.b cannot be read", []string{"c/templates/a.yaml:2:9-22"}, "set it, or guard the template: {{ with .Values.a }}"},
		{"deeper", "{{ .Values.a.b.c }}", map[string]any{"a": map[string]any{}}, "template-error", ".Values.a.b is not set, so .Values.a.b.c cannot be read", []string{"c/templates/a.yaml:1:4-17"}, "set it, or guard the template: {{ with .Values.a.b }}"},
		{"a field of text", "{{ .Values.a.b }}", map[string]any{"a": "x"}, "template-error", ".Values.a is no map, so .Values.a.b cannot be read", []string{"c/templates/a.yaml:1:4-15"}, ""},
		{"the same name twice in a path", "{{ .Values.a.a.a }}", map[string]any{"a": nil}, "template-error", `cannot read "a" of something that is not set, in .Values.a.a.a`, []string{"c/templates/a.yaml:1:4-17"}, "set it, or guard the template with {{ with }}"},
		{"through includes", "x: {{ include \"outer\" $ }}", nil, "template-error", ".Values.a is not set, so .Values.a.b cannot be read", []string{"c/templates/_h.tpl:5:8-21", "c/templates/_h.tpl:2:6-23", "c/templates/a.yaml:1:7-24"}, "set it, or guard the template: {{ with .Values.a }}"},
		{"fail", "{{ include \"refuse\" . }}", nil, "template-error", "storage.size: too small\nuse 10Gi", []string{"c/templates/_h.tpl:6:34-74", "c/templates/a.yaml:1:4-22"}, ""},
		{"required", "{{ required \"name is needed\" .Values.name }}", nil, "template-error", "name is needed", []string{"c/templates/a.yaml:1:4-42"}, ""},
		{"required, empty text", "{{ .Values.name | required `it's \"needed\" >: 100%` }}", map[string]any{"name": ""}, "template-error", `it's "needed" >: 100%`, []string{"c/templates/a.yaml:1:19-51"}, ""},
		{"fail through tpl", "{{ tpl .Values.text . }}", map[string]any{"text": "a {{ fail .Release.Name }}"}, "template-error", "release-name", []string{"c/templates/a.yaml:1:4-22"}, ""},
		{"text of tpl that cannot be parsed", "{{ tpl .Values.text . }}", map[string]any{"text": "{{ if }}"}, "template-error", `the text given to tpl is no template, "{{ if }}": missing value for if`, []string{"c/templates/a.yaml:1:4-22"}, ""},
		{"text of tpl that fails", "{{ tpl .Values.text . }}", map[string]any{"text": "{{ .Values.a.b }}"}, "template-error", `in the text given to tpl, "{{ .Values.a.b }}": .Values.a is not set, so .Values.a.b cannot be read`, []string{"c/templates/a.yaml:1:4-22"}, "set it, or guard the template: {{ with .Values.a }}"},
		{"wrong type", "{{ upper .Values.n }}", map[string]any{"n": 5}, "template-error", ".Values.n is a number, text was expected", []string{"c/templates/a.yaml:1:10-19"}, ""},
		{"nothing for a type", "{{ upper .Values.n }}", nil, "template-error", ".Values.n is nothing, text was expected", []string{"c/templates/a.yaml:1:10-19"}, ""},
		{"no such template", "{{ include \"nope\" . }}", nil, "template-error", `no template is named "nope"`, []string{"c/templates/a.yaml:1:4-20"}, "check the spelling, and that the chart which defines it is among the dependencies"},
		{"no such template action", "{{ template \"nope\" . }}", nil, "template-error", `no template is named "nope"`, []string{"c/templates/a.yaml:1:13-0"}, "check the spelling, and that the chart which defines it is among the dependencies"},
		{"a function's own error", "{{ index (list 1) 5 }}", nil, "template-error", "index: index out of range: 5", []string{"c/templates/a.yaml:1:4-20"}, ""},
		{"range over text", "{{ range .Values.s }}{{ end }}", map[string]any{"s": "abc"}, "template-error", `range cannot go through "abc", a list or a map was expected`, []string{"c/templates/a.yaml:1:10-19"}, ""},
		{"action not closed", "a: 1\nb: {{ if true }}\n", nil, "template-parse-error", "unexpected EOF", []string{"c/templates/a.yaml:3-0"}, ""},
		{"no such function", "a: {{ env \"HOME\" }}", nil, "template-parse-error", `function "env" not defined`, []string{"c/templates/a.yaml:1-0"}, ""},
		{"no YAML", "kind: A\n\n---\nkind: B\nx: b: c\n", nil, "rendered-yaml-invalid", `renders what is no YAML: mapping values are not allowed in this context, at rendered line 5: "x: b: c"`, []string{"c/templates/a.yaml-0"}, "quote values with {{ quote }}, indent blocks with {{ nindent }}"},
		{"no object", "just text", nil, "rendered-yaml-invalid", `renders text where an object was expected, at rendered line 1: "just text"`, []string{"c/templates/a.yaml-0"}, "quote values with {{ quote }}, indent blocks with {{ nindent }}"},
		{"kind is a list", "kind: [a]", nil, "rendered-yaml-invalid", "renders kind as a list, text was expected, in the object at rendered line 1", []string{"c/templates/a.yaml-0"}, "quote values with {{ quote }}, indent blocks with {{ nindent }}"},
		{"unknown hook", "kind: Job\nmetadata: {name: a, annotations: {helm.sh/hook: 'pre-install, before-lunch'}}", nil, "hook-unknown", `no hook is named "pre-install, before-lunch", Helm leaves the object out`, []string{"c/templates/a.yaml-0"}, HookUnknown.Hint},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, findings := render(t, context.Background(), map[string]string{"templates/a.yaml": c.template, "templates/_h.tpl": helpers}, c.values, Release{})
			require.Len(t, findings, 1)
			f := findings[0]
			require.Equal(t, c.rule, f.Rule)
			require.Equal(t, c.message, f.Message)
			require.Equal(t, c.places, places(f))
			require.Equal(t, c.hint, f.Hint)
		})
	}
}

// TestEveryBrokenTemplateIsReported protects that one broken template does not
// hide the next, in parsing and in what they render.
func TestEveryBrokenTemplateIsReported(t *testing.T) {
	_, findings := render(t, context.Background(), map[string]string{"templates/a.yaml": "{{ if }}", "templates/b.yaml": "{{ nope }}"}, nil, Release{})
	require.Len(t, findings, 2)
	_, findings = render(t, context.Background(), map[string]string{"templates/a.yaml": "a: b: c", "templates/b.yaml": "kind: B\n---\n- x"}, nil, Release{})
	require.Len(t, findings, 2)
}

// TestNoTemplateEndsTheProcess protects that templates without end become
// findings, soon. text/template and Helm end in a stack overflow in many of these.
func TestNoTemplateEndsTheProcess(t *testing.T) {
	ring := ""
	for i := range 500 {
		ring += fmt.Sprintf("{{ define \"ring%d\" }}{{ include \"ring%d\" . }}{{ end }}", i, (i+1)%500)
	}
	blocks := strings.Repeat("{{ if true }}", 200)
	cases := map[string]string{
		"include of itself":          `{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}`,
		"template of itself":         `{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}`,
		"include in a ring":          ring + `{{ include "ring0" . }}`,
		"template in nested blocks":  `{{ define "x" }}` + blocks + `{{ template "x" . }}` + strings.Repeat("{{ end }}", 200) + `{{ end }}{{ template "x" . }}`,
		"template in loops":          `{{ define "x" }}{{ range list 1 }}{{ range list 1 }}{{ template "x" $ }}{{ end }}{{ end }}{{ end }}{{ template "x" . }}`,
		"include in parentheses":     ring + `{{ define "p" }}{{ ` + strings.Repeat("print (", 500) + `include "p" .` + strings.Repeat(")", 500) + ` }}{{ end }}{{ include "p" . }}`,
		"tpl of itself":              `{{ tpl .Values.text . }}`,
		"tpl of itself with defines": `{{ tpl .Values.defining . }}`,
		"tpl and template":           `{{ define "x" }}{{ tpl "{{ template \"x\" . }}" . }}{{ end }}{{ template "x" . }}`,
		"a value within itself":      `{{ $_ := set .Values "self" .Values }}{{ .Values }}`,
		"the same by merge":          `{{ $d := dict "a" (dict) }}{{ $_ := merge $d.a (dict "up" $d) }}{{ $d.a }}`,
		"the same by mergeOverwrite": `{{ $d := dict "a" (dict "up" 1) }}{{ $_ := mergeOverwrite $d (dict "a" (dict "up" $d)) }}{{ $d }}`,
		"the same, with printf":      `{{ $_ := set .Values "self" (list .Values) }}{{ printf "%v" .Values }}`,
		"the same, in a pipe":        `{{ $_ := set .Values "self" (dict "x" .Values) }}{{ .Values | toYamlPretty }}`,
		"the same, copied":           `{{ $_ := set .Values "self" .Values }}{{ deepCopy .Values | len }}`,
		"the same, as text":          `{{ $_ := set .Values "self" .Values }}{{ .Values | quote }}`,
		"values nested very deep":    `{{ $d := dict }}{{ range 150000 }}{{ $d = dict "a" $d }}{{ end }}{{ $d }}`,
		"the same, as JSON":          `{{ $d := dict }}{{ range 150000 }}{{ $d = list $d }}{{ end }}{{ toJson $d }}`,
		"TOML nested very deep":      `{{ fromToml (printf "a = %s" (repeat 200000 "[")) | toJson | fail }}`,
		"actions nested very deep":   strings.Repeat("{{ if true }}", 100_001),
		"too much text":              `{{ define "x" }}{{ repeat 1000000 "x" }}{{ end }}{{ range 1000 }}{{ include "x" $ }}{{ end }}`,
	}
	user := map[string]any{"text": "{{ tpl .Values.text . }}", "defining": `{{ define "d" }}{{ tpl .Values.defining . }}{{ end }}{{ include "d" . }}`}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, findings := render(t, context.Background(), map[string]string{"templates/a.yaml": text}, user, Release{})
			require.Len(t, findings, 1)
			t.Logf("%s after %s", findings[0].Message, time.Since(start))
			require.Less(t, len(findings[0].Message), 200)
			require.LessOrEqual(t, len(findings[0].Locations), maxFrames)
			require.Equal(t, "c/templates/a.yaml", findings[0].Pos().File)
			require.Less(t, time.Since(start), 30*time.Second)
		})
	}
}

// TestSharedValuesAreNoCycle protects that one map in two places, at any depth,
// is not taken for a value within itself, and costs no time to tell.
func TestSharedValuesAreNoCycle(t *testing.T) {
	for name, text := range map[string]string{
		"lists": `{{ $l := list 1 }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ $_ := set .Values "l" $l }}kind: A`,
		"maps":  `{{ $l := dict "x" 1 }}{{ range 60 }}{{ $l = dict "a" $l "b" $l }}{{ end }}{{ $_ := set .Values "l" $l }}kind: A`,
		"merge": `{{ $x := dict "y" (dict) }}{{ $d := dict "a" $x }}{{ $_ := merge $d (dict "b" $x "a" $x) }}kind: A`,
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := Parse(inMemory(t, map[string]string{"templates/a.yaml": text}))
			_, findings := p.Render(context.Background(), nil, Release{})
			require.Empty(t, findings)
			require.Empty(t, p.wary.byKey, "needed no careful render")
		})
	}
}

// TestRenderStopsWithItsContext protects that a render ends soon after its
// context, wherever it is.
func TestRenderStopsWithItsContext(t *testing.T) {
	for name, text := range map[string]string{
		"in a silent loop":    "kind: A\n{{ range 1000000000000 }}{{ end }}",
		"in a loop of text":   `{{ range 1000000000000 }}x{{ end }}`,
		"in many includes":    `{{ define "x" }}{{ if gt . 0 }}{{ include "x" (sub . 1) }}{{ include "x" (sub . 1) }}{{ end }}{{ end }}{{ include "x" 60 }}`,
		"in many templates":   `{{ define "x" }}{{ if gt . 0 }}{{ template "x" (sub . 1) }}{{ template "x" (sub . 1) }}{{ end }}{{ end }}{{ template "x" 60 }}`,
		"in many texts":       `{{ range 1000000000000 }}{{ tpl "{{ . }}" . }}{{ end }}`,
		"before it has begun": `kind: A`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			if name == "before it has begun" {
				cancel()
			}
			start := time.Now()
			_, findings := render(t, ctx, map[string]string{"templates/a.yaml": text}, nil, Release{})
			require.Less(t, time.Since(start), 10*time.Second)
			require.Len(t, findings, 1)
			require.Equal(t, Timeout.ID, findings[0].Rule)
			require.Equal(t, "c/templates/a.yaml", findings[0].Pos().File)
		})
	}
}

// TestManyRendersAtOnce protects that a program can be shared: every render gives
// what it gives alone. The race detector looks on.
func TestManyRendersAtOnce(t *testing.T) {
	for _, name := range []string{"shared", "conditional", "tpl", "endless", "nested"} {
		p := load(t, filepath.Join("testdata/charts", name))
		var users []map[string]any
		var want []Result
		files, _ := filepath.Glob(filepath.Join("testdata/values", name, "*.yaml"))
		for _, file := range append(files, "") {
			users = append(users, readValues(t, file))
			r, _ := p.Render(context.Background(), readValues(t, file), Release{})
			want = append(want, r)
		}
		fresh := load(t, filepath.Join("testdata/charts", name))
		var wg sync.WaitGroup
		for i := range 4 * len(users) {
			wg.Go(func() {
				r, _ := fresh.Render(context.Background(), users[i%len(users)], Release{})
				if want := want[i%len(users)]; want.Notes != r.Notes || !slices.Equal(want.Manifest, r.Manifest) {
					t.Errorf("%s: render %d differs from the one that was alone", name, i)
				}
			})
		}
		wg.Wait()
	}
}

// TestValuesAreThoseHelmValidates protects Program.Values and Schemas.
func TestValuesAreThoseHelmValidates(t *testing.T) {
	for _, name := range []string{"conditional", "nested", "nulls"} {
		p := load(t, filepath.Join("testdata/charts", name))
		files, _ := filepath.Glob(filepath.Join("testdata/values", name, "*.yaml"))
		for _, file := range append(files, "") {
			if strings.Contains(file, "fail-") {
				continue
			}
			c, err := loader.LoadDir(filepath.Join("testdata/charts", name))
			require.NoError(t, err)
			require.NoError(t, chartutil.ProcessDependenciesWithMerge(c, readValues(t, file)))
			want, err := chartutil.CoalesceValues(c, readValues(t, file))
			require.NoError(t, err)
			got, findings := p.Values(readValues(t, file))
			require.Empty(t, findings)
			require.Equal(t, map[string]any(want), got)
		}
	}
}

func TestSchemasLeaveOutDisabledSubcharts(t *testing.T) {
	p, findings := Parse(inMemory(t, map[string]string{
		"Chart.yaml":                           "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: s, version: 1.0.0, repository: '', condition: s.on}, {name: s, version: 1.0.0, repository: '', alias: a}]\n",
		"values.schema.json":                   "{}",
		"charts/s/Chart.yaml":                  "apiVersion: v2\nname: s\nversion: 1.0.0\n",
		"charts/s/values.schema.json":          "{}",
		"charts/s/charts/t/Chart.yaml":         "apiVersion: v2\nname: t\nversion: 1.0.0\n",
		"charts/s/charts/t/values.schema.json": "{}",
	}))
	require.Empty(t, findings)
	at := func(user map[string]any) (list []string) {
		for _, s := range p.Schemas(user) {
			list = append(list, strings.Join(s.At, "."))
		}
		return list
	}
	require.Equal(t, []string{"", "s", "s.t", "a", "a.t"}, at(nil))
	require.Equal(t, []string{"", "a", "a.t"}, at(map[string]any{"s": map[string]any{"on": false}}))
}

// TestWhatHelmRefusesBeforeRendering protects findings about the release and the
// kind of chart.
func TestWhatHelmRefusesBeforeRendering(t *testing.T) {
	chartWith := func(extra string) map[string]string {
		return map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n" + extra, "templates/a.yaml": "kind: A"}
	}
	sub := chartWith("dependencies: [{name: s, version: 1.0.0, repository: ''}]\n")
	sub["charts/s/Chart.yaml"] = "apiVersion: v2\nname: s\nversion: 1.0.0\n"
	for _, c := range []struct {
		name    string
		files   map[string]string
		user    map[string]any
		rel     Release
		rule    string
		message string
		place   string
	}{
		{"library", chartWith("type: library\n"), nil, Release{}, "chart-not-installable", "the chart is a library, Helm does not install it", "c/Chart.yaml:4:1"},
		{"kubeVersion", chartWith("kubeVersion: <1.30.0\n"), nil, Release{KubeVersion: "1.31"}, "kube-version-refused", "the chart is for Kubernetes <1.30.0, it is rendered for v1.31", "c/Chart.yaml:4:1"},
		{"release name", chartWith(""), nil, Release{Name: "No_name"}, "release-invalid", `"No_name" is no name for a release`, "--release-name"},
		{"Kubernetes version", chartWith(""), nil, Release{KubeVersion: "latest"}, "release-invalid", `"latest" is no version of Kubernetes`, "--kube-version"},
		{"values of a subchart", sub, map[string]any{"s": "text"}, Release{}, "subchart-values-not-map", `s: text is given, the values of subchart "s" were expected, which are a map`, "c/Chart.yaml:4:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, findings := render(t, context.Background(), c.files, c.user, c.rel)
			require.Len(t, findings, 1)
			require.Equal(t, c.rule, findings[0].Rule)
			require.Equal(t, c.message, findings[0].Message)
			require.Equal(t, c.place, findings[0].Pos().String())
			require.NotEmpty(t, findings[0].Hint)
		})
	}
}

// TestNothingOfTheMachineIsSeen protects that a render reads no environment and
// asks no name server.
func TestNothingOfTheMachineIsSeen(t *testing.T) {
	for _, name := range []string{"env", "expandenv"} {
		require.NotContains(t, functions(), name)
	}
	r, findings := render(t, context.Background(), map[string]string{"templates/a.yaml": `x: "{{ getHostByName "localhost" }}{{ lookup "v1" "Pod" "a" "b" | len }}"`}, nil, Release{})
	require.Empty(t, findings)
	require.Equal(t, "x: \"0\"", r.Templates["c/templates/a.yaml"])
}

// TestFunctionsAreHelms protects that templates can call what Helm lets them call.
func TestFunctionsAreHelms(t *testing.T) {
	names := slices.Collect(maps.Keys(functions()))
	names = append(names, slices.Collect(maps.Keys(sprig.TxtFuncMap()))...)
	names = append(names, slices.Collect(maps.Keys(builtins))...)
	names = append(names, "mustToYaml", "toYamlPretty", "mustFromYaml", "mustToToml", "mustFromJson", "break", "continue", funcTick, funcEnter, funcLeave, funcPrintable)
	for _, name := range names {
		text := "{{ if false }}{{ " + name + " }}{{ end }}"
		c := &helmchart.Chart{Metadata: &helmchart.Metadata{Name: "c"}, Templates: []*helmchart.File{{Name: "templates/a.yaml", Data: []byte(text)}}}
		_, helmErr := engine.Render(c, chartutil.Values{"Values": chartutil.Values{}})
		_, err := parseText("c", text, false)
		require.Equal(t, helmErr == nil, err == nil, "%s: Helm %v, we %v", name, helmErr, err)
	}
}

// TestBuiltinsAreGos protects the list of functions that text/template brings.
func TestBuiltinsAreGos(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(root)), "src/text/template/funcs.go"), nil, 0)
	require.NoError(t, err)
	want := map[string]any{}
	ast.Inspect(f, func(n ast.Node) bool {
		if d, ok := n.(*ast.FuncDecl); !ok || d.Name.Name != "builtins" {
			return ok || n == f
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				name, err := strconv.Unquote(pair.Key.(*ast.BasicLit).Value)
				require.NoError(t, err)
				want[name] = true
			}
			return true
		})
		return false
	})
	require.NotEmpty(t, want)
	require.Equal(t, want, builtins)
}

// TestVersionsAreThoseOfTheModule protects that the versions templates see follow go.mod.
func TestVersionsAreThoseOfTheModule(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	helm := regexp.MustCompile(`helm\.sh/helm/v3 (v\S+)`).FindSubmatch(text)
	client := regexp.MustCompile(`k8s\.io/client-go v0\.(\d+)\.`).FindSubmatch(text)
	require.Equal(t, HelmVersion, string(helm[1]))
	require.Equal(t, KubeVersion, "v1."+string(client[1])+".0")
}

// TestWhatIsKeptIsBounded protects that renders with ever new values do not make
// a program grow.
func TestWhatIsKeptIsBounded(t *testing.T) {
	p, findings := Parse(inMemory(t, map[string]string{"templates/a.yaml": "{{ range $i := 6000 }}{{ tpl (printf \"{{ %d }}\" $i) $ }}{{ end }}{{ range 3000 }}\n---\nkind: A{{ . }}\n{{ end }}"}))
	require.Empty(t, findings)
	_, findings = p.Render(context.Background(), nil, Release{})
	require.NotEmpty(t, findings) // the first document is no object
	require.LessOrEqual(t, len(p.plain.texts.templates.kept), maxKept)
	require.LessOrEqual(t, len(p.heads.kept), maxKept)
}
