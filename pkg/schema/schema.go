// Package schema checks values and Kubernetes objects against JSON Schemas. In
// go a chart's values.schema.json and its values, or a rendered object and a
// version of Kubernetes; out come findings at the line of the values file or
// manifest, which say what is there, what was expected and what was meant.
//
// A schema may put into the keyword "x-expected" what follows the word
// "expected" in the message about a pattern: "a size such as 10Gi".
package schema

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
	"github.com/stateward/stateward/pkg/values"
)

// UnknownValue is the rule that every key set is one that the chart knows.
var UnknownValue = finding.Rule{
	ID:       "unknown-value",
	Title:    "Every key of the values is one that the chart knows",
	Severity: finding.Error,
	Doc: "The chart's values.schema.json closes the map that holds this key, so Helm refuses the release. " +
		"Without a schema the key would be ignored, and the default it was meant to replace stay in force: " +
		"a database with the default size, no backup, no TLS.",
	Hint: "remove the key, or write it as the chart's README has it",
}

// ValuesSchema is the rule that values are what the chart's schema allows.
var ValuesSchema = finding.Rule{
	ID:       "values-schema",
	Title:    "Values are what the chart's schema allows",
	Severity: finding.Error,
	Doc:      "The value is not one that the chart's values.schema.json allows, so Helm refuses the release.",
	Hint:     "write the value as the chart's README says",
}

// InvalidSchema is the rule that a chart's schema can be used.
var InvalidSchema = finding.Rule{
	ID:       "values-schema-invalid",
	Title:    "The chart's values.schema.json is a JSON Schema that stands alone",
	Severity: finding.Error,
	Doc: "A schema that is not JSON, or that refers to what does not exist, makes Helm refuse every release of the chart. " +
		"A schema that refers to a URL works only where that URL can be reached, and may change without the chart: it is never fetched here.",
	Hint: "repair the schema; it is the chart's author who can",
}

// Rules lists what this package checks.
func Rules() []finding.Rule {
	return []finding.Rule{UnknownValue, ValuesSchema, InvalidSchema, UnknownField, ObjectSchema, RemovedAPI}
}

// ValidateValues checks the values that Helm would check, instance, against the
// text of a values.schema.json. For the schema of a subchart, at is where its
// values stand in vals, and instance is what stands there. Positions come from
// vals, the user's values over the chart's defaults; what stands in neither is
// reported at schemaFile.
func ValidateValues(schemaFile string, schema []byte, at values.Path, vals *values.Values, instance map[string]any) []finding.Finding {
	entry := cache.get(schema)
	var findings []finding.Finding
	for _, f := range entry.flaws {
		findings = append(findings, f.finding(schemaFile, schema))
	}
	if entry.compiled == nil {
		return finding.Sort(findings)
	}
	if vals == nil {
		vals = &values.Values{}
	}
	v := valuesVoice(at)
	for _, p := range entry.compiled.explain(v, instanceOf(instance)) {
		findings = append(findings, valueFinding(p, schemaFile, at, vals))
	}
	return finding.Sort(findings)
}

func valuesVoice(at values.Path) voice {
	whole := "the values"
	if len(at) > 0 {
		whole = at.String()
	}
	return voice{
		key:   "key",
		whole: whole,
		many:  len(at) == 0,
		name:  func(path []string) string { return below(at, path).String() },
		hide:  func([]string) bool { return false },
	}
}

func below(at values.Path, path []string) values.Path {
	return append(slices.Clip(at), path...)
}

// valueFinding puts a problem where the user can mend it.
func valueFinding(p problem, schemaFile string, at values.Path, vals *values.Values) finding.Finding {
	path := below(at, p.path)
	rule := ValuesSchema
	var span source.Span
	switch {
	case p.unknown:
		rule = UnknownValue
		span, _ = vals.Key(path.Child(p.key))
	case p.key != "":
		var nulled bool
		if span, nulled = vals.Key(path.Child(p.key)); nulled {
			p.hint = "null removes the chart's default; give it a value, or remove the key"
		} else {
			span, _ = vals.Key(path)
		}
	default:
		span, _ = vals.Value(path)
	}
	location := finding.At(finding.Values, span)
	if span.File == "" {
		location = finding.At(finding.Chart, source.Span{Pos: source.Pos{File: schemaFile}})
	}
	f := rule.Finding(location, "%s", p.message)
	f.Hint = cmp.Or(p.hint, f.Hint)
	return f
}

// finding puts a flaw where it stands in the text of the schema.
func (f flaw) finding(file string, text []byte) finding.Finding {
	span := source.Span{Pos: source.Pos{File: file}}
	if f.offset >= 0 {
		before := text[:min(f.offset, len(text))]
		span.Line = 1 + bytes.Count(before, []byte("\n"))
		span.Col = 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	} else if f.pointer != "" {
		// JSON is YAML but for tabs, so its positions can be had the same way.
		positions, _ := values.Parse(file, bytes.ReplaceAll(text, []byte("\t"), []byte(" ")))
		if at, _ := positions.Key(pointerPath(f.pointer)); at.Line > 0 {
			span = at
		}
	}
	return InvalidSchema.Finding(finding.At(finding.Chart, span), "the schema %s", f.message).WithHint("%s", cmp.Or(f.hint, InvalidSchema.Hint))
}
