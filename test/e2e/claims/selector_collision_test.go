package claims_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSelectorCollision(t *testing.T) {
	claim(t, "selector-collision", func(e *example) {
		e.serversAndBackup(3)
		refused := e.refusals(40)
		e.Logf("%d of 40 requests: Connection refused", refused)
		if refused == 0 {
			e.Error("no request went to the Job")
		}
		var budget *policyv1.PodDisruptionBudget
		e.until(time.Minute, "the budget says why it cannot count", func() (bool, error) {
			var err error
			budget, err = lab.PolicyV1().PodDisruptionBudgets(e.namespace).Get(e.ctx, "db", metav1.GetOptions{})
			return err == nil && meta.FindStatusCondition(budget.Status.Conditions, policyv1.DisruptionAllowedCondition) != nil, err
		})
		why := meta.FindStatusCondition(budget.Status.Conditions, policyv1.DisruptionAllowedCondition)
		e.Logf("the budget allows %d: %s, %s", budget.Status.DisruptionsAllowed, why.Reason, why.Message)
		if budget.Status.DisruptionsAllowed != 0 || why.Reason != policyv1.SyncFailedReason {
			e.Error("the budget is well")
		}
		e.contains(why.Message, "jobs.batch")
		e.evictionRefused("db-0", "")
	}, func(e *example) {
		e.serversAndBackup(2)
		if refused := e.refusals(40); refused != 0 {
			e.Errorf("%d of 40 requests: Connection refused", refused)
		}
		if budget := e.budget("db", 2); budget.Status.DisruptionsAllowed != 1 {
			e.Errorf("the budget allows %d", budget.Status.DisruptionsAllowed)
		}
	})
}

// serversAndBackup waits until the Job runs beside the servers, and the Service has
// this many pods.
func (e *example) serversAndBackup(endpoints int) {
	e.Helper()
	e.apply("objects.yaml")
	e.ready("db-0", "db-1")
	e.until(time.Minute, "the Job's pod is ready", func() (bool, error) {
		pods, err := lab.CoreV1().Pods(e.namespace).List(e.ctx, metav1.ListOptions{LabelSelector: "job-name=backup"})
		return err == nil && len(pods.Items) == 1 && isReady(&pods.Items[0]), err
	})
	e.until(time.Minute, "the Service has its pods", func() (bool, error) {
		ready, _ := e.endpoints("db")
		return ready == endpoints, nil
	})
}

// refusals sends requests to the Service, and counts those that nobody took.
func (e *example) refusals(requests int) int {
	e.Helper()
	out := e.mustExec("db-0", "sh", "-c", `i=0; while [ $i -lt "$1" ]; do wget -q -T 5 -O - http://db:8080/ 2>&1; i=$((i+1)); done; true`, "sh", strconv.Itoa(requests))
	refused := strings.Count(out, "Connection refused")
	if served := strings.Count(out, "ok"); served+refused != requests {
		e.Fatalf("%d served, %d refused of %d:\n%s", served, refused, requests, out)
	}
	return refused
}
