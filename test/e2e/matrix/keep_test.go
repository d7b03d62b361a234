package matrix

import (
	"context"
	"testing"

	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkKeep: what was written outlives each way in which pods end.
func checkKeep(t *testing.T, r *release) {
	leader := r.leader(t)
	for _, end := range []struct {
		name string
		do   func()
	}{
		{"pod deleted", func() { r.deletePod(t, leader) }},
		{"all pods deleted", func() {
			k8s.RunKubectlContext(t, t.Context(), r.kubectl(), "delete", "pods", "--selector=app.kubernetes.io/instance="+name, "--wait=false")
		}},
		{"server killed", func() {
			container, restarts, err := r.server(t.Context(), leader)
			require.NoError(t, err)
			require.NoError(t, lab.Kill(t.Context(), r.namespace, leader, container))
			r.startedAgain(t, leader, restarts)
		}},
	} {
		r.trial(t, end.name, func(*result.Trial) { end.do() })
		r.verifyKept(t)
	}
}

// server is the name of the container of a member's server, and how often it was
// started again.
func (r *release) server(ctx context.Context, pod string) (container string, restarts int32, err error) {
	got, err := lab.CoreV1().Pods(r.namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", 0, err
	}
	container = got.Spec.Containers[0].Name
	for _, status := range got.Status.ContainerStatuses {
		if status.Name == container {
			restarts = status.RestartCount
		}
	}
	return container, restarts, nil
}

// startedAgain waits until the server was started more often: until then all that is
// known of it may be what it was before it was killed.
func (r *release) startedAgain(t *testing.T, pod string, restarts int32) {
	require.NoError(t, cluster.Until(t.Context(), patience, "the server of "+pod+" was started again", func(ctx context.Context) (bool, error) {
		_, now, err := r.server(ctx, pod)
		return now > restarts, err
	}))
}

func (r *release) deletePod(t *testing.T, pod string) {
	k8s.RunKubectlContext(t, t.Context(), r.kubectl(), "delete", "pod", pod)
}
