package matrix

import (
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/helm"
	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkInstall: helm says that the release is ready, its own test passes, a client
// writes, and nothing had to be started twice.
func checkInstall(t *testing.T, r *release) {
	begun := time.Now()
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
