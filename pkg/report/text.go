package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// TextOptions is how Text writes.
type TextOptions struct {
	Color bool // ANSI colours
	Quiet bool // findings only, no summary
}

// Text writes each finding as file:line:col: severity: message [rule], the line
// with a caret, the object and a hint; the last line is a summary.
func Text(w io.Writer, r Report, o TextOptions) error {
	t := &textWriter{Writer: bufio.NewWriter(w), files: r.Files, color: o.Color}
	for _, f := range r.Findings {
		t.finding(f)
	}
	if !o.Quiet {
		t.summary(r)
	}
	return t.Flush()
}

type textWriter struct {
	*bufio.Writer
	files source.Files
	color bool
}

// The ANSI codes of what a person looks for first.
const (
	bold   = "1"
	red    = "1;31"
	yellow = "1;33"
	blue   = "1;34"
	green  = "32"
)

var severityColor = map[finding.Severity]string{finding.Error: red, finding.Warning: yellow, finding.Info: blue}

func (t *textWriter) paint(code, text string) string {
	if !t.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printf writes to the buffer, whose error Flush reports.
func (t *textWriter) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t, format, args...)
}

func (t *textWriter) finding(f finding.Finding) {
	t.printf("%s: %s: %s [%s]\n", t.paint(bold, f.Pos().String()),
		t.paint(severityColor[f.Severity], f.Severity.String()), strings.ReplaceAll(f.Message, "\n", "\n  "), f.Rule)
	shown := t.snippet(f.Locations)
	if f.Object != nil {
		t.printf("  object: %s%s\n", f.Object, renderedLine(f.Locations))
	}
	for i, l := range f.Locations {
		if i > 0 && i != shown && l.Text != finding.Manifest {
			t.printf("  also: %s\n", l.Pos)
		}
	}
	if f.Hint != "" {
		t.printf("  %s %s\n", t.paint(green, "hint:"), strings.ReplaceAll(f.Hint, "\n", "\n        "))
	}
	t.printf("\n")
}

// snippet prints the line of the first location that has one, and gives its
// index, -1 when there is none.
func (t *textWriter) snippet(locations []finding.Location) int {
	for i, l := range locations {
		line, ok := t.files.Line(l.File, l.Line)
		if !ok {
			continue
		}
		t.printf("%5d | %s\n", l.Line, line)
		if caret := source.Caret(line, l.Span); caret != "" {
			t.printf("      | %s\n", t.paint(severityColor[finding.Error], caret))
		}
		return i
	}
	return -1
}

// renderedLine says where the object's text stands when the finding begins with
// its template: the line numbers of a snippet are then those of the rendered text.
func renderedLine(locations []finding.Location) string {
	if len(locations) < 2 || locations[0].Text == finding.Manifest {
		return ""
	}
	for _, l := range locations[1:] {
		if l.Text == finding.Manifest && l.Line > 0 {
			return fmt.Sprintf(" (line %d of the rendered manifests)", l.Line)
		}
	}
	return ""
}

func (t *textWriter) summary(r Report) {
	objects, unchecked := 0, 0
	var unrendered []string
	versions := map[string]bool{}
	version := ""
	for _, c := range r.Checked {
		objects += c.Objects
		unchecked += c.Unchecked
		if !c.Rendered {
			unrendered = append(unrendered, c.Name)
		}
		if c.Kubernetes != "" && !versions[c.Kubernetes] {
			versions[c.Kubernetes] = true
			version += ", Kubernetes " + c.Kubernetes
		}
	}
	name := count(len(r.Checked), "input")
	if len(r.Checked) == 1 {
		name = r.Checked[0].Name
	}
	what := fmt.Sprintf("%s%s, %s", count(objects, "object"), version, count(r.Rules, "rule"))
	if unchecked > 0 {
		what += fmt.Sprintf(", %d of a kind without a schema", unchecked)
	}
	switch {
	case len(unrendered) == len(r.Checked):
		what = "not rendered"
	case len(unrendered) > 0:
		what += ", not rendered: " + strings.Join(unrendered, ", ")
	}
	counts := fmt.Sprintf("%s, %s", count(finding.Count(r.Findings, finding.Error), "error"),
		count(finding.Count(r.Findings, finding.Warning), "warning"))
	if n := finding.Count(r.Findings, finding.Info); n > 0 {
		counts += fmt.Sprintf(", %d info", n)
	}
	t.printf("%s: %s: %s in %s\n", name, what, counts, r.Elapsed.Round(time.Millisecond))
}
