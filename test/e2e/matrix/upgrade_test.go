package matrix

import (
	"strings"
	"testing"

	"github.com/gruntwork-io/terratest/modules/helm"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkUpgrade: another setting and another image tag reach every member under a
// writer, and so does the way back.
func checkUpgrade(t *testing.T, r *release) {
	old := r.image()
	change := map[string]any{}
	require.NoError(t, yaml.Unmarshal([]byte(r.Change), &change))
	repository, tag := splitImage(old)
	change["image"] = map[string]any{"tag": tag + "-e2e"}
	require.NoError(t, lab.Tag(t.Context(), r.slot, old, repository+":"+tag+"-e2e"))

	before := r.uids(t)
	r.underWriter(t, "helm upgrade", "", func(*result.Trial) { r.upgrade(t, change) })
	require.Equal(t, repository+":"+tag+"-e2e", r.image())
	after := r.uids(t)
	requireRestarted(t, before, after)
	r.verifyKept(t)
	r.underWriter(t, "helm rollback", "", func(*result.Trial) {
		helm.RollbackContext(t, t.Context(), r.helm(), name, "")
	})
	require.Equal(t, old, r.image())
	requireRestarted(t, after, r.uids(t))
	r.verifyKept(t)
	if !r.single() {
		r.members(t, r.Members)
	}
}

func requireRestarted(t *testing.T, before, after map[string]types.UID) {
	for pod, uid := range before {
		require.NotEqual(t, uid, after[pod], "%s was not made anew", pod)
	}
}

// uids are those of the pods of the main pool.
func (r *release) uids(t *testing.T) map[string]types.UID {
	uids := map[string]types.UID{}
	for i := range r.Members {
		pod, err := lab.CoreV1().Pods(r.namespace).Get(t.Context(), r.member(i), metav1.GetOptions{})
		require.NoError(t, err)
		uids[pod.Name] = pod.UID
	}
	return uids
}

func splitImage(image string) (repository, tag string) {
	colon := strings.LastIndex(image, ":")
	return image[:colon], image[colon+1:]
}
