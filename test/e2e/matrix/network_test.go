package matrix

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// checkNetwork: the declared client is served, a stranger is not, members see each other.
func checkNetwork(t *testing.T, r *release) {
	_, err := r.exec(t.Context(), "client", "client", "try", "-timeout", "10s")
	require.NoError(t, err)
	_, err = r.exec(t.Context(), "stranger", "client", "try", "-timeout", "5s")
	require.ErrorContains(t, err, "exit status 1", "a pod without the label was served")
	if !r.single() {
		r.members(t, r.Members)
	}
}
