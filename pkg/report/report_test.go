package report_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xeipuuv/gojsonschema"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/report"
	"github.com/stateward/stateward/pkg/source"
)

func location(text finding.Text, file string, line, col, end int) finding.Location {
	return finding.Location{Text: text, Span: source.Span{Pos: source.Pos{File: file, Line: line, Col: col}, EndCol: end}}
}

// sample has each form a finding can have.
func sample() report.Report {
	return report.Report{
		Findings: []finding.Finding{{
			Rule: "unknown-value", Severity: finding.Error, Message: `unknown key "sise" under storage`, Hint: "expected one of\nclass, size",
			Locations: []finding.Location{location(finding.Values, "prod.yaml", 2, 3, 7)},
		}, {
			Rule: "duplicate-key", Severity: finding.Error, Message: "set twice",
			Locations: []finding.Location{location(finding.Values, "prod.yaml", 2, 3, 7), location(finding.Values, "prod.yaml", 1, 1, 8)},
		}, {
			Rule: "headless-service-missing", Severity: finding.Warning, Message: "no Service", Hint: "add one",
			Object: &finding.Object{Kind: "StatefulSet", Namespace: "shop", Name: "db", Field: "spec.serviceName"},
			Locations: []finding.Location{
				location(finding.Template, "chart/templates/sts.yaml", 0, 0, 0),
				location(finding.Manifest, "chart (rendered)", 1, 16, 18),
			},
		}, {
			Rule: "image-latest", Severity: finding.Info, Message: "moves",
			Object:    &finding.Object{Kind: "Pod", Name: "p"},
			Locations: []finding.Location{location(finding.Manifest, "pod.yaml", 1, 8, 9)},
		}, {
			Rule: "chart-not-found", Severity: finding.Error, Message: "no such chart",
			Locations: []finding.Location{location(finding.Chart, "nowhere", 0, 0, 0)},
		}},
		Files: source.Files{
			"prod.yaml":        []byte("storage:\n  sise: 1\n"),
			"chart (rendered)": []byte("  serviceName: db\n"),
			"pod.yaml":         []byte("image: x\n"),
		},
		Checked: []report.Checked{{Name: "chart", Objects: 3, Unchecked: 1, Kubernetes: "1.37", Rendered: true}, {Name: "nowhere"}},
		Rules:   12,
		Elapsed: 38*time.Millisecond + 1,
	}
}

const sampleText = `prod.yaml:2:3: error: unknown key "sise" under storage [unknown-value]
    2 |   sise: 1
      |   ^^^^
  hint: expected one of
        class, size

prod.yaml:2:3: error: set twice [duplicate-key]
    2 |   sise: 1
      |   ^^^^
  also: prod.yaml:1:1

chart/templates/sts.yaml: warning: no Service [headless-service-missing]
    1 |   serviceName: db
      |                ^^
  object: StatefulSet/db, spec.serviceName (line 1 of the rendered manifests)
  hint: add one

pod.yaml:1:8: info: moves [image-latest]
    1 | image: x
      |        ^
  object: Pod/p

nowhere: error: no such chart [chart-not-found]

`

func TestText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, sample(), report.TextOptions{}))
	require.Equal(t, sampleText+"2 inputs: 3 objects, Kubernetes 1.37, 12 rules, 1 of a kind without a schema, "+
		"not rendered: nowhere: 3 errors, 1 warning, 1 info in 38ms\n", b.String())
}

func TestTextQuiet(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, sample(), report.TextOptions{Quiet: true}))
	require.Equal(t, sampleText, b.String())
}

// Colour adds codes and changes nothing else.
func TestTextColor(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, report.Text(&b, sample(), report.TextOptions{Quiet: true, Color: true}))
	require.Contains(t, b.String(), "\x1b[1;31merror\x1b[0m")
	plain := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[1;31m", "", "\x1b[1;33m", "", "\x1b[1;34m", "", "\x1b[32m", "").Replace(b.String())
	require.Equal(t, sampleText, plain)
}

func TestSummaryOfOneInput(t *testing.T) {
	for want, r := range map[string]report.Report{
		"charts/a: 14 objects, Kubernetes 1.37, 12 rules: 0 errors, 0 warnings in 5ms\n": {
			Checked: []report.Checked{{Name: "charts/a", Objects: 14, Kubernetes: "1.37", Rendered: true}}, Rules: 12, Elapsed: 5 * time.Millisecond},
		"charts/a: not rendered: 0 errors, 0 warnings in 5ms\n": {
			Checked: []report.Checked{{Name: "charts/a"}}, Rules: 12, Elapsed: 5 * time.Millisecond},
	} {
		var b bytes.Buffer
		require.NoError(t, report.Text(&b, r, report.TextOptions{}))
		require.Equal(t, want, b.String())
	}
}

// The schema that programs rely on holds for every form of report.
func TestJSONFollowsItsSchema(t *testing.T) {
	schema, err := os.ReadFile("../../schemas/report.schema.json")
	require.NoError(t, err)
	for name, r := range map[string]report.Report{"sample": sample(), "empty": {}} {
		var b bytes.Buffer
		require.NoError(t, report.JSON(&b, r))
		result, err := gojsonschema.Validate(gojsonschema.NewBytesLoader(schema), gojsonschema.NewBytesLoader(b.Bytes()))
		require.NoError(t, err)
		require.Empty(t, result.Errors(), "%s: %s", name, b.String())
	}
}

// A writer that fails is reported: a truncated report must not pass for a clean one.
func TestWriteErrors(t *testing.T) {
	require.Error(t, report.Text(failing{}, sample(), report.TextOptions{}))
	require.Error(t, report.JSON(failing{}, sample()))
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }
