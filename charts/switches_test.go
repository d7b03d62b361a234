package charts_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/values"
)

// What a switch changes in the render of an example, and nothing else: a file of
// testdata/switches has the values, its first line the pattern and the preset.
func TestSwitches(t *testing.T) {
	files, err := filepath.Glob("testdata/switches/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			head, _, ok := strings.Cut(strings.TrimPrefix(string(text), "# "), ":")
			require.True(t, ok, "the first line is `# PATTERN PRESET: what it is for`")
			pattern, preset, _ := strings.Cut(head, " ")

			example, err := os.ReadFile("../examples/" + pattern + "/" + preset + "/values.yaml")
			require.NoError(t, err)
			base, found := values.Parse("values.yaml", example)
			require.Empty(t, found)
			given, found := values.Parse(file, text)
			require.Empty(t, found)
			program := parse(t, pattern)
			manifest := func(values map[string]any) []string {
				out, found := program.Render(context.Background(), values, render.Release{Name: "shop", Namespace: "prod"})
				require.Empty(t, found)
				return difflib.SplitLines(reviewable(out.Manifest))
			}
			// A null that takes a pool of the preset away must reach the chart, as it does from a values file.
			got, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: manifest(base.Map), B: manifest(overlay(base.Map, given.Map)), Context: 2})
			require.NoError(t, err)
			require.NotEmpty(t, got, "it changes nothing")
			golden := strings.TrimSuffix(file, ".yaml") + ".diff"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got, "go test ./charts -update, and look at the difference")
		})
	}
}

// overlay puts values over others as two values files do: null stays.
func overlay(base, over map[string]any) map[string]any {
	merged := map[string]any{}
	for key, value := range base {
		merged[key] = value
	}
	for key, value := range over {
		lower, isMap := merged[key].(map[string]any)
		upper, alsoMap := value.(map[string]any)
		if isMap && alsoMap {
			value = overlay(lower, upper)
		}
		merged[key] = value
	}
	return merged
}
