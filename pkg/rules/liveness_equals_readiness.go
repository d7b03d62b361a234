package rules

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "liveness-equals-readiness",
	Title:    "Liveness asks less than readiness, or is more patient",
	Severity: finding.Warning,
	Doc: `Readiness takes a pod out of its Services, liveness kills it. When both ask the same and give
up at the same time, whatever makes the server answer slowly kills it: a checkpoint, a full
connection pool, a peer that is away. A killed database recovers from its log, answers even
later, and is killed again; with a cluster-wide cause all members go at once.

The rule is silent when liveness waits longer than readiness (failureThreshold times
periodSeconds), which the Kubernetes documentation recommends for a shared cheap endpoint.

See [Configure probes](https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#define-a-liveness-command).`,
	Hint: "let liveness ask the process only (a TCP port, a local ping), or give it a higher failureThreshold",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		for _, c := range w.Containers() {
			live, ready := c.LivenessProbe, c.ReadinessProbe
			if live == nil || ready == nil {
				continue
			}
			question := handler(c, live)
			if question == "" || question != handler(c, ready) || patience(live) > patience(ready) {
				continue
			}
			f := p.Reportf(c, "livenessProbe", "liveness asks what readiness asks (%s) and gives up no later: after %d s, readiness after %d s",
				question, patience(live), patience(ready))
			f.Locations = append(f.Locations, c.Location("readinessProbe"))
		}
	}
})

// patience is how many seconds a probe fails before it has consequences.
func patience(p *corev1.Probe) int32 {
	return cmp.Or(p.FailureThreshold, 3) * cmp.Or(p.PeriodSeconds, 10)
}

// handler writes what a probe asks, the same for probes that ask the same.
func handler(c *graph.Container, p *corev1.Probe) string {
	switch h := p.ProbeHandler; {
	case h.Exec != nil:
		return strings.Join(h.Exec.Command, " ")
	case h.TCPSocket != nil:
		return "TCP " + h.TCPSocket.Host + port(c, h.TCPSocket.Port)
	case h.GRPC != nil:
		service := ""
		if h.GRPC.Service != nil {
			service = *h.GRPC.Service
		}
		return fmt.Sprintf("gRPC :%d %s", h.GRPC.Port, service)
	case h.HTTPGet != nil:
		g := h.HTTPGet
		s := fmt.Sprintf("%s %s%s%s", cmp.Or(g.Scheme, corev1.URISchemeHTTP), g.Host, port(c, g.Port), cmp.Or(g.Path, "/"))
		for _, header := range g.HTTPHeaders {
			s += " " + header.Name
			// What a header holds can be a secret; it is compared, not shown.
			if header.Name == "Host" {
				s += "=" + header.Value
			}
		}
		return s
	}
	return ""
}

// port gives a port by number, by name when the container does not declare it.
func port(c *graph.Container, p intstr.IntOrString) string {
	if p.Type == intstr.String {
		for _, declared := range c.Ports {
			if declared.Name == p.StrVal {
				return fmt.Sprintf(":%d", declared.ContainerPort)
			}
		}
	}
	return ":" + p.String()
}
