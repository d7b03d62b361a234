package values

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// NotAMap is the rule that a values file holds keys at its top.
var NotAMap = finding.Rule{
	ID:       "values-not-a-map",
	Title:    "A values file is a mapping of keys to values",
	Severity: finding.Error,
	Doc:      "Helm refuses a values file whose top is a list, a text or a number: it has no keys to merge with the chart's.",
	Hint:     "write key: value lines at the top, each with a space after the colon",
}

// ExtraDocument is the rule that nothing in a values file goes unread.
var ExtraDocument = finding.Rule{
	ID:       "values-extra-document",
	Title:    "A values file is one YAML document",
	Severity: finding.Error,
	Doc: "Helm reads the first YAML document of a values file and silently drops what follows: " +
		"a `---` in the middle of the file, or a file glued behind another, loses all keys below it.",
	Hint: "remove the --- line, or put the documents into files of their own and pass each with -f",
}

// Parse reads one values file. The Values are never nil; when the text cannot
// be read they are empty and a finding says why.
func Parse(file string, raw []byte) (*Values, []finding.Finding) {
	t := newText(file, normalize(raw))
	whole := source.Span{Pos: source.Pos{File: file}}
	v := &Values{Map: map[string]any{}, root: &node{kind: mapping, span: whole}}

	var m map[string]any
	helmErr := sigsyaml.Unmarshal(t.data, &m)
	first, rest, nodeErr := documents(t.data)
	if helmErr != nil {
		return v, []finding.Finding{t.invalid(helmErr, nodeErr, first)}
	}
	if m != nil {
		v.Map = m
	}
	if nodeErr != nil {
		f := t.invalid(nodeErr, nodeErr, nil)
		f.Severity = finding.Warning
		f.Message = "only an old YAML reader like Helm's takes this file; " + f.Message
		return v, []finding.Finding{f}
	}
	b := builder{text: t, anchored: map[*yaml.Node]*node{}}
	if top := first; top != nil && len(top.Content) == 1 {
		if root, _ := b.value(top.Content[0]); root.kind == mapping {
			v.root = root
			v.root.span = whole
		}
	}
	if rest != nil {
		b.findings = append(b.findings, t.extra(rest))
	}
	return v, finding.Sort(b.findings)
}

// remainder is what stands behind the first document: a node, or an error
// where it is not even YAML.
type remainder struct {
	node *yaml.Node
	err  error
}

// documents gives the first document of a text, and what is behind it unless
// that is empty.
func documents(data []byte) (first *yaml.Node, rest *remainder, err error) {
	defer func() {
		if r := recover(); r != nil { // yaml.v3 panics on some comments it cannot place
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(data))
	first = &yaml.Node{}
	if err := dec.Decode(first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	for {
		next := &yaml.Node{}
		err := dec.Decode(next)
		switch {
		case errors.Is(err, io.EOF):
			return first, nil, nil
		case err != nil:
			return first, &remainder{err: err}, nil
		case !empty(next):
			return first, &remainder{node: next.Content[0]}, nil
		}
	}
}

func empty(doc *yaml.Node) bool {
	if len(doc.Content) != 1 {
		return true
	}
	n := doc.Content[0]
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Value == ""
}

// extra reports what Helm does not read.
func (t *text) extra(rest *remainder) finding.Finding {
	if rest.node == nil {
		message, line := splitError(rest.err)
		if strings.Contains(message, "<document start>") {
			line++ // counted from 0, as all of the parser's lines
		}
		return ExtraDocument.Finding(finding.At(finding.Values, t.lineSpan(t.clamp(line))),
			"Helm reads the first YAML document only, and not what follows it here")
	}
	span := t.span(t.offset(rest.node.Line, rest.node.Column), -1)
	if rest.node.Kind != yaml.MappingNode || len(rest.node.Content) == 0 {
		return ExtraDocument.Finding(finding.At(finding.Values, span),
			"Helm reads the first YAML document only, so this one is lost")
	}
	var names []string
	for i := 0; i < len(rest.node.Content); i += 2 {
		names = append(names, rest.node.Content[i].Value)
	}
	const show = 5
	more := ""
	if len(names) > show {
		more = fmt.Sprintf(" and %d more", len(names)-show)
		names = names[:show]
	}
	return ExtraDocument.Finding(finding.At(finding.Values, span),
		"Helm reads the first YAML document only, so these keys are lost: %s%s", strings.Join(names, ", "), more)
}
