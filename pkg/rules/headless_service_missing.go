package rules

import (
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "headless-service-missing",
	Title:    "A StatefulSet names a headless Service that exists",
	Severity: finding.Error,
	Doc: `The pods of a StatefulSet get the DNS names ` + "`pod-0.service.namespace.svc`" + ` only through
the Service in ` + "`spec.serviceName`" + `, if it selects them. Kubernetes promises the names for a headless
Service (` + "`clusterIP: None`" + `) only: CoreDNS has them for any other, too, kube-dns does not. Without
the names each member starts, but members that look for each other by name never form a cluster,
and a replica never finds its primary. ` + "`spec.serviceName`" + ` cannot be changed later: the StatefulSet
must be deleted and made again. With a single member nobody may look for it, so there it is a
warning.

Seen on Kubernetes 1.34: both members were ready, and the name of the second was NXDOMAIN for the
first; with a Service that has an address CoreDNS knew it. A change of ` + "`spec.serviceName`" + ` is
"Forbidden: updates to statefulset spec for fields other than ... are forbidden".

See [Stable network id](https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id).`,
	Hint: "add a Service of this name with clusterIP: None that selects the pods",
}, func(p *rule.Pass) {
	for _, sts := range p.Graph.StatefulSets() {
		name := sts.ServiceName()
		if name == "" {
			continue
		}
		svc := p.Graph.Service(sts.Namespace, name)
		var f *finding.Finding
		switch {
		case svc == nil && p.Graph.Has("Service", sts.Namespace, name): // with wrong types
		case svc == nil:
			f = p.Reportf(sts, "spec.serviceName", "no Service named %q in this release", name)
		case !svc.Headless():
			f = p.Reportf(sts, "spec.serviceName", "Service %q is not headless, so not every DNS server has names for its pods", name)
			f.Locations = append(f.Locations, svc.Location("spec.clusterIP"))
		case !svc.Nothing() && !svc.Selects(sts.Workload):
			f = p.Reportf(sts, "spec.serviceName", "Service %q selects %s, which these pods are not labelled", name, svc.LabelText())
			f.Locations = append(f.Locations, svc.Location("spec.selector"))
		}
		if members, known := sts.Replicas(); f != nil && known && members < 2 {
			f.Severity = finding.Warning
		}
	}
})
