package values

import (
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// DuplicateKey is the rule that a mapping sets each key once.
var DuplicateKey = finding.Rule{
	ID:       "duplicate-key",
	Title:    "A mapping sets each key once",
	Severity: finding.Error,
	Doc: "YAML forbids a mapping to have the same key twice. Helm takes such a file, keeps the last of the two and says nothing, " +
		"so what the first one set is lost: often a whole section that was pasted a second time. " +
		"The same happens to a key that stands before a merge (`<<`) which has it too: Helm lets the merge win there.",
	Hint: "keep one of the two; Helm reads the last",
}

// builder makes the positions of one document that Helm can read.
type builder struct {
	*text
	anchored map[*yaml.Node]*node
	findings []finding.Finding
}

// value gives the node of n, and where n ends when that is on n's first line,
// else -1.
func (b *builder) value(n *yaml.Node) (*node, int) {
	start := b.start(n)
	if n.Kind == yaml.AliasNode {
		end := b.end(n, start)
		alias := *b.anchored[n.Alias]
		alias.span = b.span(start, end)
		return &alias, end
	}
	v := &node{span: b.span(start, -1)}
	if n.Anchor != "" {
		b.anchored[n] = v
	}
	var end int
	switch n.Kind {
	case yaml.MappingNode:
		v.kind = mapping
		end = b.mapping(v, n, start)
	case yaml.SequenceNode:
		v.kind = list
		end = b.list(v, n, start)
	default:
		b.trap(n, start, false)
		end = b.end(n, start)
	}
	if end >= start {
		v.span.EndCol = v.span.Col + utf8.RuneCount(b.data[start:end])
	}
	return v, end
}

func (b *builder) list(v *node, n *yaml.Node, start int) int {
	v.items = make([]field, 0, len(n.Content))
	last := start + 1
	for _, item := range n.Content {
		value, end := b.value(item)
		v.items = append(v.items, field{key: value.span, value: value})
		last = end
	}
	if n.Style&yaml.FlowStyle == 0 {
		return -1
	}
	return b.closing(last)
}

func (b *builder) mapping(v *node, n *yaml.Node, start int) int {
	v.fields = make(map[string]field, len(n.Content)/2)
	merged := map[string]bool{} // came by a merge, so setting it again is no mistake
	last := start + 1
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		keySpan, name := b.key(key)
		child, end := b.value(value)
		last = end
		if isMerge(key) {
			b.merge(v, child, value, merged)
			continue
		}
		if first, ok := v.fields[name]; ok && !merged[name] {
			b.report(DuplicateKey.Finding(finding.At(finding.Values, keySpan),
				"key %q is set twice, first at line %d", name, first.key.Line), first.key)
		}
		delete(merged, name)
		v.fields[name] = field{key: keySpan, value: child}
	}
	if n.Style&yaml.FlowStyle == 0 {
		return -1
	}
	return b.closing(last)
}

// key gives where a key stands and the name Helm reads it as.
func (b *builder) key(n *yaml.Node) (source.Span, string) {
	start := b.start(n)
	span := b.span(start, b.end(n, start))
	if n.Kind == yaml.AliasNode {
		return span, keyName(n.Alias)
	}
	if n.Anchor != "" {
		b.anchored[n] = &node{span: span}
	}
	if !isMerge(n) {
		b.trap(n, start, true)
	}
	return span, keyName(n)
}

// merge brings in the mapping, or list of mappings, after "<<". Helm's reader
// does so where the "<<" stands: it overwrites what is set above it.
func (b *builder) merge(v, from *node, n *yaml.Node, merged map[string]bool) {
	maps := []*node{from}
	if from.kind == list && n.Kind == yaml.SequenceNode {
		maps = maps[:0]
		for i := len(from.items) - 1; i >= 0; i-- { // the first of a list wins
			maps = append(maps, from.items[i].value)
		}
	}
	for _, m := range maps {
		for name, f := range m.fields {
			if first, ok := v.fields[name]; ok && !merged[name] {
				b.report(DuplicateKey.Finding(finding.At(finding.Values, first.key),
					"key %q is overwritten by the merge (<<) below it, at line %d", name, n.Line).
					WithHint("put << above the keys that shall win over it"), f.key)
			}
			merged[name] = true
			v.fields[name] = f
		}
	}
}

// report adds a finding with a second place to look at.
func (b *builder) report(f finding.Finding, other source.Span) {
	f.Locations = append(f.Locations, finding.Location{Span: other, Text: finding.Values})
	b.findings = append(b.findings, f)
}

func isMerge(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!merge"
}
