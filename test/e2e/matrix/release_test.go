package matrix

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/helm"
	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/gruntwork-io/terratest/modules/logger"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

// name is the release's; patience is how long a release may take to be ready.
const (
	name     = "db"
	patience = 10 * time.Minute
)

// release is an installed case on the workers of its slot, with a client beside it.
type release struct {
	Case
	slot      cluster.Slot
	namespace string
	dir       string // of values files
	values    map[string]any
	trials    []result.Trial // of the check that runs
	unlock    func()         // gives the API server free, while a check runs
}

// newRelease waits for workers and memory, and gives both back at the end.
func newRelease(t *testing.T, c Case) *release {
	need := int64(c.MemoryMiB * c.Members * (1 + len(c.Pools)))
	require.NoError(t, memory.Acquire(t.Context(), need))
	t.Cleanup(func() { memory.Release(need) })
	workers := 3
	if c.single() {
		workers = 1
	}
	slot, err := lab.Take(t.Context(), workers)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := lab.Release(context.Background(), slot); err != nil {
			t.Errorf("workers %v: %v", slot.Nodes, err)
		}
	})
	r := &release{Case: c, slot: slot, dir: t.TempDir(), namespace: "e2e-" + strings.NewReplacer("/", "-").Replace(c.Name())}
	r.values, err = r.merged()
	require.NoError(t, err)
	defer lab.UseAPI()()
	r.prepare(t)
	t.Cleanup(func() {
		defer lab.UseAPI()()
		if t.Failed() && os.Getenv("KEEP") != "" {
			return
		}
		if err := r.remove(context.Background()); err != nil {
			t.Errorf("namespace %s: %v", r.namespace, err)
		}
	})
	return r
}

// merged is the example's values, as small as a test can have them, on the slot's
// workers, with the case's own.
func (r *release) merged() (map[string]any, error) {
	data, err := os.ReadFile(filepath.Join("../../../examples", r.Pattern, r.Preset, "values.yaml"))
	if err != nil {
		return nil, err
	}
	pool := map[string]any{
		"resources": map[string]any{
			"preset":   "",
			"requests": map[string]any{"cpu": "20m", "memory": "64Mi"},
			"limits":   map[string]any{"memory": fmt.Sprintf("%dMi", r.MemoryMiB)},
		},
		"scheduling": map[string]any{"nodeSelector": r.slot.Selector()},
	}
	values, pools := map[string]any{}, map[string]any{}
	for _, name := range r.Pools {
		pools[name] = pool
	}
	common := map[string]any{"storage": map[string]any{"size": "1Gi"}}
	if len(pools) > 0 {
		common["pools"] = pools
	}
	if err := yaml.Unmarshal(data, &values); err != nil {
		return nil, err
	}
	own := map[string]any{}
	if err := yaml.Unmarshal([]byte(r.Values), &own); err != nil {
		return nil, err
	}
	for _, over := range []map[string]any{pool, common, own} {
		values = merge(values, over)
	}
	return values, nil
}

// merge is values with over on top, maps key by key as helm does; it changes neither.
func merge(values, over map[string]any) map[string]any {
	both := map[string]any{}
	for key, value := range values {
		both[key] = value
	}
	for key, value := range over {
		old, isMap := both[key].(map[string]any)
		if upper, ok := value.(map[string]any); ok && isMap {
			both[key] = merge(old, upper)
		} else {
			both[key] = value
		}
	}
	return both
}

// valuesFile writes the release's values, with over on top, and says where.
func (r *release) valuesFile(t *testing.T, over map[string]any) string {
	data, err := yaml.Marshal(merge(r.values, over))
	require.NoError(t, err)
	file, err := os.CreateTemp(r.dir, "values-*.yaml")
	require.NoError(t, err)
	_, err = file.Write(data)
	require.NoError(t, errors.Join(err, file.Close()))
	return file.Name()
}

func (r *release) chart() string { return filepath.Join(charts, r.Pattern) }

// fullname is the name of the release's objects.
func (r *release) fullname() string {
	if override, ok := r.values["nameOverride"].(string); ok {
		return name + "-" + override
	}
	return name + "-" + r.Preset
}

func (r *release) member(i int) string { return fmt.Sprintf("%s-%d", r.fullname(), i) }

// image is that of the main pool's servers.
func (r *release) image() string {
	set, err := lab.AppsV1().StatefulSets(r.namespace).Get(context.Background(), r.fullname(), metav1.GetOptions{})
	if err != nil {
		return ""
	}
	return set.Spec.Template.Spec.Containers[0].Image
}

func (r *release) kubectl() *k8s.KubectlOptions {
	return k8s.NewKubectlOptions("", lab.Kubeconfig, r.namespace)
}

func (r *release) helm(files ...string) *helm.Options {
	wait := []string{"--wait", "--timeout", patience.String()}
	return &helm.Options{
		Logger:         logger.Discard, // its notes; an error has its output
		KubectlOptions: r.kubectl(),
		ValuesFiles:    files,
		ExtraArgs: map[string][]string{
			"install": wait, "upgrade": wait, "rollback": wait, "delete": wait,
		},
	}
}

// prepare makes the namespace, under the strictest Pod Security level.
func (r *release) prepare(t *testing.T) {
	require.NoError(t, r.remove(t.Context()))
	k8s.CreateNamespaceWithMetadataContext(t, t.Context(), r.kubectl(), metav1.ObjectMeta{
		Name:   r.namespace,
		Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	})
}

// remove deletes the namespace with all that is in it, volumes too. Servers do not
// get the time to hand over what is thrown away.
func (r *release) remove(ctx context.Context) error {
	// Without their workloads the pods stay away.
	if err := lab.AppsV1().StatefulSets(r.namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
		return err
	}
	now := int64(0)
	if err := lab.CoreV1().Pods(r.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{}); err != nil {
		return err
	}
	namespaces := lab.CoreV1().Namespaces()
	if err := namespaces.Delete(ctx, r.namespace, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return cluster.Until(ctx, 5*time.Minute, "namespace "+r.namespace+" is gone", func(ctx context.Context) (bool, error) {
		_, err := namespaces.Get(ctx, r.namespace, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	})
}

// again makes the release anew, with the rows that every check wants to find.
func (r *release) again(t *testing.T) {
	defer lab.UseAPI()()
	for _, node := range r.slot.Nodes {
		require.NoError(t, lab.Reconnect(t.Context(), node))
		require.NoError(t, lab.Uncordon(t.Context(), node))
	}
	r.prepare(t)
	r.install(t)
	r.writable(t)
	r.load(t)
}

func (r *release) install(t *testing.T) {
	helm.InstallContext(t, t.Context(), r.helm(r.valuesFile(t, nil)), r.chart(), name)
	r.deployClients(t)
}

// upgrade gives the release the values with over on top.
func (r *release) upgrade(t *testing.T, over map[string]any) {
	helm.UpgradeContext(t, t.Context(), r.helm(r.valuesFile(t, over)), r.chart(), name)
}

// pods are those of the release's servers, all pools.
func (r *release) pods(t *testing.T) []corev1.Pod {
	list, err := lab.CoreV1().Pods(r.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + name})
	require.NoError(t, err)
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return len(p.OwnerReferences) == 0 || p.OwnerReferences[0].Kind == "Job" })
}

// ready waits until every pod of every pool is there, of the newest revision, and ready.
func (r *release) ready(t *testing.T) {
	require.NoError(t, cluster.Until(t.Context(), patience, "all members of "+r.namespace+" are ready", func(ctx context.Context) (bool, error) {
		sets, err := lab.AppsV1().StatefulSets(r.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, set := range sets.Items {
			if s := set.Status; s.ObservedGeneration < set.Generation || s.Replicas != *set.Spec.Replicas ||
				s.ReadyReplicas != *set.Spec.Replicas || s.CurrentRevision != s.UpdateRevision {
				return false, fmt.Errorf("%s: %d of %d ready", set.Name, s.ReadyReplicas, *set.Spec.Replicas)
			}
		}
		deployments, err := lab.AppsV1().Deployments(r.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for _, d := range deployments.Items {
			if s := d.Status; s.ObservedGeneration < d.Generation || s.UpdatedReplicas != *d.Spec.Replicas || s.ReadyReplicas != *d.Spec.Replicas {
				return false, fmt.Errorf("%s: %d of %d ready", d.Name, s.ReadyReplicas, *d.Spec.Replicas)
			}
		}
		pods, err := lab.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/instance=" + name})
		if err != nil {
			return false, err
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp != nil {
				return false, fmt.Errorf("%s ends", pod.Name)
			}
		}
		return true, nil
	}))
}

// secret is a digest of the credentials that the release made for itself, empty
// where it needs none.
func (r *release) secret(t *testing.T) string {
	secret, err := lab.CoreV1().Secrets(r.namespace).Get(t.Context(), r.fullname()+"-credentials", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return ""
	}
	require.NoError(t, err)
	data, err := json.Marshal(secret.Data) // sorted by key
	require.NoError(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// keepArtifacts leaves what explains a failure in the folder artifacts.
func (r *release) keepArtifacts(t *testing.T, check string) {
	dir := filepath.Join("../artifacts", strings.ReplaceAll(r.Name(), "/", "-")+"-"+check)
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		t.Log(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	save := func(file, program string, args ...string) string {
		out, err := exec.CommandContext(ctx, program, append(args, "--kubeconfig", lab.Kubeconfig, "--namespace", r.namespace)...).CombinedOutput()
		if err != nil {
			out = fmt.Appendf(out, "\n%s %s: %v\n", program, strings.Join(args, " "), err)
		}
		if file != "" {
			if err := os.WriteFile(filepath.Join(dir, file), out, 0o644); err != nil {
				t.Log(err)
			}
		}
		return string(out)
	}
	save("objects.txt", "kubectl", "get", "all,pvc,pdb,endpointslices,configmaps", "--output=wide", "--show-labels")
	save("describe.txt", "kubectl", "describe", "pods,pvc,jobs")
	save("events.txt", "kubectl", "get", "events", "--sort-by=.lastTimestamp")
	save("manifest.yaml", "helm", "get", "manifest", name)
	save("values.yaml", "helm", "get", "values", name)
	names := save("", "kubectl", "get", "pods", "--output=jsonpath={.items[*].metadata.name}")
	for _, pod := range strings.Fields(names) {
		save(pod+".log", "kubectl", "logs", pod, "--all-containers", "--prefix", "--tail=2000")
		save(pod+"-previous.log", "kubectl", "logs", pod, "--all-containers", "--prefix", "--tail=2000", "--previous")
	}
	t.Logf("artifacts are in test/e2e/artifacts/%s", filepath.Base(dir))
}

// exec runs a program in a pod and gives its standard output.
func (r *release) exec(ctx context.Context, pod string, command ...string) ([]byte, error) {
	args := append([]string{"--kubeconfig", lab.Kubeconfig, "--namespace", r.namespace, "exec", pod, "--"}, command...)
	cmd := exec.CommandContext(ctx, "kubectl", args...)
	var out, failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failure
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("%s in %s: %w: %s", strings.Join(command, " "), pod, err, strings.TrimSpace(failure.String()))
	}
	return out.Bytes(), nil
}
