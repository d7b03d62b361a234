package graph

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Workload is an object that makes pods: a Deployment, StatefulSet, DaemonSet,
// ReplicaSet, ReplicationController, Job, CronJob or a Pod itself.
type Workload struct {
	*Object
	Selector labels.Selector // of its own pods; nothing for Pods, and for Jobs that leave it to the API server

	graph      *Graph
	pod        *corev1.PodSpec
	podLabels  map[string]string
	path       string // of the pod template: spec.template, empty for a Pod
	replicas   *int32
	claims     []*ClaimTemplate
	volumes    []*Volume
	containers []*Container
}

// StatefulSet is a Workload whose pods keep their names and claims.
type StatefulSet struct {
	*Workload
	Spec *appsv1.StatefulSetSpec
}

// ClaimTemplate is a claim that a StatefulSet makes for each of its pods and,
// unless told otherwise, never deletes. Path is its field.
type ClaimTemplate struct {
	*corev1.PersistentVolumeClaim
	StatefulSet *StatefulSet
	Path        string
}

// Workloads lists what makes pods, in the order of the manifests.
func (g *Graph) Workloads() []*Workload { return g.workloads }

// StatefulSets lists the release's StatefulSets.
func (g *Graph) StatefulSets() []*StatefulSet { return g.statefulSets }

// ServiceName is the Service that gives the pods their DNS names, empty when
// they have none.
func (s *StatefulSet) ServiceName() string { return s.Spec.ServiceName }

// ClaimTemplates lists the claims that each pod gets.
func (s *StatefulSet) ClaimTemplates() []*ClaimTemplate { return s.claims }

// Pod is what the pods are made from. The caller must not change it.
func (w *Workload) Pod() *corev1.PodSpec { return w.pod }

// PodLabels are the labels of the pods, without those that controllers add.
func (w *Workload) PodLabels() map[string]string { return w.podLabels }

// InTemplate gives the field of the workload for a field of its pod template,
// such as metadata.labels.
func (w *Workload) InTemplate(field string) string {
	if w.path == "" {
		return field
	}
	return w.path + "." + field
}

// InPod gives the field of the workload for a field of its pods' spec, such as
// terminationGracePeriodSeconds.
func (w *Workload) InPod(field string) string { return w.InTemplate("spec." + field) }

// Containers lists all containers: init containers and sidecars first, as they
// start.
func (w *Workload) Containers() []*Container { return w.containers }

// Volumes lists what the pods can mount, claim templates included.
func (w *Workload) Volumes() []*Volume { return w.volumes }

// Ends says whether the pods run to an end: Jobs, CronJobs, bare Pods and what
// only `helm test` creates.
func (w *Workload) Ends() bool {
	switch w.Kind {
	case "Job", "CronJob", "Pod":
		return true
	}
	return w.IsTest()
}

// Replicas is how many pods the workload asks for; false when nodes or an
// autoscaler decide.
func (w *Workload) Replicas() (int, bool) {
	if w.Kind == "DaemonSet" || w.autoscaler() != nil {
		return 0, false
	}
	if w.replicas == nil {
		return 1, true
	}
	return int(*w.replicas), true
}

// MostReplicas is how many pods there can be at most; false when nodes decide
// or an autoscaler does not say.
func (w *Workload) MostReplicas() (int, bool) {
	if a := w.autoscaler(); a != nil {
		return a.most, a.most > 0
	}
	return w.Replicas()
}

func (w *Workload) autoscaler() *autoscaler {
	for _, a := range w.graph.autoscalers {
		if a.namespace == w.Namespace && a.name == w.Name && (a.kind == w.Kind || a.kind == "" && w.Kind == "Deployment") {
			return a
		}
	}
	return nil
}

// GracePeriod is how many seconds a pod has to stop.
func (w *Workload) GracePeriod() int64 {
	if s := w.pod.TerminationGracePeriodSeconds; s != nil {
		return *s
	}
	return corev1.DefaultTerminationGracePeriodSeconds
}

// workload reads an object that makes pods, nil when it is none.
func (g *Graph) workload(o *Object) *Workload {
	w := &Workload{Object: o, graph: g, path: "spec.template", Selector: labels.Nothing()}
	template, ok := w.read()
	if !ok {
		return nil
	}
	w.pod, w.podLabels = &template.Spec, template.Labels
	w.volumes = w.readVolumes()
	w.readContainers()
	return w
}

// read decodes the object and gives its pod template.
func (w *Workload) read() (*corev1.PodTemplateSpec, bool) {
	switch w.Group() + "/" + w.Kind {
	case "apps/StatefulSet":
		var s appsv1.StatefulSet
		if !decode(w.Object, &s) {
			return nil, false
		}
		w.replicas, w.Selector = s.Spec.Replicas, selector(s.Spec.Selector)
		sts := &StatefulSet{w, &s.Spec}
		for i := range s.Spec.VolumeClaimTemplates {
			w.claims = append(w.claims, &ClaimTemplate{&s.Spec.VolumeClaimTemplates[i], sts, fmt.Sprintf("spec.volumeClaimTemplates[%d]", i)})
		}
		w.graph.statefulSets = append(w.graph.statefulSets, sts)
		return &s.Spec.Template, true
	case "apps/Deployment":
		var d appsv1.Deployment
		ok := decode(w.Object, &d)
		w.replicas, w.Selector = d.Spec.Replicas, selector(d.Spec.Selector)
		return &d.Spec.Template, ok
	case "apps/ReplicaSet":
		var r appsv1.ReplicaSet
		ok := decode(w.Object, &r)
		w.replicas, w.Selector = r.Spec.Replicas, selector(r.Spec.Selector)
		return &r.Spec.Template, ok
	case "apps/DaemonSet":
		var d appsv1.DaemonSet
		ok := decode(w.Object, &d)
		w.Selector = selector(d.Spec.Selector)
		return &d.Spec.Template, ok
	case "/ReplicationController":
		var r corev1.ReplicationController
		ok := decode(w.Object, &r)
		w.replicas, w.Selector = r.Spec.Replicas, selector(&metav1.LabelSelector{MatchLabels: r.Spec.Selector})
		return r.Spec.Template, ok && r.Spec.Template != nil
	case "batch/Job":
		var j batchv1.Job
		ok := decode(w.Object, &j)
		w.replicas, w.Selector = j.Spec.Parallelism, selector(j.Spec.Selector)
		return &j.Spec.Template, ok
	case "batch/CronJob":
		var c batchv1.CronJob
		ok := decode(w.Object, &c)
		w.path = "spec.jobTemplate.spec.template"
		w.replicas = c.Spec.JobTemplate.Spec.Parallelism
		return &c.Spec.JobTemplate.Spec.Template, ok
	case "/Pod":
		var p corev1.Pod
		ok := decode(w.Object, &p)
		w.path = ""
		return &corev1.PodTemplateSpec{ObjectMeta: p.ObjectMeta, Spec: p.Spec}, ok
	}
	return nil, false
}
