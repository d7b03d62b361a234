// Package engine_test lets a cluster judge the engine: what `stateward check`
// passes the API server must accept, and what one of the two refuses the other
// must refuse for the same fields. Nothing is stored but a namespace that the
// test removes: every object is sent as a dry run.
//
// go test ./engine takes the cluster of STATEWARD_KUBECONFIG, else of KUBECONFIG.
package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// repository is the root of the checkout, seen from here.
const repository = "../../.."

// stateward is the program under test, built by TestMain.
var stateward string

func TestMain(m *testing.M) {
	code, err := buildAndRun(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "stateward-engine-")
	if err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	stateward = filepath.Join(dir, "stateward")
	build := exec.Command("go", "build", "-o", stateward, "./cmd/stateward")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build stateward: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// render gives what `stateward render` prints, and why it printed nothing.
func render(t *testing.T, args ...string) (manifests, problem string) {
	t.Helper()
	var out, said bytes.Buffer
	cmd := exec.Command(stateward, append([]string{"render"}, args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = repository, &out, &said
	if code := exitCode(t, cmd.Run()); code > 1 {
		t.Fatalf("stateward render %v: exit code %d\n%s", args, code, said.String())
	}
	return out.String(), said.String()
}

// finding is one of a report.
type finding struct {
	Rule, Severity, Message string
	Object                  struct{ Kind, Name, Field string }
}

// judging are the rules about what an API server says. The others are about
// state, which it knows nothing of.
var judging = []string{"api-server-rejects", "object-schema", "unknown-field", "removed-api", "manifest-invalid", "manifest-duplicate-key"}

// check gives what `stateward check` has against manifests, by the rules that judge.
func check(t *testing.T, manifests, namespace string) []finding {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(stateward, "check", "-", "-o", "json", "--namespace", namespace)
	cmd.Stdin, cmd.Stderr = strings.NewReader(manifests), &said
	out, err := cmd.Output()
	if code := exitCode(t, err); code > 1 {
		t.Fatalf("stateward check: exit code %d\n%s", code, said.String())
	}
	var report struct{ Findings []finding }
	require.NoError(t, json.Unmarshal(out, &report))
	return slices.DeleteFunc(report.Findings, func(f finding) bool {
		return f.Severity != "error" || !slices.Contains(judging, f.Rule)
	})
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	require.NoError(t, err)
	return 0
}

// documents splits a stream of YAML; comments alone are no document.
func documents(stream string) []string {
	var all []string
	for _, text := range strings.Split("\n"+stream, "\n---") {
		for _, line := range strings.Split(text, "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				all = append(all, strings.TrimPrefix(text, "\n"))
				break
			}
		}
	}
	return all
}
