package matrix

import (
	"context"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/helm"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkReinstall: what `helm uninstall` leaves is all that a new release of the name needs.
func checkReinstall(t *testing.T, r *release) {
	secret := r.secret(t)
	begun := time.Now()
	helm.DeleteContext(t, t.Context(), r.helm(), name, true)
	require.NoError(t, cluster.Until(t.Context(), patience, "the release's pods are gone", func(ctx context.Context) (bool, error) {
		pods, err := lab.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + name})
		return err == nil && len(pods.Items) == 0, err
	}))
	r.trials = append(r.trials, result.Trial{Name: "helm uninstall, until no pod is left", Seconds: seconds(time.Since(begun))})
	claims, err := lab.CoreV1().PersistentVolumeClaims(r.namespace).List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(claims.Items), r.Members)
	require.Equal(t, secret, r.secret(t))
	r.trial(t, "installed again", func(*result.Trial) {
		helm.InstallContext(t, t.Context(), r.helm(r.valuesFile(t, nil)), r.chart(), name)
	})
	require.Equal(t, secret, r.secret(t))
	r.verifyKept(t)
}
