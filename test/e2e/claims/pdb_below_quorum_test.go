package claims_test

import (
	"strings"
	"testing"
)

// The claims of the members stay on their workers, so a member that was drained is
// away until its worker comes back.
func TestPDBBelowQuorum(t *testing.T) {
	claim(t, "pdb-below-quorum", func(e *example) {
		first, second := e.etcdWithBudget()
		e.drained(first)
		e.Logf("etcd-0: %s", e.unplaceable("etcd-0"))
		e.write("etcd-2", "one-away") // two of three are a quorum
		e.drained(second)
		e.Logf("etcd-1: %s", e.unplaceable("etcd-1"))

		out, err := e.put("etcd-2", "two-away")
		if err == nil {
			e.Fatalf("one of three members took a write: %s", out)
		}
		e.Logf("a write: %s", out)
		if !strings.Contains(out, "no leader") && !strings.Contains(out, "deadline exceeded") && !strings.Contains(out, "timed out") {
			e.Fatalf("the write failed of something else: %s", out)
		}
		status, _ := e.exec("etcd-2", "etcdctl", "endpoint", "status", "--write-out=json")
		e.Logf("etcd-2: %s", status)
		e.contains(status, "etcdserver: no leader")

		e.must(lab.Uncordon(e.ctx, second))
		e.ready("etcd-1", "etcd-2")
		e.write("etcd-2", "one-is-back")
	}, func(e *example) {
		first, second := e.etcdWithBudget()
		e.drained(first)
		e.Logf("etcd-0: %s", e.unplaceable("etcd-0"))
		e.evictionRefused("etcd-1", "The disruption budget etcd needs 2 healthy pods and has 2 currently")
		e.drainRefused(second, "etcd-1")
		e.write("etcd-2", "one-away")

		e.must(lab.Uncordon(e.ctx, first))
		e.ready("etcd-0")
		e.drained(second) // now it is this one's turn
		e.write("etcd-2", "the-other-away")
	})
}

// etcdWithBudget gives the workers of the first two members.
func (e *example) etcdWithBudget() (first, second string) {
	e.Helper()
	e.apply("objects.yaml")
	e.ready("etcd-0", "etcd-1", "etcd-2")
	e.budget("etcd", 3)
	e.write("etcd-2", "all-there")
	return e.pod("etcd-0").Spec.NodeName, e.pod("etcd-1").Spec.NodeName
}

func (e *example) put(pod, key string) (string, error) {
	return e.exec(pod, "etcdctl", "--command-timeout=10s", "put", key, "value")
}

func (e *example) write(pod, key string) {
	e.Helper()
	if out, err := e.put(pod, key); err != nil {
		e.Fatalf("write %s at %s: %v\n%s", key, pod, err, out)
	}
}
