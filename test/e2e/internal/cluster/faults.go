package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Stop kills a worker with everything on it, as a loss of power does, except that
// what it had written to the page cache is on the disk. The returned function starts
// it again and waits until it is ready. No other worker can be stopped meanwhile.
func (c *Cluster) Stop(ctx context.Context, node string) (start func(context.Context) error, err error) {
	c.power.Lock()
	if _, err := docker(ctx, "kill", node); err != nil {
		c.power.Unlock()
		return nil, err
	}
	started := false
	return func(ctx context.Context) error {
		if started {
			return nil
		}
		started = true
		defer c.power.Unlock()
		begun := time.Now()
		if _, err := docker(ctx, "start", node); err != nil {
			return err
		}
		return c.waitNode(ctx, node, begun)
	}, nil
}

// table is the nftables table that cuts a node off.
const table = "stateward_e2e"

// Disconnect drops all that comes to a worker and leaves it through its network card;
// what runs on it goes on, and its pods reach each other.
func (c *Cluster) Disconnect(ctx context.Context, node string) error {
	_, err := docker(ctx, "exec", node, "nft",
		"add table inet "+table+
			"; add chain inet "+table+" in { type filter hook prerouting priority -400; }"+
			"; add chain inet "+table+" out { type filter hook postrouting priority -400; }"+
			"; add rule inet "+table+" in iifname eth0 drop"+
			"; add rule inet "+table+" out oifname eth0 drop")
	return err
}

// Reconnect ends Disconnect, and waits until the node is ready.
func (c *Cluster) Reconnect(ctx context.Context, node string) error {
	begun := time.Now()
	if _, err := docker(ctx, "exec", node, "nft", "add table inet "+table+"; delete table inet "+table); err != nil {
		return err
	}
	return c.waitNode(ctx, node, begun)
}

// Drain evicts all pods from a worker and keeps new ones away, for as long as the
// budgets let it; the error is kubectl's when pods are left after the timeout.
func (c *Cluster) Drain(ctx context.Context, node string, timeout time.Duration) error {
	return c.kubectl(ctx, "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout="+timeout.String())
}

// Uncordon ends Drain.
func (c *Cluster) Uncordon(ctx context.Context, node string) error {
	return c.kubectl(ctx, "uncordon", node)
}

// Kill sends SIGKILL to all processes of a container, from its node: the first
// process of a container cannot be killed from inside.
func (c *Cluster) Kill(ctx context.Context, namespace, pod, container string) error {
	got, err := c.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, status := range got.Status.ContainerStatuses {
		if status.Name != container {
			continue
		}
		_, id, _ := strings.Cut(status.ContainerID, "://")
		if id == "" {
			return fmt.Errorf("container %s of pod %s/%s does not run", container, namespace, pod)
		}
		_, err := docker(ctx, "exec", got.Spec.NodeName, "sh", "-c",
			`found=; for p in /proc/[0-9]*; do if grep -q "$1" "$p/cgroup" 2>/dev/null; then kill -9 "${p#/proc/}" && found=1; fi; done; [ "$found" ]`, "sh", id)
		return err
	}
	return fmt.Errorf("pod %s/%s has no container %s", namespace, pod, container)
}

// SuspendAPI stops the API server for a while, with its connections open, and then
// kills it; kubelet starts it again. It waits for whoever uses the API server, and
// nobody can until it is back.
func (c *Cluster) SuspendAPI(ctx context.Context, away time.Duration) error {
	c.api.Lock()
	defer c.api.Unlock()
	if _, err := docker(ctx, "exec", c.controlPlane, "pkill", "-STOP", "-x", "kube-apiserver"); err != nil {
		return err
	}
	select {
	case <-time.After(away):
	case <-ctx.Done():
	}
	if _, err := docker(context.WithoutCancel(ctx), "exec", c.controlPlane, "pkill", "-KILL", "-x", "kube-apiserver"); err != nil {
		return err
	}
	return Until(ctx, 3*time.Minute, "the API server and its controllers are back", func(ctx context.Context) (bool, error) {
		if _, err := c.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
			return false, err
		}
		// Those that lost their leases meanwhile start anew; without them nothing is reconciled.
		for _, name := range []string{"kube-controller-manager", "kube-scheduler"} {
			lease, err := c.CoordinationV1().Leases("kube-system").Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return false, err
			}
			if time.Since(lease.Spec.RenewTime.Time) > 10*time.Second {
				return false, fmt.Errorf("%s does not renew its lease", name)
			}
		}
		return true, nil
	})
}

// Tag gives an image on the slot's workers a second name, as a release of the same
// program under a new tag would have.
func (c *Cluster) Tag(ctx context.Context, slot Slot, image, name string) error {
	for _, node := range slot.Nodes {
		if _, err := docker(ctx, "exec", node, "ctr", "--namespace", "k8s.io", "images", "tag", "--force", image, name); err != nil {
			return err
		}
	}
	return nil
}

// SmallVolume is a file system of a fixed size in the memory of a worker, for a local
// volume that can be full.
type SmallVolume struct{ Node, Path string }

// NewSmallVolume mounts one, in place of one that an earlier run left.
func (c *Cluster) NewSmallVolume(ctx context.Context, node, name string, mebibytes int) (SmallVolume, error) {
	v := SmallVolume{Node: node, Path: "/mnt/" + name}
	if err := v.Remove(ctx); err != nil {
		return v, err
	}
	return v, v.sh(ctx, `mkdir -p "$1" && mount -t tmpfs -o size="$2"m,mode=0777 tmpfs "$1"`, v.Path, fmt.Sprint(mebibytes))
}

// Fill leaves no byte free. Free ends it.
func (v SmallVolume) Fill(ctx context.Context) error {
	return v.sh(ctx, `cat /dev/zero >"$1/filler" 2>/dev/null; [ "$(df --output=avail "$1" | tail -n 1)" -eq 0 ]`, v.Path)
}

// Free makes room again.
func (v SmallVolume) Free(ctx context.Context) error { return v.sh(ctx, `rm "$1/filler"`, v.Path) }

// Remove takes the file system away, with what is in it.
func (v SmallVolume) Remove(ctx context.Context) error {
	return v.sh(ctx, `! mountpoint -q "$1" || umount --lazy "$1"`, v.Path)
}

func (v SmallVolume) sh(ctx context.Context, script string, args ...string) error {
	_, err := docker(ctx, append([]string{"exec", v.Node, "sh", "-c", script, "sh"}, args...)...)
	return err
}
