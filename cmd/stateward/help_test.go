package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each command has two examples, and they work in a clone of the repository.
func TestExamplesWork(t *testing.T) {
	bin := t.TempDir() + "/stateward"
	out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Chdir("../..")
	for _, cmd := range newRoot().Commands() {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			continue
		}
		examples := strings.Split(strings.TrimRight(cmd.Example, "\n"), "\n")
		require.Len(t, examples, 2, cmd.Name())
		for _, example := range examples {
			if i := strings.Index(example, ">"); i > 0 {
				example = example[:i] // what it would write stays on the terminal
			}
			run := exec.Command("bash", "-o", "pipefail", "-c", strings.ReplaceAll(example, "stateward ", bin+" "))
			var stderr bytes.Buffer
			run.Stderr = &stderr
			stdout, err := run.Output()
			require.NoError(t, err, "%s: %s", example, stderr.String())
			require.NotEmpty(t, stdout, example)
		}
	}
}

// A terminal's codes must not land in a file or a pipe.
func TestNoColorInPipes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"check", "nowhere"}, nil, &stdout, &stderr)
	require.Equal(t, exitFindings, code)
	require.NotContains(t, stdout.String(), "\x1b")
}
