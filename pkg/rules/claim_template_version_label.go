package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "claim-template-version-label",
	Title:    "Claim templates carry no label that changes with a version",
	Severity: finding.Error,
	Doc: `The claim templates of a StatefulSet cannot be changed, their labels and annotations included.
A label with the version of the chart or of the application makes the next ` + "`helm upgrade`" + ` fail
with "updates to statefulset spec ... are forbidden", and so does every later one: the
StatefulSet has to be deleted with ` + "`--cascade=orphan`" + ` by hand first. The first release
installs well, so this is found when the chart is already in production.

Seen on Kubernetes 1.34 with Helm 3.18: "UPGRADE FAILED: cannot patch "db" with kind StatefulSet:
... spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals',
'template', ... are forbidden", for the next version and the one after it; once the StatefulSet was
deleted with ` + "`--cascade=orphan`" + `, the same upgrade went through and the pod had kept running.

See [StatefulSet limitations](https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#limitations).`,
	Hint: "label claim templates with what never changes: app.kubernetes.io/name, instance and component",
}, func(p *rule.Pass) {
	for _, sts := range p.Graph.StatefulSets() {
		for _, t := range sts.ClaimTemplates() {
			reportChanging(p, sts, t, "labels", t.Labels)
			reportChanging(p, sts, t, "annotations", t.Annotations)
		}
	}
})

func reportChanging(p *rule.Pass, sts *graph.StatefulSet, t *graph.ClaimTemplate, place string, entries map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		if changes(key, entries[key]) {
			p.Reportf(sts, fmt.Sprintf("%s.metadata.%s[%s]", t.Path, place, key),
				"claim template %q has %s %q, which is another with the next version and cannot be changed", t.Name, key, entries[key])
		}
	}
}

var hasVersion = regexp.MustCompile(`\d+\.\d+`)

// changes says whether a label or annotation follows a version or a content.
func changes(key, value string) bool {
	switch key {
	case "helm.sh/chart", "app.kubernetes.io/version":
		return true
	case "chart", "version", "appVersion", "app.version", "release-revision":
		return hasVersion.MatchString(value)
	}
	return strings.HasPrefix(key, "checksum/")
}
