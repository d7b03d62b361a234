package rules

import (
	"cmp"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "startup-probe-missing",
	Title:    "Liveness waits until a server has recovered its data",
	Severity: finding.Warning,
	Doc: `After a crash a server with data replays its log before it answers: seconds with little data,
an hour with much. Without a startupProbe the liveness probe counts from the first moment and
kills the server in the middle of its recovery, which then starts from the beginning, for ever.
This happens for the first time on the worst day: when there is much data and the node died.

Seen on Kubernetes 1.34: a server that recovers for 15 seconds, with a liveness probe that gives it
6, began its recovery four times in 45 seconds and ended none; "Container db failed liveness probe,
will be restarted".

See [When should you use a startup probe](https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/#startup-probe).`,
	Hint: "add a startupProbe with the liveness probe's question and a failureThreshold that covers the longest recovery",
}, func(p *rule.Pass) {
	for _, sts := range p.Graph.StatefulSets() {
		for _, c := range sts.Containers() {
			if c.LivenessProbe == nil || c.StartupProbe != nil || !writesData(c) {
				continue
			}
			after := c.LivenessProbe.InitialDelaySeconds + patience(c.LivenessProbe)
			p.Reportf(c, "livenessProbe", "no startupProbe: liveness kills %q about %d s after its start, also while it recovers its data",
				cmp.Or(c.Name, "the container"), after)
		}
	}
})

// writesData says whether the container can write to a claim.
func writesData(c *graph.Container) bool {
	for _, m := range c.Mounts() {
		if m.Volume != nil && m.Volume.Persistent() && !m.ReadOnly {
			return true
		}
	}
	return false
}
