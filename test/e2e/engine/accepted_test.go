package engine_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"
)

// TestAccepted protects what a pass of `stateward check` promises: the API server
// takes every object of it, created as Helm 3 does and applied as Helm 4 does.
// The objects are those of every example, plain and with the values of every file
// of charts/testdata/switches, whichever example that was written for: what a
// chart then refuses, or check finds wrong, promises nothing and is left out.
func TestAccepted(t *testing.T) {
	c := newCluster(t)
	sent := &renders{objects: map[string]string{}, unknown: map[string]int{}}
	switches := switchFiles(t)
	examples, err := filepath.Glob(filepath.Join(repository, "examples/*/*/values.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	for _, file := range examples {
		preset := filepath.Dir(file)
		example := filepath.Base(filepath.Dir(preset)) + " " + filepath.Base(preset)
		require.True(t, sent.add(t, c, example), "the example %s does not pass", example)
		for _, s := range slices.Sorted(maps.Keys(switches)) {
			ok := sent.add(t, c, example, "charts/testdata/switches/"+s)
			require.True(t, ok || switches[s] != example, "the example %s with %s does not pass", example, s)
		}
	}

	var together errgroup.Group
	together.SetLimit(atOnce)
	var mu sync.Mutex
	for _, text := range slices.Sorted(maps.Keys(sent.objects)) {
		together.Go(func() error {
			var o object
			if err := yaml.Unmarshal([]byte(text), &o); err != nil {
				return err
			}
			for how, ask := range map[string]func(object, string) (answer, error){"create": c.create, "apply": c.apply} {
				a, err := ask(o, text)
				if err != nil {
					return err
				}
				if a.refused {
					mu.Lock()
					t.Errorf("%s, %s: check passes what %s refuses: %s\n%s", sent.objects[text], o, how, a.said, text)
					mu.Unlock()
				}
			}
			return nil
		})
	}
	require.NoError(t, together.Wait())
	t.Logf("Kubernetes %s: %d renders pass check, %d do not and were left out; %d objects created and applied",
		c.version, sent.passed, sent.leftOut, len(sent.objects))
	for _, kind := range slices.Sorted(maps.Keys(sent.unknown)) {
		t.Logf("not sent, the cluster has no such kind: %d of %s", sent.unknown[kind], kind)
	}
}

// switchFiles gives the pattern and preset that each file was written for.
func switchFiles(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(repository, "charts/testdata/switches/*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	all := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		head, _, ok := strings.Cut(strings.TrimPrefix(string(text), "# "), ":")
		require.True(t, ok, "%s begins with `# PATTERN PRESET: what it is for`", file)
		all[filepath.Base(file)] = head
	}
	return all
}

// renders holds the objects to send. Most are the same in many renders, and are
// sent once.
type renders struct {
	objects         map[string]string // text -> the first render that has it
	unknown         map[string]int    // kinds that the cluster does not have
	seen            map[string]bool
	passed, leftOut int
}

// add renders an example with further values files, and takes its objects in when
// they pass check.
func (r *renders) add(t *testing.T, c *cluster, example string, further ...string) bool {
	t.Helper()
	pattern, preset, _ := strings.Cut(example, " ")
	args := []string{"charts/" + pattern, "--release-name", "shop", "--namespace", c.namespace, "-f", "examples/" + pattern + "/" + preset + "/values.yaml"}
	for _, file := range further {
		args = append(args, "-f", file)
	}
	manifests, problem := render(t, args...)
	if manifests == "" {
		if further == nil {
			t.Log(problem)
		}
		r.leftOut++
		return false
	}
	if found := check(t, manifests, c.namespace); len(found) > 0 {
		t.Logf("%s %v: left out, check finds %v", example, further, found)
		r.leftOut++
		return false
	}
	r.passed++
	for _, text := range documents(manifests) {
		if r.seen[text] {
			continue
		}
		if r.seen == nil {
			r.seen = map[string]bool{}
		}
		r.seen[text] = true
		var o object
		require.NoError(t, yaml.Unmarshal([]byte(text), &o))
		require.NotEmpty(t, o.Kind, "no kind:\n%s", text)
		if _, ok := c.path(o); !ok {
			r.unknown[o.key()]++
			continue
		}
		r.objects[text] = strings.Join(append([]string{example}, further...), " + ")
	}
	return true
}
