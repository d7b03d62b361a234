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

// checkInstall: helm says that the release is ready, its own test passes, a client
// writes, and nothing had to be started twice.
func checkInstall(t *testing.T, r *release) {
	begun := time.Now()
	if r.NoImage != "" {
		r.schedule(t)
		return
	}
	r.install(t)
	r.trials = append(r.trials, result.Trial{Name: "helm install --wait", Seconds: seconds(time.Since(begun))})
	_, err := helm.RunHelmCommandAndGetOutputContextE(t, t.Context(), r.helm(), "test", name)
	require.NoError(t, err)
	r.writable(t)
	for _, pod := range r.pods(t) {
		for _, status := range pod.Status.ContainerStatuses {
			require.Zero(t, status.RestartCount, "restarts of %s in %s", status.Name, pod.Name)
		}
	}
	r.load(t)
}

// schedule shows of a release whose image cannot be had that the API server takes all
// objects and the scheduler has a place for each pod and its volumes.
func (r *release) schedule(t *testing.T) {
	options := r.helm(r.valuesFile(t, nil))
	options.ExtraArgs = map[string][]string{"install": {"--no-hooks"}}
	helm.InstallContext(t, t.Context(), options, r.chart(), name)
	require.NoError(t, cluster.Until(t.Context(), 2*time.Minute, "all pods have a node", func(ctx context.Context) (bool, error) {
		pods, err := lab.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + name})
		if err != nil {
			return false, err
		}
		placed := 0
		for _, pod := range pods.Items {
			if pod.Spec.NodeName != "" {
				placed++
			}
		}
		return placed == r.Members, nil
	}))
}
