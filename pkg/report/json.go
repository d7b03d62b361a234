package report

import (
	"encoding/json"
	"io"

	"github.com/stateward/stateward/pkg/finding"
)

// document is the JSON report; schemas/report.schema.json describes it.
type document struct {
	Version  int               `json:"version"`
	Findings []finding.Finding `json:"findings"`
	Summary  summary           `json:"summary"`
}

type summary struct {
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`
	Infos    int       `json:"infos"`
	Rules    int       `json:"rules"`
	Checked  []Checked `json:"checked"`
}

// JSON writes the report as one JSON document that schemas/report.schema.json
// describes. It holds no times: the same input gives the same bytes.
func JSON(w io.Writer, r Report) error {
	doc := document{
		Version:  1,
		Findings: r.Findings,
		Summary: summary{
			Errors:   finding.Count(r.Findings, finding.Error),
			Warnings: finding.Count(r.Findings, finding.Warning),
			Infos:    finding.Count(r.Findings, finding.Info),
			Rules:    r.Rules,
			Checked:  r.Checked,
		},
	}
	// A program that reads the report finds lists, never null.
	if doc.Findings == nil {
		doc.Findings = []finding.Finding{}
	}
	if doc.Summary.Checked == nil {
		doc.Summary.Checked = []Checked{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
