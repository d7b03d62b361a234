package matrix

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkDrain: each worker in turn is drained under a writer. The budgets hold, and no
// acknowledged write is lost. Volumes stay on their node here, so that an evicted
// member is back only after the drain: with two of them on a node, the budget must
// keep the second.
func checkDrain(t *testing.T, r *release) {
	r.underWriter(t, "each worker drained", "", func(trial *result.Trial) {
		kept := 0
		for _, node := range r.slot.Nodes {
			on := 0
			for i := range r.Members {
				if r.nodeOf(t, r.member(i)) == node {
					on++
				}
			}
			watch, stop := context.WithCancel(t.Context())
			violation := make(chan error, 1)
			go func() { violation <- r.watchBudgets(watch) }()
			timeout := 4 * time.Minute
			if on > 1 {
				timeout = time.Minute
			}
			err := lab.Drain(t.Context(), node, timeout)
			stop()
			require.NoError(t, <-violation)
			if on > 1 {
				require.ErrorContains(t, err, "disruption budget")
				kept++
			} else {
				require.NoError(t, err)
			}
			require.NoError(t, lab.Uncordon(t.Context(), node))
			r.ready(t)
			r.writable(t)
		}
		if kept > 0 {
			trial.Note = fmt.Sprintf("on %d of %d workers the budget kept a second member", kept, len(r.slot.Nodes))
		}
	})
	r.verifyKept(t)
}

// watchBudgets looks until ctx ends whether fewer members are healthy than a budget wants.
func (r *release) watchBudgets(ctx context.Context) error {
	for ctx.Err() == nil {
		budgets, err := lab.PolicyV1().PodDisruptionBudgets(r.namespace).List(ctx, metav1.ListOptions{})
		if err != nil && ctx.Err() == nil {
			return err
		}
		for _, budget := range budgets.Items { // none when ctx ended the request
			if s := budget.Status; s.CurrentHealthy < s.DesiredHealthy {
				return fmt.Errorf("budget %s wants %d healthy members, %d are", budget.Name, s.DesiredHealthy, s.CurrentHealthy)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	return nil
}
