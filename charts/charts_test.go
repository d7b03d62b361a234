package charts_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/charts"
	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/values"
)

var update = flag.Bool("update", false, "write the golden files")

var patterns = charts.Patterns()

func parse(t *testing.T, pattern string) *render.Program {
	t.Helper()
	c, found, err := chart.LoadFS(charts.FS, pattern)
	require.NoError(t, err)
	require.Empty(t, found)
	program, found := render.Parse(c)
	require.Empty(t, found)
	return program
}

func readValues(t *testing.T, file string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	values := map[string]any{}
	require.NoError(t, yaml.Unmarshal(text, &values))
	return values
}

// reviewable gives a render without what a change of one script would change in all
// of them: the scripts' texts, and the hashes of what contains them.
func reviewable(manifest []byte) string {
	script := regexp.MustCompile(`(?m)^(  [a-z0-9-]+\.sh: \|\n)(?:    .*\n|\n)+`)
	text := script.ReplaceAllString(string(manifest), "$1    (its text)\n")
	text = regexp.MustCompile(`config-checksum: [0-9a-f]{64}`).ReplaceAllString(text, "config-checksum: (a hash)")
	return regexp.MustCompile(`(?m)^(kind: Job\nmetadata:\n  name: .*-)[0-9a-f]{8}$`).ReplaceAllString(text, "$1(a hash)")
}

// The render of each example, as a person reviews it.
func TestGolden(t *testing.T) {
	for _, pattern := range patterns {
		program := parse(t, pattern)
		examples, err := filepath.Glob("../examples/" + pattern + "/*/values.yaml")
		require.NoError(t, err)
		require.NotEmpty(t, examples)
		for _, example := range examples {
			preset := filepath.Base(filepath.Dir(example))
			t.Run(pattern+"/"+preset, func(t *testing.T) {
				out, found := program.Render(context.Background(), readValues(t, example), render.Release{Name: "shop", Namespace: "prod"})
				require.Empty(t, found)
				for suffix, got := range map[string]string{".yaml": reviewable(out.Manifest), ".notes": out.Notes} {
					golden := filepath.Join("testdata", "golden", pattern+"-"+preset+suffix)
					if *update {
						require.NoError(t, os.MkdirAll(filepath.Dir(golden), 0o755))
						require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
					}
					want, err := os.ReadFile(golden)
					require.NoError(t, err)
					require.Equal(t, string(want), got, "go test ./charts -update, and look at the difference")
				}
			})
		}
	}
}

// A template that is more than a call of the library will be copied to the next pattern.
func TestPatternTemplatesAreOneLine(t *testing.T) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern + "/templates/*")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Regexp(t, `^\{\{ include "stateful\.[^\n]*\}\}\n$`, string(text), file)
		}
	}
}

func libraryTemplates(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"stateful/templates/*.tpl", "stateful/templates/*/*.tpl"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			texts[file] = string(text)
		}
	}
	return texts
}

func TestDefines(t *testing.T) {
	define := regexp.MustCompile(`\{\{-? define "([^"]*)"`)
	commented := regexp.MustCompile(`\*/\}\}\n\{\{-? define "([^"]*)"`)
	call := regexp.MustCompile(`include "(stateful[^"]*)"`)
	where := map[string]string{}
	called := map[string]bool{}
	for file, text := range libraryTemplates(t) {
		for _, m := range define.FindAllStringSubmatch(text, -1) {
			require.Empty(t, where[m[1]], "%s: %s is defined elsewhere too", file, m[1])
			where[m[1]] = file
		}
		require.Len(t, commented.FindAllString(text, -1), len(define.FindAllString(text, -1)), "%s: a define without a comment above it", file)
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			called[m[1]] = true
		}
	}
	for name := range called {
		require.Contains(t, where, name)
	}
}

// A usage in a helper's comment, `{{ include ... }} -> result`, is what a reader believes.
func TestUsages(t *testing.T) {
	usage := regexp.MustCompile(`(?m)^ +(\{\{ include .* \}\}) -> (.*)$`)
	n := 0
	for file, text := range libraryTemplates(t) {
		for _, m := range usage.FindAllStringSubmatch(text, -1) {
			n++
			values := readValues(t, "../examples/single-instance/redis/values.yaml")
			values["image"] = map[string]any{"tag": "8.0"}
			values["extraObjects"] = []any{`
{{- $facts := dict "config" (dict "words" (dict "true" "on")) -}}
{apiVersion: v1, kind: ConfigMap, metadata: {name: usage}, data: {got: ` + "{{ (" + strings.TrimSuffix(strings.TrimPrefix(m[1], "{{ "), " }}") + ") | toString | quote }}" + `}}`}
			// The image of a usage is the preset's: its values are not merged into .Values.
			values["image"] = map[string]any{"registry": "docker.io", "repository": "library/redis", "tag": "8.0"}
			out, found := parse(t, "single-instance").Render(context.Background(), values, render.Release{Name: "shop"})
			require.Empty(t, found, "%s: %s", file, m[1])
			require.Contains(t, string(out.Manifest), `data: {got: "`+m[2]+`"}`, "%s: %s", file, m[1])
		}
	}
	require.GreaterOrEqual(t, n, 3)
}

// values.yaml holds what no preset decides: a key there would win over the preset.
func TestPresetsDecideOnlyAbsentKeys(t *testing.T) {
	presets, err := filepath.Glob("stateful/presets/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, presets)
	for _, pattern := range patterns {
		defaults := readValues(t, pattern+"/values.yaml")
		for _, file := range presets {
			preset := readValues(t, file)
			own, has := preset["patterns"].(map[string]any)[pattern].(map[string]any)
			if !has {
				continue
			}
			for _, layer := range []map[string]any{preset, own} {
				values, _ := layer["values"].(map[string]any)
				requireDisjoint(t, file, "", values, defaults)
			}
		}
	}
}

func requireDisjoint(t *testing.T, file, path string, preset, defaults map[string]any) {
	for key, value := range preset {
		standing, both := defaults[key]
		if !both {
			continue
		}
		lower, isMap := value.(map[string]any)
		upper, alsoMap := standing.(map[string]any)
		require.True(t, isMap && alsoMap, "%s: values.yaml sets %s%s too, and would win", file, path, key)
		requireDisjoint(t, file, path+key+".", lower, upper)
	}
}

// Adding a preset is a data file, scripts, an example and a word in the schema.
func TestPresetsAreComplete(t *testing.T) {
	for _, pattern := range patterns {
		schema, err := os.ReadFile(pattern + "/values.schema.json")
		require.NoError(t, err)
		var root struct {
			Properties struct{ Preset struct{ Enum []string } }
		}
		require.NoError(t, yaml.Unmarshal(schema, &root))
		require.NotEmpty(t, root.Properties.Preset.Enum)
		for _, preset := range root.Properties.Preset.Enum {
			require.FileExists(t, "stateful/presets/"+preset+".yaml")
			require.FileExists(t, "../examples/"+pattern+"/"+preset+"/values.yaml")
			require.FileExists(t, "../examples/"+pattern+"/"+preset+"/README.md")
		}
	}
}

// A fact that nobody documents is known to one preset only.
func TestFactsAreDocumented(t *testing.T) {
	doc, err := os.ReadFile("../docs/presets.md")
	require.NoError(t, err)
	presets, err := filepath.Glob("stateful/presets/*.yaml")
	require.NoError(t, err)
	for _, file := range presets {
		preset := readValues(t, file)
		layers := []any{preset["facts"]}
		given, _ := preset["patterns"].(map[string]any)
		for _, pattern := range given {
			layer, _ := pattern.(map[string]any)
			layers = append(layers, layer["facts"])
		}
		for _, layer := range layers {
			facts, _ := layer.(map[string]any)
			for fact := range facts {
				require.Contains(t, string(doc), "`"+fact+"`", file)
			}
		}
	}
}

// Closed at every level: else a typo is ignored somewhere.
func TestSchemasAreClosed(t *testing.T) {
	for _, pattern := range patterns {
		schema := readValues(t, pattern+"/values.schema.json")
		requireClosed(t, pattern, schema)
	}
}

func requireClosed(t *testing.T, path string, schema map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	for key, value := range properties {
		child := value.(map[string]any)
		require.NotEmpty(t, child["description"], "%s.%s", path, key)
		requireClosed(t, path+"."+key, child)
	}
	if properties != nil && !strings.HasSuffix(path, ".global") {
		require.Equal(t, false, schema["additionalProperties"], path)
	}
	for _, word := range []string{"items", "additionalProperties"} {
		if child, ok := schema[word].(map[string]any); ok {
			requireClosed(t, path+"."+word, child)
		}
	}
}

// The library's budget of lines, and the charts': charts.md of the design.
func TestSize(t *testing.T) {
	lines := 0
	for _, text := range libraryTemplates(t) {
		lines += strings.Count(text, "\n")
	}
	t.Logf("library: %d lines of templates", lines)
	require.Less(t, lines, 2500, "lines of the library")
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern + "/templates/*")
		require.NoError(t, err)
		t.Logf("%s: %d lines of templates", pattern, len(files)) // one each: TestPatternTemplatesAreOneLine
		text, err := os.ReadFile(pattern + "/values.yaml")
		require.NoError(t, err)
		require.Less(t, strings.Count(string(text), "\n"), 500, pattern)
	}
}

// objects renders a pattern with values, the later over the earlier, and gives the objects by kind/name.
func objects(t *testing.T, pattern string, texts ...string) (map[string]*manifest.Object, []finding.Finding) {
	t.Helper()
	given := &values.Values{}
	for _, text := range texts {
		layer, found := values.Parse("values.yaml", []byte(text))
		require.Empty(t, found, text)
		given = layer.Over(given)
	}
	out, found := parse(t, pattern).Render(context.Background(), given.Map, render.Release{Name: "shop", Namespace: "prod"})
	if len(found) > 0 {
		return nil, found
	}
	all, found := manifest.Parse("rendered", out.Manifest)
	require.Empty(t, found, string(out.Manifest))
	byName := map[string]*manifest.Object{}
	for _, o := range all {
		byName[o.Kind+"/"+o.Name] = o
	}
	return byName, nil
}

// The render of each example by a parsed chart: what `check` pays twice.
func BenchmarkRender(b *testing.B) {
	for _, pattern := range patterns {
		c, _, err := chart.LoadFS(charts.FS, pattern)
		require.NoError(b, err)
		program, _ := render.Parse(c)
		examples, err := filepath.Glob("../examples/" + pattern + "/*/values.yaml")
		require.NoError(b, err)
		for _, example := range examples {
			text, err := os.ReadFile(example)
			require.NoError(b, err)
			given, _ := values.Parse(example, text)
			b.Run(pattern+"/"+filepath.Base(filepath.Dir(example)), func(b *testing.B) {
				for b.Loop() {
					if _, found := program.Render(context.Background(), given.Map, render.Release{Name: "shop", Namespace: "prod"}); len(found) > 0 {
						b.Fatal(found)
					}
				}
			})
		}
	}
}
