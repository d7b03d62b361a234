// Package cluster is the kind cluster that the tests run on: how to reach it, which
// of its workers a test has to itself, and how to hurt it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
	kind "sigs.k8s.io/kind/pkg/cluster"
)

const (
	// ZoneLabel is the zone of a node; each slot has three of them.
	ZoneLabel = "topology.kubernetes.io/zone"
	// SlotLabel is on a worker the number of its slot.
	SlotLabel = "e2e.stateward.dev/slot"
	// slotSize is what a release with three members needs, one for each worker.
	slotSize = 3
	ownName  = "stateward-e2e"
)

// Cluster is one kind cluster. Its nodes are containers of Docker, by the names they
// have in Kubernetes; that is how faults reach them.
type Cluster struct {
	*kubernetes.Clientset
	Kubeconfig string
	Version    string // of the API server, as 1.34.4

	controlPlane string
	slots        chan Slot
	count        int
	// One node is down at a time: Docker gives addresses in the order of starts, and
	// two that come back in another order would have swapped them.
	power sync.Mutex
	// Faults of the API server are everybody's: taken for writing by them, for
	// reading by whoever needs it to be there.
	api sync.RWMutex
}

// Slot is three workers, one per zone, that one test has to itself: it may drain,
// stop and cut them off.
type Slot struct {
	Name  string
	Nodes []string
}

// Selector is the node selector of the slot's workers.
func (s Slot) Selector() map[string]string { return map[string]string{SlotLabel: s.Name} }

// Connect reaches the cluster of STATEWARD_KUBECONFIG. Without it, a cluster with a
// control plane and three workers is made, of the node image STATEWARD_NODE_IMAGE
// or kind's own; it stays for the next run. STATEWARD_SLOTS, numbers from 1 on, are
// the slots to use when another run has the others.
func Connect(ctx context.Context) (*Cluster, error) {
	path := os.Getenv("STATEWARD_KUBECONFIG")
	if path == "" {
		var err error
		if path, err = create(); err != nil {
			return nil, fmt.Errorf("no STATEWARD_KUBECONFIG, and no kind cluster could be made: %w", err)
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 100
	config.Timeout = 30 * time.Second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	version, err := client.Discovery().ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("the cluster of %s does not answer: %w", path, err)
	}
	c := &Cluster{Clientset: client, Kubeconfig: path, Version: strings.TrimPrefix(version.GitVersion, "v")}
	return c, c.divide(ctx)
}

func create() (string, error) {
	provider := kind.NewProvider()
	path := filepath.Join(os.TempDir(), ownName+".kubeconfig")
	names, err := provider.List()
	if err != nil {
		return "", err
	}
	if slices.Contains(names, ownName) {
		return path, provider.ExportKubeConfig(ownName, path, false)
	}
	nodes := []v1alpha4.Node{{Role: v1alpha4.ControlPlaneRole}}
	for _, zone := range []string{"zone-a", "zone-b", "zone-c"} {
		nodes = append(nodes, v1alpha4.Node{Role: v1alpha4.WorkerRole, Labels: map[string]string{ZoneLabel: zone}})
	}
	image := os.Getenv("STATEWARD_NODE_IMAGE")
	for i := range nodes {
		nodes[i].Image = image
	}
	return path, provider.Create(ownName,
		kind.CreateWithV1Alpha4Config(&v1alpha4.Cluster{Nodes: nodes}),
		kind.CreateWithKubeconfigPath(path),
		kind.CreateWithWaitForReady(4*time.Minute))
}

// divide groups the workers into slots and makes them schedulable, whatever an
// earlier run that was ended left behind.
func (c *Cluster) divide(ctx context.Context) error {
	nodes, err := c.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	zones := map[string][]string{}
	for _, node := range nodes.Items {
		if _, ok := node.Labels["node-role.kubernetes.io/control-plane"]; ok {
			c.controlPlane = node.Name
			continue
		}
		zones[node.Labels[ZoneLabel]] = append(zones[node.Labels[ZoneLabel]], node.Name)
	}
	if len(zones) != slotSize {
		return fmt.Errorf("the workers are in %d zones (label %s); the tests need %d", len(zones), ZoneLabel, slotSize)
	}
	c.count = len(nodes.Items)
	for _, names := range zones {
		// worker2 before worker10
		slices.SortFunc(names, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		c.count = min(c.count, len(names))
	}
	c.slots = make(chan Slot, c.count)
	only := strings.Fields(os.Getenv("STATEWARD_SLOTS"))
	for i := range c.count {
		slot := Slot{Name: fmt.Sprint(i + 1)}
		if len(only) > 0 && !slices.Contains(only, slot.Name) {
			continue
		}
		for _, zone := range slices.Sorted(keys(zones)) {
			slot.Nodes = append(slot.Nodes, zones[zone][i])
		}
		for _, node := range slot.Nodes {
			if err := c.heal(ctx, node, slot.Name); err != nil {
				return err
			}
		}
		c.slots <- slot
	}
	if len(c.slots) == 0 {
		return fmt.Errorf("the cluster has none of the slots %v of STATEWARD_SLOTS, it has 1 to %d", only, c.count)
	}
	c.count = len(c.slots)
	return nil
}

func keys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

func (c *Cluster) heal(ctx context.Context, node, slot string) error {
	if _, err := docker(ctx, "start", node); err != nil {
		return fmt.Errorf("worker %s is no container of this Docker (DOCKER_HOST?): %w", node, err)
	}
	if err := c.Reconnect(ctx, node); err != nil {
		return err
	}
	if err := c.waitNode(ctx, node); err != nil {
		return err
	}
	if err := c.kubectl(ctx, "label", "node", node, "--overwrite", SlotLabel+"="+slot); err != nil {
		return err
	}
	return c.Uncordon(ctx, node)
}

// Slots says how many tests can have workers of their own at once.
func (c *Cluster) Slots() int { return c.count }

// Take waits for a free slot. Give it back with Release.
func (c *Cluster) Take(ctx context.Context) (Slot, error) {
	select {
	case slot := <-c.slots:
		return slot, nil
	case <-ctx.Done():
		return Slot{}, ctx.Err()
	}
}

// Release gives a slot back; its workers run, are reachable and take pods again.
func (c *Cluster) Release(ctx context.Context, slot Slot) error {
	var failed error
	for _, node := range slot.Nodes {
		failed = errors.Join(failed, c.heal(ctx, node, slot.Name))
	}
	c.slots <- slot
	return failed
}

// UseAPI holds the API server in place until the returned function is called.
func (c *Cluster) UseAPI() func() {
	c.api.RLock()
	return c.api.RUnlock
}

// Until asks condition every second, and says what was awaited when it never came true.
func Until(ctx context.Context, timeout time.Duration, what string, condition func(ctx context.Context) (bool, error)) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, time.Second, timeout, true, func(ctx context.Context) (bool, error) {
		var done bool
		done, last = condition(ctx)
		return done && last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("not within %s: %s (%w)", timeout, what, errors.Join(err, last))
	}
	return nil
}

func (c *Cluster) waitNode(ctx context.Context, node string) error {
	return Until(ctx, 3*time.Minute, "node "+node+" is ready", func(ctx context.Context) (bool, error) {
		got, err := c.CoreV1().Nodes().Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, condition := range got.Status.Conditions {
			if condition.Type == corev1.NodeReady {
				return condition.Status == corev1.ConditionTrue, nil
			}
		}
		return false, nil
	})
}

func (c *Cluster) kubectl(ctx context.Context, args ...string) error {
	_, err := run(ctx, "kubectl", append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
	return err
}

func docker(ctx context.Context, args ...string) (string, error) { return run(ctx, "docker", args...) }

func run(ctx context.Context, program string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		return text, fmt.Errorf("%s %s: %w: %s", program, strings.Join(args, " "), err, text)
	}
	return text, nil
}

// Memory is what a node has, in MiB; all nodes of a kind cluster have the same.
func (c *Cluster) Memory(ctx context.Context) (int64, error) {
	node, err := c.CoreV1().Nodes().Get(ctx, c.controlPlane, metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	return node.Status.Allocatable.Memory().Value() >> 20, nil
}
