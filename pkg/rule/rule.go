// Package rule is the contract between a rule and what runs it: a rule gets a
// Pass over a release and reports what it finds.
package rule

import (
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/manifest"
)

// Rule is a check of one release and what people read about it. Check keeps
// nothing between two calls.
type Rule struct {
	finding.Rule
	Check func(*Pass)
}

// Pass is one run of a rule over one release.
type Pass struct {
	Graph *graph.Graph
	Again []*manifest.Object // the objects of a second render, nil when there was none

	rule     finding.Rule
	findings []*finding.Finding
}

// Subject is what a finding can be about: an object, or a part of one that
// names its fields relative to itself.
type Subject interface {
	Finding(r finding.Rule, field, format string, args ...any) finding.Finding
}

// Run runs the rule and gives its findings in the order they were reported.
func (r Rule) Run(g *graph.Graph, again []*manifest.Object) []finding.Finding {
	p := &Pass{Graph: g, Again: again, rule: r.Rule}
	r.Check(p)
	out := make([]finding.Finding, len(p.findings))
	for i, f := range p.findings {
		out[i] = *f
	}
	return out
}

// Reportf reports a finding about a field of s. What it returns can be given a
// better hint or more locations until the check ends.
func (p *Pass) Reportf(s Subject, field, format string, args ...any) *finding.Finding {
	f := s.Finding(p.rule, field, format, args...)
	p.findings = append(p.findings, &f)
	return &f
}
