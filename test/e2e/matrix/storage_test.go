package matrix

import (
	"context"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkStorage: a member whose volume is lost comes back with an empty one and gets
// the data from the others.
func checkStorage(t *testing.T, r *release) {
	leader, lost := r.leader(t), r.member(r.Members-1)
	if lost == leader {
		lost = r.member(r.Members - 2)
	}
	claims := lab.CoreV1().PersistentVolumeClaims(r.namespace)
	old, err := claims.Get(t.Context(), "data-"+lost, metav1.GetOptions{})
	require.NoError(t, err)
	r.underWriter(t, "claim of a member deleted", "", func(*result.Trial) {
		k8s.RunKubectlContext(t, t.Context(), r.kubectl(), "delete", "pvc", old.Name, "--wait=false")
		r.deletePod(t, lost)
		require.NoError(t, cluster.Until(t.Context(), 2*time.Minute, "a new claim", func(ctx context.Context) (bool, error) {
			claim, err := claims.Get(ctx, old.Name, metav1.GetOptions{})
			if err != nil {
				return false, err
			}
			if claim.UID == old.UID && claim.DeletionTimestamp != nil {
				// The controller made the pod anew before the claim was gone.
				return false, lab.CoreV1().Pods(r.namespace).Delete(ctx, lost, metav1.DeleteOptions{})
			}
			return claim.UID != old.UID, nil
		}))
		r.ready(t)
		r.members(t, r.Members)
	})
	r.verifyKept(t)
}
