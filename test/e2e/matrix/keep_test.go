package matrix

import (
	"testing"

	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
			pod, err := lab.CoreV1().Pods(r.namespace).Get(t.Context(), leader, metav1.GetOptions{})
			require.NoError(t, err)
			require.NoError(t, lab.Kill(t.Context(), r.namespace, leader, pod.Spec.Containers[0].Name))
		}},
	} {
		r.trial(t, end.name, func(*result.Trial) { end.do() })
		r.verifyKept(t)
	}
}

func (r *release) deletePod(t *testing.T, pod string) {
	k8s.RunKubectlContext(t, t.Context(), r.kubectl(), "delete", "pod", pod)
}
