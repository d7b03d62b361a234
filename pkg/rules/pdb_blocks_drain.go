package rules

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "pdb-blocks-drain",
	Title:    "A disruption budget lets at least one pod go",
	Severity: finding.Warning,
	Doc: `A budget that allows no disruption at all blocks every drain of the pods' nodes: a cluster
upgrade stops there, and an administrator ends it by deleting the pods, which no budget hinders,
at a moment nobody chose. Percentages are rounded up by the disruption controller, so that
` + "`minAvailable: 51%`" + ` of one pod is one pod.

Seen on Kubernetes 1.34: the eviction is answered with 429, "Cannot evict pod as it would violate
the pod's disruption budget", and ` + "`kubectl drain`" + ` asks again every five seconds until its timeout.

See [Specifying a disruption budget](https://kubernetes.io/docs/tasks/run-application/configure-pdb/#think-about-how-your-application-reacts-to-disruptions).`,
	Hint: "set maxUnavailable: 1, or delete the budget of a server with a single pod",
}, func(p *rule.Pass) {
	for _, b := range p.Graph.Budgets() {
		pods, names, known := members(p.Graph, b)
		if !known || pods == 0 {
			continue
		}
		if limit := b.Spec.MaxUnavailable; limit != nil {
			if n, err := intstr.GetScaledValueFromIntOrPercent(limit, pods, true); err == nil && n == 0 {
				p.Reportf(b, "spec.maxUnavailable", "maxUnavailable %s lets no pod of %s be evicted, ever", limit, names)
			}
			continue
		}
		if least := b.Spec.MinAvailable; least != nil {
			if n, err := intstr.GetScaledValueFromIntOrPercent(least, pods, true); err == nil && n >= pods {
				p.Reportf(b, "spec.minAvailable", "minAvailable %s wants %d running of %d in %s, so no pod can be evicted, ever", least, n, pods, names)
			}
		}
	}
})

// members counts the pods that a budget protects when all of them run, and
// names their workloads; false when the count is decided elsewhere.
func members(g *graph.Graph, b *graph.Budget) (pods int, names string, known bool) {
	var list []string
	for _, w := range g.Workloads() {
		if w.Ends() || !b.Selects(w) {
			continue
		}
		n, ok := w.MostReplicas()
		if !ok {
			return 0, "", false
		}
		pods += n
		list = append(list, fmt.Sprintf("%s/%s", w.Kind, w.Name))
	}
	return pods, strings.Join(list, ", "), true
}
