package graph

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Selector is an object that picks pods by their labels.
type Selector struct {
	*Object
	Field  string // where the labels stand: spec.selector
	labels labels.Selector
}

// Selects says whether the pods of a workload are picked.
func (s *Selector) Selects(w *Workload) bool {
	return s.Namespace == w.Namespace && s.labels.Matches(labels.Set(w.PodLabels()))
}

// Everything says whether all pods of the namespace are picked.
func (s *Selector) Everything() bool { return s.labels.Empty() }

// Nothing says whether there is no selector at all.
func (s *Selector) Nothing() bool { return s.labels.String() == "" && !s.labels.Empty() }

// LabelText gives the selector as kubectl writes it: app=db,tier in (a,b).
func (s *Selector) LabelText() string { return s.labels.String() }

// Service is a Service. One without selector selects nothing.
type Service struct {
	*Selector
	Spec *corev1.ServiceSpec
}

// Headless says whether the Service has no address of its own, so that DNS
// gives the addresses and names of the pods.
func (s *Service) Headless() bool {
	return s.Spec.ClusterIP == corev1.ClusterIPNone && s.Spec.Type != corev1.ServiceTypeExternalName
}

// Budget is a PodDisruptionBudget.
type Budget struct {
	*Selector
	Spec *policyv1.PodDisruptionBudgetSpec
}

// Policy is a NetworkPolicy.
type Policy struct {
	*Selector
	Spec *networkingv1.NetworkPolicySpec
}

// Services lists the release's Services.
func (g *Graph) Services() []*Service { return g.services }

// Budgets lists the release's PodDisruptionBudgets.
func (g *Graph) Budgets() []*Budget { return g.budgets }

// Policies lists the release's NetworkPolicies.
func (g *Graph) Policies() []*Policy { return g.policies }

// Selectors lists all objects that pick pods by labels: Services, budgets and
// NetworkPolicies.
func (g *Graph) Selectors() []*Selector {
	var out []*Selector
	for _, s := range g.services {
		out = append(out, s.Selector)
	}
	for _, b := range g.budgets {
		out = append(out, b.Selector)
	}
	for _, p := range g.policies {
		out = append(out, p.Selector)
	}
	return out
}

// Service gives a Service of the release, nil when it has none of the name.
func (g *Graph) Service(namespace, name string) *Service {
	for _, s := range g.services {
		if s.Namespace == namespace && s.Name == name {
			return s
		}
	}
	return nil
}

// ServicesFor lists the Services that send traffic to a workload's pods.
func (g *Graph) ServicesFor(w *Workload) []*Service { return selecting(g.services, w) }

// BudgetsFor lists the budgets that protect a workload's pods.
func (g *Graph) BudgetsFor(w *Workload) []*Budget { return selecting(g.budgets, w) }

// PoliciesFor lists the NetworkPolicies that hold for a workload's pods.
func (g *Graph) PoliciesFor(w *Workload) []*Policy { return selecting(g.policies, w) }

func selecting[S interface{ Selects(*Workload) bool }](all []S, w *Workload) []S {
	var out []S
	for _, s := range all {
		if s.Selects(w) {
			out = append(out, s)
		}
	}
	return out
}
