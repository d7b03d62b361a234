package apiserver

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/kubernetes/pkg/apis/batch"
)

// labelJob gives a Job the selector and its pods the labels that the server
// makes when the manifest leaves them out. What the manifest does say stays and
// is compared by the validation.
func labelJob(j *batch.Job) {
	labels := j.Spec.Template.Labels
	if labels == nil {
		labels = map[string]string{}
		j.Spec.Template.Labels = labels
	}
	for key, value := range map[string]string{
		batch.JobNameLabel:             j.Name,
		batch.LegacyJobNameLabel:       j.Name,
		batch.ControllerUidLabel:       string(j.UID),
		batch.LegacyControllerUidLabel: string(j.UID),
	} {
		setDefault(labels, key, value)
	}
	if j.Spec.Selector == nil {
		j.Spec.Selector = &metav1.LabelSelector{}
	}
	if j.Spec.Selector.MatchLabels == nil {
		j.Spec.Selector.MatchLabels = map[string]string{}
	}
	setDefault(j.Spec.Selector.MatchLabels, batch.ControllerUidLabel, string(j.UID))
}

func setDefault(m map[string]string, key, value string) {
	if _, ok := m[key]; !ok {
		m[key] = value
	}
}
