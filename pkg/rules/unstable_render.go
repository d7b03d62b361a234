package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "unstable-render",
	Title:    "The same values render the same manifests",
	Severity: finding.Error,
	Doc: `A template that calls randAlphaNum, genCA, uuidv4 or now renders something else each time. A
random password is replaced by the next upgrade while the data still has the old one, and clients
and replicas are locked out; a random value in a pod template restarts every pod. GitOps tools
render at every synchronisation, so they rotate it every few minutes, and going back in Git does
not bring the old value back; ` + "`helm rollback`" + ` does, as it applies what it has stored.
` + "`lookup`" + ` hides this from ` + "`helm upgrade`" + ` only: it finds nothing when a chart is rendered without a
cluster.

What only ` + "`helm test`" + ` or the first install runs, and hook Jobs, which are made anew each time, are
not reported.

Seen on Kubernetes 1.34 with Helm 3.18: after ` + "`helm upgrade`" + ` with the same chart and values PostgreSQL
answers the password of its Secret with "password authentication failed", and still takes the old.

See [Helm best practices](https://helm.sh/docs/chart_template_guide/function_list/#randalphanum-randalpha-randnumeric-and-randascii).`,
	Hint: "make the value in the cluster (a hook Job, an operator), or take it from an existing Secret",
}, func(p *rule.Pass) {
	if p.Again == nil {
		return
	}
	again := map[string]*manifest.Object{}
	for _, o := range p.Again {
		again[id(o)] = o
	}
	for _, o := range p.Graph.Objects {
		if madeAnew(o) {
			continue
		}
		other := again[id(o.Object)]
		if other == nil {
			p.Reportf(o, "metadata.name", "%s %q is not in the second render of the same values", o.Kind, o.Name+o.GenerateName)
			continue
		}
		fields := differences(o.Object, other)
		if len(fields) == 0 {
			continue
		}
		more := ""
		switch n := len(fields) - 1; n {
		case 0:
		case 1:
			more = ", and so does 1 more field"
		default:
			more = fmt.Sprintf(", and so do %d more fields", n)
		}
		p.Reportf(o, fields[0], "%s differs between two renders of the same values%s", fields[0], more)
	}
})

func id(o *manifest.Object) string {
	return strings.Join([]string{o.APIVersion, o.Kind, o.Namespace, o.Name, o.GenerateName}, "\x00")
}

// madeAnew says whether a difference hurts nobody: the object does not live from
// one upgrade to the next.
func madeAnew(o *graph.Object) bool {
	upgrades := slices.ContainsFunc(o.Hooks, func(event string) bool {
		return strings.HasSuffix(event, "-upgrade") || strings.HasSuffix(event, "-rollback")
	})
	return o.IsHook() && (!upgrades || o.Kind == "Job" || o.Kind == "Pod")
}

// differences lists the fields that differ, at most a hundred: those of a in the
// order of its text, then those that only b has.
func differences(a, b *manifest.Object) []string {
	x, xErr := tree(a)
	y, yErr := tree(b)
	if xErr != nil || yErr != nil {
		return nil
	}
	var d diff
	d.compare("", x, y)
	slices.SortStableFunc(d.changed, func(f, g string) int { return a.At(f).Compare(a.At(g).Pos) })
	return append(d.changed, d.added...)
}

func tree(o *manifest.Object) (any, error) {
	var t any
	err := json.Unmarshal(o.JSON(), &t)
	return t, err
}

// diff collects the fields of two trees that differ.
type diff struct{ changed, added []string }

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func (d *diff) compare(at string, x, y any) {
	if len(d.changed)+len(d.added) >= 100 {
		return
	}
	switch x := x.(type) {
	case map[string]any:
		if y, ok := y.(map[string]any); ok {
			for _, key := range slices.Sorted(maps.Keys(x)) {
				d.compare(field(at, key), x[key], y[key])
			}
			for _, key := range slices.Sorted(maps.Keys(y)) {
				if _, ok := x[key]; !ok {
					d.added = append(d.added, field(at, key))
				}
			}
			return
		}
	case []any:
		if y, ok := y.([]any); ok && len(x) == len(y) {
			for i := range x {
				d.compare(fmt.Sprintf("%s[%d]", at, i), x[i], y[i])
			}
			return
		}
	}
	if !reflect.DeepEqual(x, y) {
		d.changed = append(d.changed, at)
	}
}

func field(at, key string) string {
	switch {
	case !plainKey.MatchString(key):
		return at + "[" + key + "]"
	case at == "":
		return key
	}
	return at + "." + key
}
