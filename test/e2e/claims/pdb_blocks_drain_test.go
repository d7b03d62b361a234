package claims_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func TestPDBBlocksDrain(t *testing.T) {
	claim(t, "pdb-blocks-drain", func(e *example) {
		e.apply("objects.yaml")
		e.ready("db-0")
		budget := e.budget("db", 1)
		e.Logf("the budget allows %d of %d pods to go", budget.Status.DisruptionsAllowed, budget.Status.ExpectedPods)
		if budget.Status.CurrentHealthy != budget.Status.ExpectedPods || budget.Status.DisruptionsAllowed != 0 {
			e.Fatalf("all pods run and %d may go", budget.Status.DisruptionsAllowed)
		}
		e.evictionRefused("db-0", "The disruption budget db needs 1 healthy pods and has 1 currently")

		pod := e.pod("db-0")
		e.drainRefused(pod.Spec.NodeName, "db-0")
		if now := e.pod("db-0"); now.UID != pod.UID || now.DeletionTimestamp != nil {
			e.Fatal("the pod went")
		}

		// Half a pod is a pod.
		_, err := lab.PolicyV1().PodDisruptionBudgets(e.namespace).Patch(e.ctx, "db", types.MergePatchType,
			[]byte(`{"spec": {"minAvailable": "51%"}}`), metav1.PatchOptions{})
		e.must(err)
		budget = e.budget("db", 1)
		if budget.Status.DesiredHealthy != 1 || budget.Status.DisruptionsAllowed != 0 {
			e.Fatalf("51%% of a pod are %d, and %d may go", budget.Status.DesiredHealthy, budget.Status.DisruptionsAllowed)
		}

		e.deletePod("db-0") // which no budget hinders
		if now := e.replaced(pod); now.Spec.NodeName == pod.Spec.NodeName {
			e.Fatalf("the pod is on the drained worker %s again", now.Spec.NodeName)
		}
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready("db-0")
		e.budget("db", 1)
		pod := e.pod("db-0")
		e.drained(pod.Spec.NodeName)
		if now := e.replaced(pod); now.Spec.NodeName == pod.Spec.NodeName {
			e.Fatalf("the pod is on the drained worker %s again", now.Spec.NodeName)
		}
	})
}

// budget waits until the controller has counted the pods of a budget.
func (e *example) budget(name string, pods int32) *policyv1.PodDisruptionBudget {
	e.Helper()
	var budget *policyv1.PodDisruptionBudget
	e.until(time.Minute, "the budget has counted its pods", func() (bool, error) {
		var err error
		budget, err = lab.PolicyV1().PodDisruptionBudgets(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
		return err == nil && budget.Status.ObservedGeneration == budget.Generation &&
			budget.Status.ExpectedPods == pods && budget.Status.CurrentHealthy == pods, err
	})
	return budget
}

// evict asks for an eviction as a drain does.
func (e *example) evict(pod string) error {
	return lab.PolicyV1().Evictions(e.namespace).Evict(e.ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod, Namespace: e.namespace}})
}

func (e *example) evictionRefused(pod, why string) {
	e.Helper()
	err := e.evict(pod)
	if !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause) {
		e.Fatalf("the eviction of %s: %v", pod, err)
	}
	cause, _ := apierrors.StatusCause(err, policyv1.DisruptionBudgetCause)
	e.Logf("eviction of %s: 429 %v (%s)", pod, err, cause.Message)
	e.contains(err.Error(), "Cannot evict pod as it would violate the pod's disruption budget.")
	e.contains(cause.Message, why)
}

// drainRefused drains a worker for a while, in which it is told again and again that
// the pod may not go.
func (e *example) drainRefused(node, pod string) {
	e.Helper()
	e.Cleanup(func() { e.must(lab.Uncordon(e.ctx, node)) })
	start := time.Now()
	err := lab.Drain(e.ctx, node, 20*time.Second)
	if err == nil {
		e.Fatalf("%s was drained", node)
	}
	e.Logf("after %s: %v", time.Since(start).Round(time.Second), err)
	e.contains(err.Error(), `error when evicting pods/"`+pod+`"`, "Cannot evict pod as it would violate the pod's disruption budget.", "global timeout reached")
}

// drained drains a worker, and gives it back at the end of the test.
func (e *example) drained(node string) {
	e.Helper()
	e.Cleanup(func() { e.must(lab.Uncordon(e.ctx, node)) })
	start := time.Now()
	e.must(lab.Drain(e.ctx, node, 2*time.Minute))
	e.Logf("%s was drained in %s", node, time.Since(start).Round(time.Second))
}

// unplaceable waits until the scheduler has said why a pod has no node.
func (e *example) unplaceable(name string) string {
	e.Helper()
	var said string
	e.until(time.Minute, name+" has no node", func() (bool, error) {
		pod, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
				said = c.Message
				return true, nil
			}
		}
		return false, nil
	})
	return said
}
