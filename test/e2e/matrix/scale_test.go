package matrix

import (
	"fmt"
	"testing"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkScale: two members come and go; the system's own list of members follows, and
// nothing is lost.
func checkScale(t *testing.T, r *release) {
	for _, step := range []struct{ from, to int }{{r.Members, r.Members + 2}, {r.Members + 2, r.Members}} {
		r.underWriter(t, fmt.Sprintf("%d to %d members", step.from, step.to), "", func(*result.Trial) {
			r.upgrade(t, map[string]any{"replicas": step.to})
			r.members(t, step.to)
		})
		r.verifyKept(t)
	}
}
