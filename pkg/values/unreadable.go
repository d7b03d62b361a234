package values

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// unreadable explains errors of texts that are YAML but no values: Helm needs
// what JSON can hold. It finds the place on the nodes of the document.
func (t *text) unreadable(message string, doc *yaml.Node) (finding.Finding, bool) {
	is := func(part string) bool { return strings.Contains(message, part) }
	switch {
	case is("cannot unmarshal") && is("Go value of type map"):
		return t.notAMap(doc), true
	case is("unsupported value"):
		at := t.locate(doc, func(n *yaml.Node) bool {
			v := coreSpecial.FindString(n.Value)
			return n.Kind == yaml.ScalarNode && (n.Style == 0 || n.Style&yaml.TaggedStyle != 0) && v != ""
		})
		return syntax(at, "infinity and not-a-number have no place in values", "quote it when it is text"), true
	case is("invalid map key"), is("unsupported map key"):
		key := badKey(doc)
		at := t.nodeSpan(key)
		if key != nil && key.Kind == yaml.MappingNode && bytes.HasPrefix(t.data[t.offset(key.Line, max(key.Column-1, 1)):], []byte("{{")) {
			at.Col, at.EndCol = max(at.Col-1, 1), 0
			return syntax(at, "a template expression", templateHint), true
		}
		return syntax(at, "a key must be text", "quote the key"), true
	case is("cannot decode"):
		at := t.locate(doc, func(n *yaml.Node) bool {
			return n.Kind == yaml.ScalarNode && n.Style&yaml.TaggedStyle != 0 && strings.Contains(message, "`"+n.Value+"` as a "+n.Tag)
		})
		return syntax(at, "the value does not fit its tag", "remove the tag (!!...), or write a value of its type"), true
	case is("!!binary"):
		at := t.locate(doc, func(n *yaml.Node) bool { return n.Tag == "!!binary" })
		return syntax(at, "a !!binary value that is not base64", "write it in base64, or remove the tag"), true
	case is("value contains itself"):
		at := t.locate(doc, func(n *yaml.Node) bool { return n.Kind == yaml.AliasNode && strings.Contains(message, "'"+n.Value+"'") })
		return syntax(at, "an alias inside the value it stands for", "write the value out"), true
	case is("excessive aliasing"):
		at := t.locate(doc, func(n *yaml.Node) bool { return n.Kind == yaml.AliasNode })
		return syntax(at, "aliases of aliases grow this file beyond what Helm reads", "write the values out"), true
	case is("map merge requires"):
		var bad *yaml.Node
		walk(doc, func(n *yaml.Node) bool {
			for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
				if isMerge(n.Content[i]) && !mergeable(n.Content[i+1]) {
					bad = n.Content[i+1]
				}
			}
			return bad == nil
		})
		return syntax(t.nodeSpan(bad), "<< needs a mapping, or a list of mappings", "name the anchor of a mapping: <<: *name"), true
	}
	return finding.Finding{}, false
}

var coreSpecial = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF|nan|NaN|NAN)$`)

func (t *text) notAMap(doc *yaml.Node) finding.Finding {
	what, top := "something else", doc
	if doc != nil && len(doc.Content) == 1 {
		top = doc.Content[0]
		if top.Kind == yaml.AliasNode {
			top = top.Alias
		}
		switch top.Kind {
		case yaml.SequenceNode:
			what = "a list"
		default:
			what = fmt.Sprintf("the value %s", shorten(top.Value))
		}
	}
	return NotAMap.Finding(finding.At(finding.Values, t.nodeSpan(top)), "the file holds %s, expected keys and values", what)
}

func shorten(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "..."
	}
	return fmt.Sprintf("%q", s)
}

// badKey gives the first key that is not a scalar other than null.
func badKey(doc *yaml.Node) *yaml.Node {
	var bad *yaml.Node
	walk(doc, func(n *yaml.Node) bool {
		for i := 0; bad == nil && n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			if key.Kind != yaml.ScalarNode || helmReads(key) == nil {
				bad = n.Content[i]
			}
		}
		return bad == nil
	})
	return bad
}

func mergeable(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.AliasNode:
		return n.Alias.Kind == yaml.MappingNode
	case yaml.SequenceNode:
		for _, item := range n.Content {
			if item.Kind == yaml.SequenceNode || !mergeable(item) {
				return false
			}
		}
		return true
	}
	return n.Kind == yaml.MappingNode
}

// walk visits n and all below it, not through aliases, until visit says false.
func walk(n *yaml.Node, visit func(*yaml.Node) bool) bool {
	if n == nil {
		return true
	}
	if !visit(n) {
		return false
	}
	for _, child := range n.Content {
		if !walk(child, visit) {
			return false
		}
	}
	return true
}

// locate gives the span of the first node that matches, else the whole file.
func (t *text) locate(doc *yaml.Node, match func(*yaml.Node) bool) source.Span {
	var found *yaml.Node
	walk(doc, func(n *yaml.Node) bool {
		if match(n) {
			found = n
		}
		return found == nil
	})
	return t.nodeSpan(found)
}

func (t *text) nodeSpan(n *yaml.Node) source.Span {
	if n == nil {
		return source.Span{Pos: source.Pos{File: t.file}}
	}
	start := t.start(n)
	if n.Kind != yaml.ScalarNode && n.Kind != yaml.AliasNode {
		return t.span(start, -1)
	}
	return t.span(start, t.end(n, start))
}

// badBytes finds what no YAML text may hold; the reader names no place for it.
func (t *text) badBytes(message string) (finding.Finding, bool) {
	switch {
	case strings.Contains(message, "control characters"):
		for i, r := range string(t.data) {
			if r == utf8.RuneError {
				continue
			}
			if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff || r == 0xfeff && i > 0 {
				at := t.span(i, i+utf8.RuneLen(r))
				return syntax(at, fmt.Sprintf("a control character (%U)", r), `remove it, or write it as an escape in a double-quoted text`), true
			}
		}
	case strings.Contains(message, "UTF-8") || strings.Contains(message, "Unicode"):
		for i := 0; i < len(t.data); {
			r, size := utf8.DecodeRune(t.data[i:])
			if r == utf8.RuneError && size == 1 {
				return syntax(t.span(i, -1), fmt.Sprintf("a byte that is not UTF-8 (0x%02x)", t.data[i]), "save the file as UTF-8"), true
			}
			i += size
		}
	}
	return finding.Finding{}, false
}
