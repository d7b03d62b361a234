package matrix

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/helm"
	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// checkFull makes the release anew on a volume that can be full, and fills it under a
// writer until writes are refused. It is the last check: the volume goes with it.
func checkFull(t *testing.T, r *release) {
	r.prepare(t)
	const size = 1024
	volume, err := lab.NewSmallVolume(t.Context(), r.slot.Nodes[0], r.namespace, size)
	require.NoError(t, err)
	object := fmt.Sprintf(`
apiVersion: v1
kind: PersistentVolume
metadata: {name: %[1]s}
spec:
  storageClassName: %[1]s
  capacity: {storage: %[2]dMi}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  local: {path: %[3]s}
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%[4]s]}]
`, r.namespace, size, volume.Path, volume.Node)
	k8s.KubectlApplyFromStringContext(t, t.Context(), r.kubectl(), object)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		// The server ends before its volume.
		require.NoError(t, r.remove(ctx))
		k8s.KubectlDeleteFromStringContext(t, ctx, r.kubectl(), object)
		require.NoError(t, volume.Remove(ctx))
	})
	files := r.valuesFile(t, map[string]any{"storage": map[string]any{"class": r.namespace, "size": fmt.Sprintf("%dMi", size)}})
	helm.InstallContext(t, t.Context(), r.helm(files), r.chart(), name)
	r.deployClients(t)
	r.load(t)
	r.underWriter(t, "volume full", r.MayLose, func(*result.Trial) {
		require.NoError(t, volume.Fill(t.Context()))
		// What the server has set aside lets it go on for a while.
		require.NoError(t, cluster.Until(t.Context(), patience, "a write is refused", func(ctx context.Context) (bool, error) {
			_, err := r.exec(ctx, "client", "client", "try", "-timeout", "5s")
			return err != nil, nil
		}))
		pause(t, 20*time.Second)
		require.NoError(t, volume.Free(t.Context()))
	})
	r.verifyKept(t)
}
