package matrix

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkEngine: `stateward check` has nothing against what was just installed.
func checkEngine(t *testing.T, r *release) {
	cmd := exec.CommandContext(t.Context(), "../../../bin/stateward", "check", r.chart(), "--values", r.valuesFile(t, nil))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
