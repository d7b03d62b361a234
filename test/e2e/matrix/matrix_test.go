// Package matrix installs each preset in each pattern on a kind cluster, does to it
// what happens to databases, and asks a client of the real protocol what is left.
//
// A check is a file; a preset is an entry of cases.
package matrix

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// check is one column of docs/support.md.
type check struct {
	run func(t *testing.T, r *release)
	// inapplicable says why a case has no such promise, empty where it has.
	inapplicable func(c Case) string
	smoke        bool
}

// checks by the names of result.Kinds, which has their order.
var checks = map[string]check{
	"install":   {run: checkInstall, smoke: true},
	"engine":    {run: checkEngine, smoke: true},
	"network":   {run: checkNetwork},
	"roles":     {run: checkRoles, inapplicable: noRoles},
	"keep":      {run: checkKeep, smoke: true},
	"upgrade":   {run: checkUpgrade, smoke: true},
	"scale":     {run: checkScale, inapplicable: oneServer},
	"storage":   {run: checkStorage, inapplicable: oneServer},
	"drain":     {run: checkDrain},
	"failover":  {run: checkFailover, smoke: true},
	"reinstall": {run: checkReinstall, smoke: true},
	"full":      {run: checkFull, inapplicable: manyServers},
}

func noRoles(c Case) string {
	if c.Pattern != "primary-replica" {
		return "members have no Services by role"
	}
	return ""
}

func manyServers(c Case) string {
	if !c.single() {
		return "shown with one server"
	}
	return ""
}

func oneServer(c Case) string {
	if c.single() {
		return "one server"
	}
	return ""
}

var (
	lab    *cluster.Cluster
	store  *result.Store
	memory *semaphore.Weighted // MiB
	charts string              // a copy, with the library in each chart
)

func TestMain(m *testing.M) {
	ctx := context.Background()
	code, err := func() (int, error) {
		for _, program := range []string{"helm", "kubectl", "docker", "git"} {
			if _, err := exec.LookPath(program); err != nil {
				return 0, err
			}
		}
		if _, err := selection(os.Getenv("E2E")); err != nil {
			return 0, err
		}
		var err error
		if lab, err = cluster.Connect(ctx); err != nil {
			return 0, err
		}
		if err := lab.Load(ctx, clientImage); err != nil {
			return 0, fmt.Errorf("%w (make e2e builds it)", err)
		}
		mebibytes, err := lab.Memory(ctx)
		if err != nil {
			return 0, err
		}
		memory = semaphore.NewWeighted(mebibytes * 2 / 3) // the rest is the cluster's own
		commit, err := commit()
		if err != nil {
			return 0, err
		}
		store = &result.Store{Dir: "../results", Commit: commit, Kubernetes: lab.Version}
		dir, err := os.MkdirTemp("", "stateward-e2e")
		if err != nil {
			return 0, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if charts, err = copyCharts(dir); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster tests:", err)
		code = 1
	}
	os.Exit(code)
}

// commit is HEAD, with a plus sign when the charts are not what it has.
func commit() (string, error) {
	head, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("git rev-parse: %w", err)
	}
	changes, err := exec.Command("git", "status", "--porcelain", "--", "../../../charts", "../../../examples").Output()
	if err != nil {
		return "", fmt.Errorf("git status: %w", err)
	}
	name := strings.TrimSpace(string(head))
	if len(changes) > 0 {
		name += "+"
	}
	return name, nil
}

func copyCharts(dir string) (string, error) {
	if err := os.CopyFS(dir, os.DirFS("../../../charts")); err != nil {
		return "", err
	}
	for _, pattern := range []string{"single-instance", "primary-replica", "distributed"} {
		vendored := filepath.Join(dir, pattern, "charts")
		if err := os.RemoveAll(vendored); err != nil {
			return "", err
		}
		if out, err := exec.Command("helm", "dependency", "build", filepath.Join(dir, pattern)).CombinedOutput(); err != nil {
			return "", fmt.Errorf("helm dependency build: %w: %s", err, out)
		}
	}
	return dir, nil
}

// selected is a case and the names of the checks to run.
type selected struct {
	Case
	checks []string
}

// selection is what E2E asks for: nothing (all), or words, each of them smoke, a case,
// a check of all cases, or a case and a check.
func selection(text string) ([]selected, error) {
	var names []string
	for _, kind := range result.Kinds {
		names = append(names, kind.Name)
	}
	var all []selected
	for _, c := range cases {
		runs := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return len(c.Only) > 0 && !slices.Contains(c.Only, name) || c.NoImage != "" && name != "install"
		})
		all = append(all, selected{c, runs})
	}
	if text == "" {
		return all, nil
	}
	var some []selected
	for _, word := range strings.Fields(text) {
		matches := 0
		for _, c := range all {
			names := c.checks
			rest, of := strings.CutPrefix(word, c.Name())
			_, check, hasCheck := strings.Cut(rest, "/")
			switch {
			case word == "smoke":
				if !c.Smoke {
					continue
				}
				names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !checks[name].smoke })
			case of && rest == "":
			case of && hasCheck && slices.Contains(names, check):
				names = slices.Compact([]string{"install", check})
			case slices.Contains(names, word):
				names = slices.Compact([]string{"install", word})
			default:
				continue
			}
			matches++
			some = append(some, selected{c.Case, names})
		}
		if matches == 0 {
			return nil, fmt.Errorf("E2E: %s is nothing that can be run: want smoke, PRESET/PATTERN, one of the checks %s, or PRESET/PATTERN/CHECK", word, strings.Join(names, ", "))
		}
	}
	return some, nil
}

func TestMatrix(t *testing.T) {
	some, err := selection(os.Getenv("E2E"))
	require.NoError(t, err)
	for _, c := range some {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, c.Case)
			for _, name := range c.checks {
				if inapplicable := checks[name].inapplicable; inapplicable != nil {
					if why := inapplicable(c.Case); why != "" {
						r.record(t, result.Check{Name: name, Status: result.Inapplicable, Note: why})
						continue
					}
				}
				if !t.Run(name, func(t *testing.T) { r.check(t, name) }) {
					if name == "install" {
						return
					}
					// What the next check finds must not be this one's ruins.
					t.Run("again", func(t *testing.T) { r.again(t) })
				}
			}
		})
	}
}

// withoutAPI suspends the API server, which all checks share.
func (r *release) withoutAPI(t *testing.T, away time.Duration) error {
	r.unlock()
	err := lab.SuspendAPI(t.Context(), away)
	r.unlock = lab.UseAPI()
	return err
}

// check runs one check and keeps its result, or what can be found of its failure.
func (r *release) check(t *testing.T, name string) {
	r.unlock = lab.UseAPI()
	r.trials = nil
	begun := time.Now()
	t.Cleanup(func() {
		status, note := result.Passed, r.NoImage
		if r.NoImage != "" {
			status = result.Scheduled
		}
		if t.Failed() {
			status, note = result.Failed, ""
			r.keepArtifacts(t, name)
		}
		r.unlock()
		r.record(t, result.Check{Name: name, Status: status, Note: note, Seconds: seconds(time.Since(begun)), Trials: r.trials})
	})
	checks[name].run(t, r)
}

func (r *release) record(t *testing.T, entry result.Check) {
	about := result.Result{Preset: r.Preset, Pattern: r.Pattern, Variant: r.Variant, Image: r.image()}
	require.NoError(t, store.Put(about, entry))
}

// seconds rounds to tenths: what a poll each second can tell.
func seconds(d time.Duration) float64 {
	return float64(d.Round(100*time.Millisecond)) / float64(time.Second)
}
