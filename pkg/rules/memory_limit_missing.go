package rules

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "memory-limit-missing",
	Title:    "Every container beside data has a memory limit",
	Severity: finding.Warning,
	Doc: `A container without a memory limit takes what the node has. When the node runs out, the kernel
kills the process that is furthest above its request, which is often the database and not the
sidecar that leaked. Servers that size their caches by the limit (a JVM, PostgreSQL settings from
a chart, MongoDB) size them by the whole node instead.

A limit of the pod, or a LimitRange in the release with a default for memory, counts.

See [Node-pressure eviction](https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior).`,
	Hint: "set resources.limits.memory, equal to the request for a server with data",
}, func(p *rule.Pass) {
	for _, sts := range p.Graph.StatefulSets() {
		if r := sts.Pod().Resources; r != nil && hasMemory(r.Limits) || defaultsMemory(p.Graph, sts.Namespace) {
			continue
		}
		for _, c := range sts.Containers() {
			if c.Init || hasMemory(c.Resources.Limits) {
				continue
			}
			what := "container"
			if c.Sidecar {
				what = "sidecar"
			}
			p.Reportf(c, "resources.limits", "%s %q has no memory limit", what, c.Name)
		}
	}
})

func hasMemory(list corev1.ResourceList) bool {
	_, ok := list[corev1.ResourceMemory]
	return ok
}

// defaultsMemory says whether a LimitRange of the release gives containers of
// the namespace a limit.
func defaultsMemory(g *graph.Graph, namespace string) bool {
	for _, l := range g.LimitRanges() {
		for _, item := range l.Spec.Limits {
			if l.Namespace == namespace && item.Type == corev1.LimitTypeContainer && (hasMemory(item.Default) || hasMemory(item.Max)) {
				return true
			}
		}
	}
	return false
}
