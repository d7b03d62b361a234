package claims_test

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestHeadlessServiceMissing(t *testing.T) {
	claim(t, "headless-service-missing", func(e *example) {
		e.apply("objects.yaml")
		e.ready("db-0", "db-1") // each member starts
		peer := "db-1.db-members." + e.namespace + ".svc.cluster.local"
		out, err := e.exec("db-0", "nslookup", peer)
		if err == nil {
			e.Fatalf("the name is known: %s", out)
		}
		e.Logf("no Service: %s", out)
		e.contains(out, "NXDOMAIN")

		// Not promised by Kubernetes, and not so with every DNS server: CoreDNS has the
		// names of a Service with an address, too.
		e.apply("not-headless.yaml")
		e.resolves("db-0", peer, e.pod("db-1").Status.PodIP)

		_, err = lab.AppsV1().StatefulSets(e.namespace).Patch(e.ctx, "db", types.MergePatchType,
			[]byte(`{"spec": {"serviceName": "db"}}`), metav1.PatchOptions{})
		if !apierrors.IsInvalid(err) {
			e.Fatalf("spec.serviceName can be changed: %v", err)
		}
		e.Logf("a change of spec.serviceName: %v", err)
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready("db-0", "db-1")
		e.resolves("db-0", "db-1.db."+e.namespace+".svc.cluster.local", e.pod("db-1").Status.PodIP)
	})
}

// resolves waits until the DNS has a name: it may remember for a while that it had not.
func (e *example) resolves(from, name, address string) {
	e.Helper()
	e.until(time.Minute, name+" is known", func() (bool, error) {
		_, err := e.exec(from, "nslookup", name)
		return err == nil, nil
	})
	e.contains(e.mustExec(from, "nslookup", name), address)
}
