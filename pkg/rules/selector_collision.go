package rules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "selector-collision",
	Title:    "Pods of Jobs and tests match no selector that is meant for servers",
	Severity: finding.Error,
	Doc: `A backup Job, a migration or a test pod that carries the servers' labels is taken for a server.
A Service sends it clients as long as it runs, who get "connection refused"; a headless Service
lists it among the members; a disruption budget counts it and, finding no StatefulSet behind it,
allows no disruption at all; a NetworkPolicy cuts it off. The failures come and go with the Job.

NetworkPolicies that select every pod of the namespace are meant to, and not reported.

Seen on Kubernetes 1.34: beside two servers a Job took 17 of 40 requests, all refused; the budget
(` + "`maxUnavailable: 1`" + `) allowed no disruption, "jobs.batch does not implement the scale subresource".

See [Services](https://kubernetes.io/docs/concepts/services-networking/service/#defining-a-service).`,
	Hint: "give the pods a component label of their own, and put the component into the selectors",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		if !w.Ends() {
			continue
		}
		var pickers []string
		var at []finding.Location
		meant := ""
		for _, s := range p.Graph.Selectors() {
			if s.Kind == "NetworkPolicy" && s.Everything() || !s.Selects(w) {
				continue
			}
			if server := selectedServer(p.Graph, s); server != "" {
				pickers = append(pickers, fmt.Sprintf("%s %q", s.Kind, s.Name))
				at = append(at, s.Location(s.Field))
				meant = cmp.Or(meant, server)
			}
		}
		if len(pickers) > 0 {
			f := p.Reportf(w, w.InTemplate("metadata.labels"), "the pods of this %s carry the labels of %s and are picked by %s",
				w.Kind, meant, strings.Join(pickers, ", "))
			f.Locations = append(f.Locations, at...)
		}
	}
})

// selectedServer names a workload of the release that keeps running and that s
// selects, empty when there is none.
func selectedServer(g *graph.Graph, s *graph.Selector) string {
	for _, w := range g.Workloads() {
		if !w.Ends() && s.Selects(w) {
			return fmt.Sprintf("%s/%s", w.Kind, w.Name)
		}
	}
	return ""
}
