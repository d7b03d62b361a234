// Package rules holds the built-in rules: one Go file each, with a fixture of
// the same name under testdata. In goes a release's graph, out come findings.
package rules

import (
	"embed"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/rule"
)

var all []rule.Rule

// add registers a rule. Each rule file does so once, in a variable.
//
//nolint:unparam // the declaration of a variable needs a value
func add(r finding.Rule, check func(*rule.Pass)) rule.Rule {
	added := rule.Rule{Rule: r, Check: check}
	all = append(all, added)
	return added
}

// All lists the rules, sorted by id.
func All() []rule.Rule {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b rule.Rule) int { return strings.Compare(a.ID, b.ID) })
	return sorted
}

//go:embed testdata/*.txtar
var fixtures embed.FS

// want marks the line of a fixture that the rule reports.
var want = regexp.MustCompile(`(?m)[ \t]*# want .*$`)

// Fixture gives manifests that a rule reports and manifests that it does not:
// the first of each in its fixture. Both are empty for an unknown rule.
func Fixture(id string) (bad, good string) {
	data, err := fixtures.ReadFile("testdata/" + id + ".txtar")
	if err != nil {
		return "", ""
	}
	for _, f := range txtar.Parse(data).Files {
		text := string(f.Data)
		if strings.HasSuffix(f.Name, ".again.yaml") {
			continue
		}
		if want.MatchString(text) {
			if bad == "" {
				bad = want.ReplaceAllString(text, "")
			}
		} else if good == "" {
			good = text
		}
	}
	return bad, good
}
