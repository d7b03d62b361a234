// Package finding is the one form in which everything that checks reports what
// it found: which rule, how bad, what, where, and what to write instead.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stateward/stateward/pkg/source"
)

// Severity says what ignoring a finding costs.
type Severity uint8

// Info is advice, Warning means that a failure will hurt more than it must,
// Error means data loss, an outage or a refused apply.
const (
	Info Severity = iota + 1
	Warning
	Error
)

var severities = [...]string{Info: "info", Warning: "warning", Error: "error"}

// String gives "info", "warning" or "error".
func (s Severity) String() string {
	if int(s) < len(severities) && s > 0 {
		return severities[s]
	}
	return fmt.Sprintf("Severity(%d)", uint8(s))
}

// ParseSeverity reads what String gives; the error lists the allowed words.
func ParseSeverity(text string) (Severity, error) {
	for s := Info; s <= Error; s++ {
		if severities[s] == text {
			return s, nil
		}
	}
	return 0, fmt.Errorf("unknown severity %q, expected error, warning or info", text)
}

// MarshalText gives the word of String.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the words of ParseSeverity.
func (s *Severity) UnmarshalText(text []byte) error {
	var err error
	*s, err = ParseSeverity(string(text))
	return err
}

// Rule is what people read about a rule. The rules over a release's objects
// (package rules) carry one, and so does every check of the input itself.
type Rule struct {
	ID       string   // kebab-case, stable
	Title    string   // one line: what holds when the rule is kept
	Severity Severity // of its findings
	Doc      string   // what breaks, and when; Markdown
	Hint     string   // what to write instead; a finding may have a better one
}

// Finding makes a finding of r with r's severity and hint.
func (r Rule) Finding(at []Location, format string, args ...any) Finding {
	return Finding{
		Rule:      r.ID,
		Severity:  r.Severity,
		Message:   fmt.Sprintf(format, args...),
		Hint:      r.Hint,
		Locations: at,
	}
}

// Text says what kind of text a Location points into.
type Text string

// The texts that stateward reads or makes.
const (
	Values   Text = "values"   // a values file, a --set argument or the chart's own defaults
	Template Text = "template" // a template of the chart
	Manifest Text = "manifest" // rendered manifests: lines of what `stateward render` prints, or of a manifest file
	Chart    Text = "chart"    // another file of the chart, such as Chart.yaml, or the chart as a whole
)

// Location is one place that a finding is about.
type Location struct {
	source.Span
	Text Text `json:"text"`
}

// At makes a list of one location.
func At(text Text, span source.Span) []Location {
	return []Location{{Span: span, Text: text}}
}

// Object names a Kubernetes object and a field in it, the field as the API
// server writes it: spec.template.spec.containers[0].image.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	Field     string `json:"field,omitempty"`
}

// String gives Kind/name, and the field after a comma.
func (o Object) String() string {
	s := o.Kind + "/" + o.Name
	if o.Field != "" {
		s += ", " + o.Field
	}
	return s
}

// Finding is one thing that is wrong. Locations is never empty; the first is
// where a person should look first.
type Finding struct {
	Rule      string     `json:"rule"`
	Severity  Severity   `json:"severity"`
	Message   string     `json:"message"`
	Hint      string     `json:"hint,omitempty"`
	Object    *Object    `json:"object,omitempty"`
	Locations []Location `json:"locations"`
}

// WithHint gives the finding with another hint.
func (f Finding) WithHint(format string, args ...any) Finding {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// Pos is the place to look at first.
func (f Finding) Pos() source.Pos {
	if len(f.Locations) == 0 {
		return source.Pos{}
	}
	return f.Locations[0].Pos
}

// Sort orders findings by place, then rule, object and message, and drops
// those that say the same of the same place.
func Sort(findings []Finding) []Finding {
	slices.SortStableFunc(findings, compare)
	return slices.CompactFunc(findings, func(a, b Finding) bool { return compare(a, b) == 0 })
}

func compare(a, b Finding) int {
	for i := range min(len(a.Locations), len(b.Locations)) {
		if c := a.Locations[i].Compare(b.Locations[i].Pos); c != 0 {
			return c
		}
	}
	object := func(f Finding) string {
		if f.Object == nil {
			return ""
		}
		return f.Object.Namespace + "/" + f.Object.String()
	}
	return cmp.Or(
		cmp.Compare(len(a.Locations), len(b.Locations)),
		strings.Compare(a.Rule, b.Rule),
		strings.Compare(object(a), object(b)),
		strings.Compare(a.Message, b.Message),
	)
}

// Count gives the number of findings of one severity.
func Count(findings []Finding, s Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}
