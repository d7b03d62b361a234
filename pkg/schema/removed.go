package schema

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

// RemovedAPI is the rule that a version of Kubernetes has an object's kind.
var RemovedAPI = finding.Rule{
	ID:       "removed-api",
	Title:    "The Kubernetes version has the kind in this API version",
	Severity: finding.Error,
	Doc: "Kubernetes removes beta versions of its APIs. An object that names one is refused by a cluster of a newer version, " +
		"and `helm upgrade` then fails for the whole release, even when only the cluster was upgraded in between.",
	Hint: "write the apiVersion that this version of Kubernetes has",
}

// removed reports an object of Kubernetes' own groups whose kind the release
// does not have; custom resources give nothing.
func (r *release) removed(o *manifest.Object, version string) []finding.Finding {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		group = ""
	}
	if !r.builtIn(group) || o.APIVersion == "v1" && o.Kind == "List" {
		return nil
	}
	f := func(format string, args ...any) finding.Finding {
		return o.Finding(RemovedAPI, "apiVersion", "%s %s does not exist in Kubernetes %s"+format,
			append([]any{o.APIVersion, o.Kind, version}, args...)...)
	}
	if versions := r.versions(o.Kind, group); len(versions) > 0 {
		return []finding.Finding{f(", use %s", versions[0]).WithHint("write apiVersion: %s, and check its fields: they may differ", versions[0])}
	}
	if near := closest(o.Kind, r.names()); near != "" {
		return []finding.Finding{o.Finding(RemovedAPI, "kind", "%s %s does not exist in Kubernetes %s, did you mean %q?", o.APIVersion, o.Kind, version, near).
			WithHint("%s is in %s", near, r.versions(near, group)[0])}
	}
	return []finding.Finding{f("").WithHint("Kubernetes %s has no kind of this name in any version; remove the object", version)}
}

// builtIn says whether a group is Kubernetes' own. Groups without a dot are
// reserved for it; other projects have groups in k8s.io as well.
func (r *release) builtIn(group string) bool {
	if !strings.Contains(group, ".") {
		return true
	}
	if !strings.HasSuffix(group, ".k8s.io") {
		return false
	}
	for kind := range r.kinds {
		if strings.HasPrefix(kind, group+"/") {
			return true
		}
	}
	return false
}

// versions gives the apiVersions that have a kind, best first: those of the
// group asked for, then stable ones.
func (r *release) versions(kind, group string) []string {
	var out []string
	for name := range r.kinds {
		if apiVersion, k, _ := strings.Cut(name, " "); k == kind {
			out = append(out, apiVersion)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(
			cmp.Compare(other(a, group), other(b, group)),
			-cmp.Compare(maturity(a), maturity(b)),
			strings.Compare(a, b),
		)
	})
	return out
}

func other(apiVersion, group string) int {
	if g, _, found := strings.Cut(apiVersion, "/"); found && g == group || !found && group == "" {
		return 0
	}
	return 1
}

var versionName = regexp.MustCompile(`v([0-9]+)(?:(alpha|beta)([0-9]+))?$`)

// maturity orders versions as Kubernetes does: v2, v1, v1beta2, v1beta1, v1alpha1.
func maturity(apiVersion string) int {
	m := versionName.FindStringSubmatch(apiVersion)
	if m == nil {
		return 0
	}
	major, _ := strconv.Atoi(m[1])
	step, _ := strconv.Atoi(m[3])
	stage := map[string]int{"": 2, "beta": 1, "alpha": 0}[m[2]]
	return stage*1_000_000 + major*1_000 + step
}

// names lists the kinds of the release.
func (r *release) names() []string {
	names := map[string]bool{}
	for kind := range r.kinds {
		_, name, _ := strings.Cut(kind, " ")
		names[name] = true
	}
	return slices.Collect(maps.Keys(names))
}
