// Package cluster is the kind cluster that the tests run on: how to reach it, which
// of its workers a test has to itself, and how to hurt it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
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
	// SlotLabel is on a worker the number of the three that it belongs to.
	SlotLabel = "e2e.stateward.dev/slot"
	trioSize  = 3
	ownName   = "stateward-e2e"
)

// Cluster is one kind cluster. Its nodes are containers of Docker, by the names they
// have in Kubernetes; that is how faults reach them.
type Cluster struct {
	*kubernetes.Clientset
	Kubeconfig string
	Version    string // of the API server, as 1.34.4

	controlPlane string
	trios        []*trio
	changed      *sync.Cond // a worker is free again
	// One node is down at a time: Docker gives addresses in the order of starts, and
	// two that come back in another order would have swapped them.
	power sync.Mutex
	// Faults of the API server are everybody's: taken for writing by them, for
	// reading by whoever needs it to be there.
	api sync.RWMutex
}

// Slot is workers that one test has to itself: it may drain, stop and cut them off.
// It has either one of them or three, one per zone.
type Slot struct {
	Nodes []string
	trio  *trio
}

// trio is three workers in three zones, which go to one test together or to three.
type trio struct {
	name  string
	nodes []string
	taken map[string]bool
}

// Selector is the node selector of the slot's workers.
func (s Slot) Selector() map[string]string {
	if len(s.Nodes) == 1 {
		return map[string]string{"kubernetes.io/hostname": s.Nodes[0]}
	}
	return map[string]string{SlotLabel: s.trio.name}
}

// Connect reaches the cluster of STATEWARD_KUBECONFIG. Without it, a cluster with a
// control plane and three workers is made, of the node image STATEWARD_NODE_IMAGE
// or kind's own; it stays for the next run. STATEWARD_SLOTS, numbers from 1 on, are
// the threes of workers to use when another run has the others.
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
	c := &Cluster{changed: sync.NewCond(&sync.Mutex{}), Clientset: client, Kubeconfig: path, Version: strings.TrimPrefix(version.GitVersion, "v")}
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

// divide groups the workers into threes and makes them schedulable, whatever an
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
	if len(zones) != trioSize {
		return fmt.Errorf("the workers are in %d zones (label %s); the tests need %d", len(zones), ZoneLabel, trioSize)
	}
	count := len(nodes.Items)
	for _, names := range zones {
		// worker2 before worker10
		slices.SortFunc(names, func(a, b string) int {
			if len(a) != len(b) {
				return len(a) - len(b)
			}
			return strings.Compare(a, b)
		})
		count = min(count, len(names))
	}
	only := strings.Fields(os.Getenv("STATEWARD_SLOTS"))
	for i := range count {
		three := &trio{name: fmt.Sprint(i + 1), taken: map[string]bool{}}
		if len(only) > 0 && !slices.Contains(only, three.name) {
			continue
		}
		for _, zone := range slices.Sorted(maps.Keys(zones)) {
			three.nodes = append(three.nodes, zones[zone][i])
		}
		for _, node := range three.nodes {
			if err := c.heal(ctx, node, three.name); err != nil {
				return err
			}
		}
		c.trios = append(c.trios, three)
	}
	if len(c.trios) == 0 {
		return fmt.Errorf("the cluster has none of the slots %v of STATEWARD_SLOTS, it has 1 to %d", only, count)
	}
	return nil
}

func (c *Cluster) heal(ctx context.Context, node, slot string) error {
	if _, err := docker(ctx, "start", node); err != nil {
		return fmt.Errorf("worker %s is no container of this Docker (DOCKER_HOST?): %w", node, err)
	}
	if err := c.Reconnect(ctx, node); err != nil {
		return err
	}
	if err := c.kubectl(ctx, "label", "node", node, "--overwrite", SlotLabel+"="+slot); err != nil {
		return err
	}
	return c.Uncordon(ctx, node)
}

// Take waits for free workers: one, or three in three zones. Give them back with Release.
func (c *Cluster) Take(ctx context.Context, workers int) (Slot, error) {
	if workers != 1 && workers != trioSize {
		return Slot{}, fmt.Errorf("a slot has 1 worker or %d, not %d", trioSize, workers)
	}
	stop := context.AfterFunc(ctx, func() {
		// With the lock, or it could come between the look at ctx and the wait.
		c.changed.L.Lock()
		defer c.changed.L.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.changed.L.Lock()
	defer c.changed.L.Unlock()
	for {
		if err := ctx.Err(); err != nil {
			return Slot{}, err
		}
		// Where others have a worker already, so that threes stay whole.
		for _, three := range slices.SortedStableFunc(slices.Values(c.trios), func(a, b *trio) int { return len(b.taken) - len(a.taken) }) {
			if len(three.taken)+workers > trioSize {
				continue
			}
			slot := Slot{trio: three}
			for _, node := range three.nodes {
				if len(slot.Nodes) < workers && !three.taken[node] {
					slot.Nodes = append(slot.Nodes, node)
					three.taken[node] = true
				}
			}
			return slot, nil
		}
		c.changed.Wait()
	}
}

// Release gives a slot back; its workers run, are reachable and take pods again.
func (c *Cluster) Release(ctx context.Context, slot Slot) error {
	var failed error
	for _, node := range slot.Nodes {
		failed = errors.Join(failed, c.heal(ctx, node, slot.trio.name))
	}
	c.changed.L.Lock()
	defer c.changed.L.Unlock()
	for _, node := range slot.Nodes {
		delete(slot.trio.taken, node)
	}
	c.changed.Broadcast()
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

// waitNode waits until a node has been heard of since a moment, and is ready. The
// condition alone may be an old one that is about to change.
func (c *Cluster) waitNode(ctx context.Context, node string, since time.Time) error {
	return Until(ctx, 3*time.Minute, "node "+node+" is ready", func(ctx context.Context) (bool, error) {
		lease, err := c.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, node, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		if lease.Spec.RenewTime == nil || lease.Spec.RenewTime.Before(&metav1.MicroTime{Time: since}) {
			return false, fmt.Errorf("nothing was heard of it since %s", since.Format(time.TimeOnly))
		}
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

// Load brings an image of Docker's to the control plane, where the tests' own pods
// run: out of the reach of what is done to workers.
func (c *Cluster) Load(ctx context.Context, image string) error {
	save := exec.CommandContext(ctx, "docker", "save", image)
	load := exec.CommandContext(ctx, "docker", "exec", "--interactive", c.controlPlane, "ctr", "--namespace", "k8s.io", "images", "import", "-")
	archive, err := save.StdoutPipe()
	if err != nil {
		return err
	}
	load.Stdin = archive
	if err := save.Start(); err != nil {
		return err
	}
	out, err := load.CombinedOutput()
	if err := errors.Join(err, save.Wait()); err != nil {
		return fmt.Errorf("load %s into %s: %w: %s", image, c.controlPlane, err, out)
	}
	return nil
}

// Memory is what a node has, in MiB; all nodes of a kind cluster have the same.
func (c *Cluster) Memory(ctx context.Context) (int64, error) {
	node, err := c.CoreV1().Nodes().Get(ctx, c.controlPlane, metav1.GetOptions{})
	if err != nil {
		return 0, err
	}
	return node.Status.Allocatable.Memory().Value() >> 20, nil
}
