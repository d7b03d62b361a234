package check

import (
	"slices"
	"strings"

	"github.com/stateward/stateward/pkg/apiserver"
	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/rules"
	"github.com/stateward/stateward/pkg/schema"
	"github.com/stateward/stateward/pkg/values"
)

// Rules gives every rule that Run may report, sorted by id: those over a
// release's objects, and those that the packages before them check.
func Rules() []finding.Rule {
	all := slices.Concat(values.Rules(), chart.Rules(), render.Rules(), schema.Rules(), manifest.Rules(), apiserver.Rules())
	for _, r := range rules.All() {
		all = append(all, r.Rule)
	}
	slices.SortFunc(all, func(a, b finding.Rule) int { return strings.Compare(a.ID, b.ID) })
	return all
}
