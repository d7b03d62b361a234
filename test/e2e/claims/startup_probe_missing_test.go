package claims_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestStartupProbeMissing(t *testing.T) {
	claim(t, "startup-probe-missing", func(e *example) {
		e.apply("objects.yaml")
		e.until(3*time.Minute, "liveness has killed the server three times", func() (bool, error) {
			pod, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, "db-0", metav1.GetOptions{})
			return err == nil && len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].RestartCount >= 3, err
		})
		e.running("db-0")
		log := e.mustExec("db-0", "cat", "/data/log")
		e.Logf("%s; %d starts", e.event("db-0", "Killing"), strings.Count(log, "recovery begins"))
		if strings.Count(log, "recovery begins") != 4 || strings.Contains(log, "recovery is done") {
			e.Errorf("log:\n%s", log)
		}
		e.contains(e.event("db-0", "Killing"), "failed liveness probe, will be restarted")
	}, func(e *example) {
		e.apply("objects.yaml")
		e.ready("db-0")
		e.until(time.Minute, "the server has recovered", func() (bool, error) {
			out, err := e.exec("db-0", "cat", "/data/log")
			return strings.Contains(out, "recovery is done"), err
		})
		if n := e.pod("db-0").Status.ContainerStatuses[0].RestartCount; n != 0 {
			e.Errorf("%d restarts", n)
		}
	})
}
