package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"
)

func TestMutants(t *testing.T) {
	c := newCluster(t)
	dir := t.TempDir()
	var names, texts []string
	text, err := os.ReadFile("/tmp/engine-rich2.yaml")
	require.NoError(t, err)
	type sent struct{ doc, what string }
	var all []sent
	seen := map[string]bool{}
	strange := []any{nil, "", "x y", int64(-1), int64(70000), true, []any{}, map[string]any{}, "1", 1.5, "a/b", "A_b", []any{"a"}, map[string]any{"a": "b"}, "DELETE"}
	for _, doc := range documents(string(text)) {
		var tree any
		require.NoError(t, yaml.Unmarshal([]byte(doc), &tree))
		kind := tree.(map[string]any)["kind"].(string)
		var visit func(path string, node any, put func(any))
		visit = func(path string, node any, put func(any)) {
			if path != "" {
				for _, v := range strange {
					put(v)
					data, _ := json.Marshal(tree)
					if !seen[string(data)] {
						seen[string(data)] = true
						all = append(all, sent{string(data), fmt.Sprintf("%s%s=%v(%T)", kind, path, v, v)})
					}
				}
				put(node)
			}
			switch n := node.(type) {
			case map[string]any:
				for k, child := range n {
					if path == "" && (k == "apiVersion" || k == "kind") || path == ".metadata" && k == "name" {
						continue
					}
					visit(path+"."+k, child, func(v any) {
						if v == "DELETE" {
							delete(n, k)
						} else {
							n[k] = v
						}
					})
				}
			case []any:
				for i, child := range n {
					visit(fmt.Sprintf("%s[%d]", path, i), child, func(v any) { n[i] = v })
				}
			}
		}
		visit("", tree, nil)
	}
	for i, s := range all {
		n := filepath.Join(dir, fmt.Sprintf("%05d.yaml", i))
		require.NoError(t, os.WriteFile(n, []byte(s.doc), 0o600))
		names, texts = append(names, n), append(texts, s.doc)
	}
	ours := make([]answer, len(all))
	for from := 0; from < len(all); from += 400 {
		to := min(from+400, len(all))
		out, err := exec.Command(stateward, append([]string{"check", "-o", "json", "--namespace", c.namespace}, names[from:to]...)...).Output()
		if e, ok := err.(*exec.ExitError); ok && len(out) == 0 {
			t.Log(string(e.Stderr)[:min(3000, len(e.Stderr))])
			for i := from; i < to; i++ {
				o, _ := exec.Command(stateward, "check", "-o", "json", names[i]).Output()
				if len(o) == 0 {
					t.Log(all[i].what, texts[i])
				}
			}
		}
		var report struct {
			Findings []struct {
				finding
				Locations []struct{ File string }
			}
		}
		require.NoError(t, json.Unmarshal(out, &report))
		for _, f := range report.Findings {
			if f.Severity != "error" || !strings.Contains(strings.Join(judging, " "), f.Rule) {
				continue
			}
			var i int
			fmt.Sscanf(filepath.Base(f.Locations[0].File), "%05d.yaml", &i)
			ours[i].refused = true
			ours[i].fields = append(ours[i].fields, f.Object.Field)
			ours[i].said += fmt.Sprintf("\n    %s: %s [%s]", f.Object.Field, f.Message, f.Rule)
		}
	}
	var mu sync.Mutex
	var verdicts, fields []string
	var g errgroup.Group
	g.SetLimit(4)
	for i := range all {
		g.Go(func() error {
			var o object
			_ = yaml.Unmarshal([]byte(texts[i]), &o)
			a, err := c.createAll(o, texts[i])
			if err != nil {
				a = answer{refused: true, vague: true, said: err.Error()}
			}
			ours[i].fields = set(ours[i].fields)
			mu.Lock()
			defer mu.Unlock()
			line := fmt.Sprintf("%s\n   server %v | %s\n   ours %v%s", all[i].what, a, a.said, ours[i], ours[i].said)
			if a.refused != ours[i].refused {
				verdicts = append(verdicts, line)
			} else if !a.like(ours[i]) {
				fields = append(fields, line)
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	sort.Strings(verdicts)
	sort.Strings(fields)
	t.Logf("%d mutants, %d verdicts differ, %d fields differ", len(all), len(verdicts), len(fields))
	os.WriteFile("/tmp/engine-verdicts.txt", []byte(strings.Join(verdicts, "\n")), 0o600)
	os.WriteFile("/tmp/engine-fields.txt", []byte(strings.Join(fields, "\n")), 0o600)
}
