package charts_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/render"
)

// The oldest Helm that the charts are for, and the newest major. STATEWARD_HELM is
// set by `make helm`, as building them takes minutes.
var helms = []string{"v3.18.6", "v4.3.1"}

// Every Helm renders the bytes that we render. Helm 4 has other blank lines between
// documents, and their order is by kind and name in all.
func TestHelmVersions(t *testing.T) {
	if os.Getenv("STATEWARD_HELM") == "" {
		t.Skip("needs Helm 3.18 and 4: make helm")
	}
	// The charts with the library inside, as a user has them.
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(".")))
	for _, pattern := range patterns {
		require.NoError(t, os.CopyFS(filepath.Join(dir, pattern, "charts", "stateful"), os.DirFS("stateful")))
	}
	separator := regexp.MustCompile(`\n+---\n`)
	normal := func(text []byte) string {
		return string(separator.ReplaceAll(bytes.TrimSpace(append([]byte("\n"), text...)), []byte("\n---\n")))
	}
	for _, version := range helms {
		helm, err := exec.Command("../tools/helm.sh", version).Output()
		require.NoError(t, err, "tools/helm.sh %s", version)
		for _, pattern := range patterns {
			program := parse(t, pattern)
			examples, err := filepath.Glob("../examples/" + pattern + "/*/values.yaml")
			require.NoError(t, err)
			for _, example := range examples {
				preset := filepath.Base(filepath.Dir(example))
				t.Run(version+"/"+pattern+"/"+preset, func(t *testing.T) {
					cmd := exec.Command(string(bytes.TrimSpace(helm)), "template", "shop", filepath.Join(dir, pattern),
						"--namespace", "prod", "--values", example, "--kube-version", "v1.37.0")
					cmd.Stderr = os.Stderr
					got, err := cmd.Output()
					require.NoError(t, err)
					out, found := program.Render(context.Background(), readValues(t, example), render.Release{Name: "shop", Namespace: "prod"})
					require.Empty(t, found)
					require.Equal(t, normal(out.Manifest), normal(got))
				})
			}
		}
	}
}
