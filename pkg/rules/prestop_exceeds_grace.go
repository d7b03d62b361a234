package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "prestop-exceeds-grace",
	Title:    "The preStop hook leaves time to stop",
	Severity: finding.Error,
	Doc: `The grace period runs while the preStop hook does. A hook that sleeps for all of it leaves the
server no time: it gets SIGTERM and, two seconds later, SIGKILL, at every restart, drain and
upgrade. A database then recovers from its log at each start, and a server that hands over or
flushes on SIGTERM never does.

Seen on Kubernetes 1.34: with a hook of 20 s and a grace period of 10 s, a server that needs 4 s to
stop ends with exit code 137 two seconds after the period, its mark of SIGTERM on the volume and
that of a clean stop missing; the event is "PreStopHook failed".

See [Hook handler execution](https://kubernetes.io/docs/concepts/containers/container-lifecycle-hooks/#hook-handler-execution).`,
	Hint: "sleep less, or raise terminationGracePeriodSeconds by the time the server needs to stop",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		for _, c := range w.Containers() {
			if c.Lifecycle == nil || c.Lifecycle.PreStop == nil {
				continue
			}
			field, sleep := longestSleep(c.Lifecycle.PreStop)
			if sleep == 0 || sleep < float64(w.GracePeriod()) {
				continue
			}
			f := p.Reportf(c, "lifecycle.preStop."+field, "preStop sleeps %s, the pod is killed after %d s",
				seconds(sleep), w.GracePeriod())
			if w.Pod().TerminationGracePeriodSeconds != nil {
				f.Locations = append(f.Locations, w.Location(w.InPod("terminationGracePeriodSeconds")))
			}
		}
	}
})

var (
	sleeps  = regexp.MustCompile(`(?:^|[\s;&|(/])sleep\s+(infinity|\d+(?:\.\d+)?)([smhd]?)(?:$|[\s;&|)])`)
	comment = regexp.MustCompile(`(?m)(?:^|\s)#.*$`)
	units   = map[string]float64{"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
)

const forever = 1e9

// longestSleep gives the longest single sleep of a hook in seconds, and the
// field that holds it. Branches and loops of a script are not followed, so that
// a longer time is never claimed than one command takes.
func longestSleep(h *corev1.LifecycleHandler) (field string, longest float64) {
	if h.Sleep != nil {
		return "sleep.seconds", float64(h.Sleep.Seconds)
	}
	if h.Exec == nil {
		return "", 0
	}
	field = "exec.command"
	for i, word := range h.Exec.Command {
		if strings.Contains(word, "sleep") {
			field = fmt.Sprintf("exec.command[%d]", i)
			break
		}
	}
	script := comment.ReplaceAllString(strings.Join(h.Exec.Command, " "), "")
	for _, m := range sleeps.FindAllStringSubmatch(script, -1) {
		n := float64(forever)
		if m[1] != "infinity" {
			n, _ = strconv.ParseFloat(m[1], 64) // the expression admits numbers only
		}
		longest = max(longest, n*units[m[2]])
	}
	return field, longest
}

func seconds(s float64) string {
	if s >= forever {
		return "for ever"
	}
	return strconv.FormatFloat(s, 'f', -1, 64) + " s"
}
