// Package graph is one release as a whole: its objects, typed, and how they
// refer to each other: what selects, mounts and owns what. In go the objects of a
// render and the namespace it is installed in; out come answers to the questions
// that rules ask. An object whose fields have wrong types stays in Objects and
// appears nowhere else: the API server's checks report it.
package graph

import (
	"slices"
	"strings"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/stateward/stateward/pkg/manifest"
)

// Graph is a release. It is built once and safe to read from many goroutines.
type Graph struct {
	Namespace string    // where objects go that name no namespace
	Objects   []*Object // all of them, in the order of the manifests

	statefulSets []*StatefulSet
	workloads    []*Workload
	services     []*Service
	budgets      []*Budget
	policies     []*Policy
	claims       []*Claim
	autoscalers  []*autoscaler
	limitRanges  []*LimitRange
	configMaps   map[key]*corev1.ConfigMap
	secrets      map[key]*corev1.Secret
}

type key struct{ namespace, name string }

// Object is an object of the release. Its findings are manifest.Object's.
type Object struct {
	*manifest.Object
	Namespace   string // the one it is created in
	Labels      map[string]string
	Annotations map[string]string
	Hooks       []string // the events of helm.sh/hook; empty when it is no hook
}

// IsHook says whether Helm runs the object at certain moments of a release
// instead of keeping it as part of it.
func (o *Object) IsHook() bool { return len(o.Hooks) > 0 }

// IsTest says whether only `helm test` creates the object.
func (o *Object) IsTest() bool {
	return o.IsHook() && !slices.ContainsFunc(o.Hooks, func(event string) bool { return !strings.HasPrefix(event, "test") })
}

// New reads the objects of a release that is installed in the namespace.
func New(objects []*manifest.Object, namespace string) *Graph {
	g := &Graph{
		Namespace:  namespace,
		configMaps: map[key]*corev1.ConfigMap{},
		secrets:    map[key]*corev1.Secret{},
	}
	for _, m := range objects {
		o := newObject(m, namespace)
		g.Objects = append(g.Objects, o)
		if w := g.workload(o); w != nil {
			g.workloads = append(g.workloads, w)
			continue
		}
		g.add(o)
	}
	return g
}

func newObject(m *manifest.Object, namespace string) *Object {
	o := &Object{Object: m, Namespace: m.Namespace}
	if o.Namespace == "" {
		o.Namespace = namespace
	}
	var meta struct {
		Metadata struct {
			Labels      map[string]any `json:"labels"`
			Annotations map[string]any `json:"annotations"`
		} `json:"metadata"`
	}
	decode(o, &meta)
	o.Labels, o.Annotations = texts(meta.Metadata.Labels), texts(meta.Metadata.Annotations)
	for event := range strings.SplitSeq(o.Annotations["helm.sh/hook"], ",") {
		if event = strings.TrimSpace(event); event != "" {
			o.Hooks = append(o.Hooks, event)
		}
	}
	return o
}

// texts keeps the entries that are what the API server wants: strings.
func texts(m map[string]any) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}

// decode reads the object into a type of k8s.io/api; false when a field has
// the wrong type.
func decode(o *Object, into any) bool {
	return json.Unmarshal(o.JSON(), into) == nil
}

// add takes in the objects that are no workloads. Versions of one kind that
// differ in nothing that is read here are read alike.
func (g *Graph) add(o *Object) {
	id := key{o.Namespace, o.Name}
	switch o.Group() + "/" + o.Kind {
	case "/Service":
		var s corev1.Service
		if decode(o, &s) {
			sel := labels.Nothing()
			if len(s.Spec.Selector) > 0 {
				sel = labels.SelectorFromSet(s.Spec.Selector)
			}
			g.services = append(g.services, &Service{&Selector{o, "spec.selector", sel}, &s.Spec})
		}
	case "policy/PodDisruptionBudget":
		var b policyv1.PodDisruptionBudget
		if decode(o, &b) {
			g.budgets = append(g.budgets, &Budget{&Selector{o, "spec.selector", selector(b.Spec.Selector)}, &b.Spec})
		}
	case "networking.k8s.io/NetworkPolicy":
		var p networkingv1.NetworkPolicy
		if decode(o, &p) {
			g.policies = append(g.policies, &Policy{&Selector{o, "spec.podSelector", selector(&p.Spec.PodSelector)}, &p.Spec})
		}
	case "/PersistentVolumeClaim":
		var c corev1.PersistentVolumeClaim
		if decode(o, &c) {
			g.claims = append(g.claims, &Claim{o, &c.Spec})
		}
	case "/LimitRange":
		var l corev1.LimitRange
		if decode(o, &l) {
			g.limitRanges = append(g.limitRanges, &LimitRange{o, &l.Spec})
		}
	case "/ConfigMap":
		var c corev1.ConfigMap
		if decode(o, &c) {
			g.configMaps[id] = &c
		}
	case "/Secret":
		var s corev1.Secret
		if decode(o, &s) {
			g.secrets[id] = &s
		}
	case "autoscaling/HorizontalPodAutoscaler":
		var h autoscalingv2.HorizontalPodAutoscaler
		if decode(o, &h) {
			ref := h.Spec.ScaleTargetRef
			g.autoscalers = append(g.autoscalers, &autoscaler{o.Namespace, ref.Kind, ref.Name, int(h.Spec.MaxReplicas)})
		}
	case "keda.sh/ScaledObject":
		var s struct {
			Spec struct {
				ScaleTargetRef struct {
					Kind string `json:"kind"`
					Name string `json:"name"`
				} `json:"scaleTargetRef"`
				MaxReplicaCount int `json:"maxReplicaCount"`
			} `json:"spec"`
		}
		if decode(o, &s) {
			ref := s.Spec.ScaleTargetRef
			g.autoscalers = append(g.autoscalers, &autoscaler{o.Namespace, ref.Kind, ref.Name, s.Spec.MaxReplicaCount})
		}
	}
}

// selector reads a label selector; one that is not valid selects nothing.
func selector(s *metav1.LabelSelector) labels.Selector {
	sel, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return labels.Nothing()
	}
	return sel
}

// autoscaler decides how many replicas its target has; 0 at most is unknown.
type autoscaler struct {
	namespace, kind, name string
	most                  int
}

// Has says whether the release has an object of the kind, one with wrong types
// included.
func (g *Graph) Has(kind, namespace, name string) bool {
	return slices.ContainsFunc(g.Objects, func(o *Object) bool {
		return o.Kind == kind && o.Namespace == namespace && o.Name == name
	})
}

// ConfigMap gives a ConfigMap of the release, nil when it has none of the name.
func (g *Graph) ConfigMap(namespace, name string) *corev1.ConfigMap {
	return g.configMaps[key{namespace, name}]
}

// Secret gives a Secret of the release, nil when it has none of the name.
func (g *Graph) Secret(namespace, name string) *corev1.Secret {
	return g.secrets[key{namespace, name}]
}

// Claim is a PersistentVolumeClaim of its own, not made by a StatefulSet.
type Claim struct {
	*Object
	Spec *corev1.PersistentVolumeClaimSpec
}

// Claims lists the release's PersistentVolumeClaims.
func (g *Graph) Claims() []*Claim { return g.claims }

// LimitRange sets limits for containers that set none.
type LimitRange struct {
	*Object
	Spec *corev1.LimitRangeSpec
}

// LimitRanges lists the release's LimitRanges.
func (g *Graph) LimitRanges() []*LimitRange { return g.limitRanges }
