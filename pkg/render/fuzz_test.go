package render

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
)

// unstable matches texts that render differently each time, that end Helm in a
// stack overflow, or that print the type of .Files, which is another one here.
var unstable = regexp.MustCompile(`(?i)rand|uuid|now|ago|date|gen[A-Z]|shuffle|\bkeys|[^.]values\b|htpasswd|bcrypt|crypt|unixEpoch|duration|derive|repeat|tpl|typeOf|typeIs|%[#T]|[0-9]{3}`)

// FuzzRender gives one template and its values to both engines: the same bytes,
// or both refuse.
func FuzzRender(f *testing.F) {
	for _, seed := range []string{
		"kind: A\nx: {{ .Values.a }}", "{{- with .Values.b -}}{{ . | quote }}{{- else }}none{{ end -}}", "{{ toYaml .Values }}", "a: {{ .Values.a | default 3 }}\n---\nb: c\n--- d\n",
		"{{ if and .Values.a (not .Values.b) }}x{{ else if .Values.c }}y{{ end }}", "{{ $x := .Values.m }}{{ $_ := set $x \"k\" .Chart.Name }}{{ toJson $x }}", "{{ fail .Values.a }}",
		"{{ .Values.m.x.y }}", "{{ dict \"a\" (list 1 2) | merge .Values | toYaml | nospace }}", "{{ required \"r\" .Values.none }}", "{{ .Files.Get \"a.txt\" }}{{ .Release.Name }}", "{{", "{{/* c */}}", "{{ `raw` }}",
		"{{ deepCopy .Values | toJson }}", "{{ define \"x\" }}y{{ end }}{{ .Capabilities.KubeVersion }}", "{{ fromYaml .Values.a | toYaml }}", "metadata: {annotations: {helm.sh/hook: pre-install}}\nkind: Job\n---\nkind: Secret",
	} {
		f.Add(seed, `{"a": "text: 1", "b": true, "m": {"x": 1, "l": [1, "2", null]}}`)
	}
	files, _ := filepath.Glob("testdata/charts/*/templates/*")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(string(text), `{"list": ["a"], "map": {"a": 1}, "name": "x"}`)
		}
	}
	f.Fuzz(func(t *testing.T, text, valuesJSON string) {
		user, ok := jsonMap(valuesJSON)
		if !ok || unstable.MatchString(text) || strings.Contains(valuesJSON, "{{") {
			t.Skip("no values, templates in them, or a text that unstable leaves out")
		}
		same(t, map[string]string{
			"c/Chart.yaml":       "apiVersion: v2\nname: c\nversion: 1.0.0\n",
			"c/values.yaml":      "a: 1\nm: {x: default, y: [1]}\n",
			"c/a.txt":            "file\n",
			"c/templates/a.yaml": text,
			"c/templates/b.yaml": "kind: B\nafter: {{ .Values | toJson }}\n",
		}, user)
	})
}

// same requires that a chart renders alike with both engines.
func same(t *testing.T, files map[string]string, user map[string]any) {
	t.Helper()
	fsys := fstest.MapFS{}
	var buffered []*loader.BufferedFile
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		buffered = append(buffered, &loader.BufferedFile{Name: strings.TrimPrefix(name, "c/"), Data: bytes.TrimPrefix([]byte(text), []byte("\xef\xbb\xbf"))})
	}
	c, findings, err := chart.LoadFS(fsys, "c")
	require.NoError(t, err)
	require.NotNil(t, c, "%v", findings)
	helm := func() *helmchart.Chart {
		c, err := loader.LoadFiles(slices.Clone(buffered))
		require.NoError(t, err)
		return c
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var got Result
	p, findings := Parse(c)
	if p != nil {
		got, findings = p.Render(ctx, user, Release{})
	}
	if p != nil && len(p.wary.byKey) > 0 {
		t.Skip("may end Helm in a stack overflow")
	}
	if slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.Rule == Timeout.ID }) {
		t.Skip("takes too long for both")
	}
	want, notes, helmErr := helmTemplate(helm(), user, Release{})
	failed := finding.Count(findings, finding.Error) > 0
	require.Equal(t, helmErr != nil, failed, "Helm: %v\nwe: %v", helmErr, findings)
	if failed {
		return
	}
	require.Empty(t, cmp.Diff(want, string(got.Manifest)), "Helm -, we +")
	require.Equal(t, notes, got.Notes)
	templates, err := helmEngine(helm(), user, Release{})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(templates, got.Templates), "Helm -, we +")
}

func jsonMap(text string) (map[string]any, bool) {
	m := map[string]any{}
	err := yaml.Unmarshal([]byte(text), &m)
	return m, err == nil && m != nil && json.Valid([]byte(text))
}

// FuzzExampleValues changes the values of an example by a JSON merge patch and
// renders our chart with both engines.
func FuzzExampleValues(f *testing.F) {
	examples, err := filepath.Glob("../../examples/*/*/values.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, examples, "there are no examples")
	for i := range examples {
		for _, patch := range []string{
			`{}`, `{"preset": "nope"}`, `{"storage": {"size": "1Gi"}}`, `{"storage": null}`, `{"image": {"tag": "x"}}`, `{"resources": {"preset": "small"}}`,
			`{"service": {"annotations": {"a": "b"}}}`, `{"extraEnv": [{"name": "A", "value": "b"}]}`, `{"networkPolicy": {"enabled": false}}`, `{"stateful": {"x": 1}}`,
			`{"patches": [{"kind": "Service", "patch": {"metadata": {"labels": {"x": "y"}}}}]}`, `{"global": {"imageRegistry": "r.example.com"}}`, `{"server": {"config": {"max_connections": 5}}}`,
		} {
			f.Add(uint8(i), patch)
		}
	}
	helm := helmCharts(f, "../../charts")
	programs := map[string]*Program{}
	f.Fuzz(func(t *testing.T, which uint8, patch string) {
		changes, ok := jsonMap(patch)
		if !ok || strings.Contains(patch, "{{") || len(patch) > 4096 {
			t.Skip("no patch, or one with templates, or a large one, which only costs time")
		}
		file := examples[int(which)%len(examples)]
		name := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if programs[name] == nil {
			programs[name] = load(t, filepath.Join("../../charts", name))
		}
		user := mergePatch(readValues(t, file), changes)
		got, findings := programs[name].Render(context.Background(), user, Release{})
		c, err := loader.LoadDir(filepath.Join(helm, name))
		require.NoError(t, err)
		want, notes, helmErr := helmTemplate(c, user, Release{})
		require.Equal(t, helmErr != nil, finding.Count(findings, finding.Error) > 0, "Helm: %v\nwe: %v", helmErr, findings)
		if helmErr == nil {
			require.Empty(t, cmp.Diff(want, string(got.Manifest)), "Helm -, we +")
			require.Equal(t, notes, got.Notes)
		}
	})
}

// mergePatch is RFC 7396.
func mergePatch(into, patch map[string]any) map[string]any {
	for key, value := range patch {
		change, isMap := value.(map[string]any)
		old, _ := into[key].(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && old != nil:
			into[key] = mergePatch(old, change)
		default:
			into[key] = value
		}
	}
	return into
}

// FuzzSplit protects that documents are split where Helm splits them.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"a: 1\n---\nb: 2", "---\n---\na\n", "a\n--- \n\n---\n---x\n----\n", " ---a", "a\r\n---\r\nb\f\n---", "---", "", "\n\n---\n", "a --- b\n\u00a0\n---\n\u0085", "a\n \t---\nb"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want []string
		split := releaseutil.SplitManifests(text)
		keys := make([]string, 0, len(split))
		for key := range split {
			keys = append(keys, key)
		}
		slices.SortFunc(keys, func(a, b string) int {
			if releaseutil.BySplitManifestsOrder([]string{a, b}).Less(0, 1) {
				return -1
			}
			return 1
		})
		for _, key := range keys {
			want = append(want, split[key])
		}
		require.Equal(t, want, splitDocuments(text))
	})
}
