package matrix

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// checkRoles: the write Service leads to the primary only, the read Service to the replicas.
func checkRoles(t *testing.T, r *release) {
	primaries, replicas := map[string]int{}, map[string]int{}
	for _, a := range ask[answers](t, r, "role", "-host", r.host(), "-times", "20").Answers {
		require.Equal(t, "primary", a.Role, "behind %s", r.host())
		primaries[a.Member]++
	}
	for _, a := range ask[answers](t, r, "role", "-host", r.readHost(), "-times", "20").Answers {
		require.Equal(t, "replica", a.Role, "behind %s", r.readHost())
		replicas[a.Member]++
	}
	require.Len(t, primaries, 1)
	require.NotContains(t, replicas, r.leader(t))
	t.Logf("primary %v, replicas %v", primaries, replicas)
}
