package claims_test

import (
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var valkeys = []string{"db-0", "db-1", "db-2"}

// The fail-overs are made by hand, with the commands that Sentinel gives.
func TestRoleByOrdinal(t *testing.T) {
	claim(t, "role-by-ordinal", func(e *example) {
		e.apply("objects.yaml")
		e.ready(valkeys...)
		e.set("db-0", "before", "2")

		// Fail-over to db-1. Member 0 comes back and is primary, as at its first start.
		e.failover("db-1", "db-2")
		old := e.pod("db-0")
		e.deletePod("db-0")
		e.replaced(old)
		e.set("db-1", "after", "1") // acknowledged by db-1 and its replica
		roles := e.roles()
		e.Logf("after the fail-over: %v", roles)
		if roles["db-0"] != "master" || roles["db-1"] != "master" {
			e.Errorf("roles %v, expected two primaries", roles)
		}
		if got := e.valkey("db-0", "get", "after"); got != "" {
			e.Errorf("db-0 has the write that it did not see: %q", got)
		}

		// The primary of the fail-over restarts and is a replica by its ordinal.
		old = e.pod("db-1")
		e.deletePod("db-1")
		e.replaced(old)
		e.linked("db-1", "db-2")
		for _, name := range valkeys {
			if got := e.valkey(name, "get", "after"); got != "" {
				e.Errorf("%s still has the acknowledged write: %q", name, got)
			}
		}
		e.Logf("after a restart of db-1: %v, the write that it acknowledged is nowhere", e.roles())

		// Member 0 loses its volume: the replicas copy the empty primary, db-2 by way of
		// db-1, which it follows since the fail-over.
		e.set("db-0", "last", "1")
		e.loseVolume("db-0")
		e.ready("db-0")
		e.until(time.Minute, "the replicas have copied the empty primary", func() (bool, error) {
			return e.valkey("db-1", "dbsize") == "0" && e.valkey("db-2", "dbsize") == "0", nil
		})
		e.linked("db-1", "db-2")
		e.Logf("after the loss of one volume of three: %v, no key is left on any", e.roles())
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready(valkeys...)
		e.set("db-0", "before", "2")

		// Member 0 loses its volume, and waits for a primary instead of being one.
		e.loseVolume("db-0")
		e.running("db-0")
		e.until(time.Minute, "db-0 waits for a primary", func() (bool, error) {
			return strings.Contains(e.log("db-0"), "waiting for a primary, 2 others answer"), nil
		})
		e.failover("db-1", "db-2")
		e.ready("db-0")
		e.linked("db-0", "db-2")
		e.set("db-1", "after", "2")

		old := e.pod("db-0")
		e.deletePod("db-0")
		e.replaced(old)
		e.linked("db-0", "db-2")
		roles := e.roles()
		e.Logf("after both: %v", roles)
		for name, want := range map[string]string{"db-0": "slave", "db-1": "master", "db-2": "slave"} {
			if roles[name] != want {
				e.Errorf("%s is %s, expected %s", name, roles[name], want)
			}
			for _, key := range []string{"before", "after"} {
				if got := e.valkey(name, "get", key); got != "value" {
					e.Errorf("%s has %s = %q", name, key, got)
				}
			}
		}
	})
}

func (e *example) valkey(pod string, command ...string) string {
	e.Helper()
	return e.mustExec(pod, append([]string{"valkey-cli"}, command...)...)
}

// set writes a key, and fails unless this many replicas have acknowledged it. WAIT
// answers for the writes of its own connection, hence the pipe.
func (e *example) set(pod, key, replicas string) {
	e.Helper()
	e.until(time.Minute, replicas+" replicas follow "+pod, func() (bool, error) {
		return strings.Contains(e.valkey(pod, "info", "replication"), "connected_slaves:"+replicas), nil
	})
	out := e.mustExec(pod, "sh", "-c", `printf 'set %s value\nwait %s 20000\n' "$1" "$2" | valkey-cli`, "sh", key, replicas)
	if lines := strings.Fields(out); len(lines) != 2 || lines[0] != "OK" || lines[1] != replicas {
		e.Fatalf("write %s at %s: %q, expected %s replicas to have it", key, pod, out, replicas)
	}
}

// failover makes a replica primary and has another follow it.
func (e *example) failover(primary, follower string) {
	e.Helper()
	e.valkey(primary, "replicaof", "no", "one")
	e.valkey(follower, "replicaof", primary+".db."+e.namespace+".svc.cluster.local", "6379")
	e.linked(follower)
}

// linked waits until replicas are in step with their primaries.
func (e *example) linked(replicas ...string) {
	e.Helper()
	for _, name := range replicas {
		e.until(time.Minute, name+" follows its primary", func() (bool, error) {
			return strings.Contains(e.valkey(name, "info", "replication"), "master_link_status:up"), nil
		})
	}
}

func (e *example) roles() map[string]string {
	e.Helper()
	roles := map[string]string{}
	for _, name := range valkeys {
		roles[name], _, _ = strings.Cut(e.valkey(name, "role"), "\n")
	}
	return roles
}

// loseVolume deletes a member's claim with the member; both are made anew.
func (e *example) loseVolume(pod string) {
	e.Helper()
	claims := lab.CoreV1().PersistentVolumeClaims(e.namespace)
	old, err := claims.Get(e.ctx, "data-"+pod, metav1.GetOptions{})
	e.must(err)
	e.must(claims.Delete(e.ctx, old.Name, metav1.DeleteOptions{}))
	e.deletePod(pod)
	e.until(2*time.Minute, pod+" has a new claim", func() (bool, error) {
		now, err := claims.Get(e.ctx, old.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return false, nil
		}
		return err == nil && now.UID != old.UID && now.Status.Phase == "Bound", err
	})
}
