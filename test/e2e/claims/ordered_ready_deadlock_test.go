package claims_test

import (
	"regexp"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// noSuchHost is what a member says of a peer that the DNS does not know.
var noSuchHost = regexp.MustCompile(`lookup etcd-\d\.[^"]* no such host`)

func TestOrderedReadyDeadlock(t *testing.T) {
	claim(t, "ordered-ready-deadlock", func(e *example) {
		// Member 0 waits for a quorum, the members that make it one for member 0.
		e.apply("objects.yaml")
		e.running("etcd-0")
		e.until(time.Minute, "etcd-0 looks for its peers in vain", func() (bool, error) {
			return noSuchHost.MatchString(e.log("etcd-0")), nil
		})
		e.Logf("etcd-0: %s; %s", noSuchHost.FindString(e.log("etcd-0")), e.event("etcd-0", "Unhealthy"))
		e.stays(20*time.Second, "there is no second member", func() bool {
			_, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, "etcd-1", metav1.GetOptions{})
			return apierrors.IsNotFound(err) && !isReady(e.pod("etcd-0"))
		})
		set := e.observed("etcd")
		e.Logf("the StatefulSet has %d of %d pods, %d of them ready", set.Status.Replicas, *set.Spec.Replicas, set.Status.ReadyReplicas)
		if set.Status.Replicas != 1 || set.Status.ReadyReplicas != 0 {
			e.Fatal("not what a deadlock looks like")
		}

		// A release that repairs the probe is stored, and does not reach the pod.
		broken := e.pod("etcd-0")
		e.apply("repaired.yaml")
		e.until(time.Minute, "the StatefulSet has another revision", func() (bool, error) {
			return e.observed("etcd").Status.UpdateRevision != revision(broken.Labels), nil
		})
		e.stays(20*time.Second, "the broken pod is there", func() bool {
			now := e.pod("etcd-0")
			return now.UID == broken.UID && now.DeletionTimestamp == nil
		})
		set = e.observed("etcd")
		e.Logf("etcd-0 is of revision %s; the StatefulSet wants %s and has updated %d", revision(broken.Labels), set.Status.UpdateRevision, set.Status.UpdatedReplicas)

		e.deletePod("etcd-0")
		e.ready(etcds...)
		e.write("etcd-0", "key")
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready(etcds...)
		e.write("etcd-0", "key")

		// A release that breaks the members stops at the first it comes to, and one
		// that repairs them replaces it.
		was := e.pod("etcd-2")
		e.apply("broken.yaml")
		e.until(2*time.Minute, "etcd-2 is replaced by a broken one", func() (bool, error) {
			now, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, "etcd-2", metav1.GetOptions{})
			return err == nil && now.UID != was.UID && now.Status.Phase == "Running", err
		})
		broken := e.pod("etcd-2")
		if !isReady(e.pod("etcd-0")) || !isReady(e.pod("etcd-1")) {
			e.Fatal("the others are broken, too")
		}
		e.apply("objects.yaml")
		e.replaced(broken)
	})
}

// observed gives a StatefulSet once its controller has seen it as it is.
func (e *example) observed(name string) *appsv1.StatefulSet {
	e.Helper()
	var set *appsv1.StatefulSet
	e.until(time.Minute, "the controller has seen StatefulSet "+name, func() (bool, error) {
		var err error
		set, err = lab.AppsV1().StatefulSets(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
		return err == nil && set.Status.ObservedGeneration == set.Generation, err
	})
	return set
}

func revision(labels map[string]string) string { return labels[appsv1.ControllerRevisionHashLabelKey] }
