package claims_test

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

func TestPrestopExceedsGrace(t *testing.T) {
	claim(t, "prestop-exceeds-grace", func(e *example) {
		ended, log := e.restarted("db-0")
		if ended.ExitCode != 137 {
			e.Errorf("exit code %d, expected 137: SIGKILL", ended.ExitCode)
		}
		if !strings.Contains(log, "before: sigterm") || strings.Contains(log, "before: clean") {
			e.Errorf("the server that comes after it finds:\n%s", log)
		}
		e.Logf("event: %s", e.event("db-0", "FailedPreStopHook"))
	}, func(e *example) {
		ended, log := e.restarted("db-0")
		if ended.ExitCode != 0 {
			e.Errorf("exit code %d, expected 0", ended.ExitCode)
		}
		e.contains(log, "before: sigterm", "before: clean")
	})
}

// restarted deletes the pod, and gives how its container ended and what the next one
// found on the volume.
func (e *example) restarted(name string) (*corev1.ContainerStateTerminated, string) {
	e.Helper()
	e.apply("objects.yaml")
	e.ready(name)
	pod := e.pod(name)
	ctx, cancel := context.WithTimeout(e.ctx, 2*time.Minute)
	defer cancel()
	events, err := lab.CoreV1().Pods(e.namespace).Watch(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String(), ResourceVersion: pod.ResourceVersion})
	e.must(err)
	defer events.Stop()
	e.deletePod(name)
	var ended *corev1.ContainerStateTerminated
	var due time.Time
	for event := range events.ResultChan() {
		now, ok := event.Object.(*corev1.Pod)
		if !ok || now.UID != pod.UID {
			continue
		}
		if now.DeletionTimestamp != nil && due.IsZero() { // kubelet shortens it at the end
			due = now.DeletionTimestamp.Time
		}
		if len(now.Status.ContainerStatuses) > 0 && now.Status.ContainerStatuses[0].State.Terminated != nil {
			ended = now.Status.ContainerStatuses[0].State.Terminated
		}
		if event.Type == watch.Deleted {
			break
		}
	}
	if ended == nil {
		e.Fatal("nothing said how the container ended")
	}
	e.Logf("%s: exit code %d (%s), %+.0f s from the end of its grace period", name, ended.ExitCode, ended.Reason, ended.FinishedAt.Sub(due).Seconds())
	e.replaced(pod)
	log := e.log(name)
	e.Logf("the next one finds: %q", log)
	return ended, log
}
