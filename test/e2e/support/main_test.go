package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

func TestTableHasEveryExample(t *testing.T) {
	dir := t.TempDir()
	for _, example := range []string{"distributed/etcd", "primary-replica/mongodb"} {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, example), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, example, "values.yaml"), nil, 0o644))
	}
	all, err := withExamples([]result.Result{{Preset: "etcd", Pattern: "distributed", Image: "etcd:v3", Checks: []result.Check{
		{Name: "install", Status: result.Passed, Commit: "abc", Kubernetes: "1.34.4"},
		{Name: "roles", Status: result.Inapplicable, Note: "no roles"},
		{Name: "drain", Status: result.Failed, Commit: "abc", Trials: []result.Trial{
			{Name: "each worker drained", Seconds: 61.2, Writes: &result.Writes{Acknowledged: 120, Lost: 3, LongestGap: 4.25}, Note: "why"},
		}},
	}}}, dir)
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, write(&b, all))
	text := b.String()
	require.Contains(t, text, "| etcd | passed | not run here | not run here | – | not run here | not run here | not run here | not run here | failed |")
	require.Contains(t, text, "| mongodb | not run here |")
	require.Contains(t, text, "| etcd | distributed | each worker drained | 120 | 3 | 4.2 | 61 | why |")
	require.Less(t, strings.Index(text, "## primary-replica"), strings.Index(text, "## distributed"))
	require.NotContains(t, text[strings.Index(text, "## Of which versions"):], "mongodb")
}
