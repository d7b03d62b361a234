package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/source"
)

// At gives the place of a field, written as the API server writes it:
// spec.template.spec.containers[0].image, metadata.labels[app.kubernetes.io/name].
// It spans the value when that is a scalar and the key otherwise. A field that
// is not there stands where its nearest existing ancestor has its key.
func (o *Object) At(field string) source.Span {
	key, value, _ := o.find(field)
	return o.text.node(key, value)
}

// Key is At with the span of the field's name: what is wrong with an unknown
// field is its name.
func (o *Object) Key(field string) source.Span {
	key, value, _ := o.find(field)
	if key != nil {
		return o.text.scalar(key)
	}
	return o.text.node(nil, value)
}

// Has says whether a field is written in the object, be it empty.
func (o *Object) Has(field string) bool {
	_, _, found := o.find(field)
	return found
}

// Missing says whether a field is not there for the API server, which takes null
// for not written.
func (o *Object) Missing(field string) bool {
	_, value, found := o.find(field)
	return !found || null(value)
}

// Text gives what a field holds; nothing for one that is missing, and for lists
// and mappings.
func (o *Object) Text(field string) string {
	if _, value, found := o.find(field); found {
		return scalar(value)
	}
	return ""
}

// find gives the node of a field and its key, or those of the nearest ancestor.
func (o *Object) find(field string) (key, value *yaml.Node, found bool) {
	value = o.Node
	for _, step := range steps(field) {
		k, v := enter(value, step)
		if v == nil {
			return key, value, false
		}
		key, value = k, resolve(v)
	}
	return key, value, true
}

// node spans a value if it is a scalar that is written out, else its key, else
// the first thing in it that is.
func (l *lines) node(key, value *yaml.Node) source.Span {
	for {
		switch {
		case value.Kind == yaml.ScalarNode && (value.Value != "" || value.Style != 0):
			return l.scalar(value)
		case key != nil:
			return l.scalar(key)
		case value.Kind == yaml.MappingNode && len(value.Content) > 0:
			key = value.Content[0]
		default:
			return l.span(value.Line, value.Column, 0)
		}
	}
}

// step is one part of a field path. Only a step in brackets is an index.
type step struct {
	name    string
	bracket bool
}

// steps splits a field path. Keys in brackets may hold dots.
func steps(field string) []step {
	var out []step
	for field != "" {
		if field[0] != '[' {
			end := strings.IndexAny(field, ".[")
			if end < 0 {
				end = len(field)
			}
			if end > 0 {
				out = append(out, step{name: field[:end]})
			}
			field = strings.TrimPrefix(field[end:], ".")
			continue
		}
		end := bracketEnd(field)
		out = append(out, step{name: field[1:end], bracket: true})
		field = strings.TrimPrefix(strings.TrimPrefix(field[end:], "]"), ".")
	}
	return out
}

// bracketEnd gives the index of the bracket that closes the one at 0: the first
// that the path could go on after.
func bracketEnd(field string) int {
	for i := 1; i < len(field); i++ {
		if field[i] == ']' && (i+1 == len(field) || field[i+1] == '.' || field[i+1] == '[') {
			return i
		}
	}
	return len(field)
}

// enter goes one step down: nil, nil when there is no such child. The key is
// nil for an item of a sequence.
func enter(node *yaml.Node, s step) (key, value *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		return pair(node, s.name, 0)
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(s.name); err == nil && i >= 0 && i < len(node.Content) {
			return nil, node.Content[i]
		}
		// Lists that the API server treats as maps are addressed by name.
		for _, item := range node.Content {
			if s.bracket && s.name != "" && scalar(child(resolve(item), "name")) == s.name {
				return nil, item
			}
		}
	}
	return nil, nil
}

// mergeDepth bounds how far `<<` is followed; anchors can be made circular.
const mergeDepth = 8

// pair finds a key of a mapping, in merged mappings too. The last of a key
// given twice counts, as it does for the API server.
func pair(node *yaml.Node, name string, depth int) (key, value *yaml.Node) {
	if node == nil || node.Kind != yaml.MappingNode || depth > mergeDepth {
		return nil, nil
	}
	for i := len(node.Content) - 2; i >= 0; i -= 2 {
		if k := node.Content[i]; k.Kind == yaml.ScalarNode && k.Value == name {
			return k, node.Content[i+1]
		}
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Tag != "!!merge" {
			continue
		}
		merged := []*yaml.Node{node.Content[i+1]}
		if m := resolve(node.Content[i+1]); m.Kind == yaml.SequenceNode {
			merged = m.Content
		}
		for _, m := range merged {
			if k, v := pair(resolve(m), name, depth+1); v != nil {
				return k, v
			}
		}
	}
	return nil, nil
}

// resolve follows aliases to what they stand for.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// child gives the value of a key, nil when there is none.
func child(node *yaml.Node, name string) *yaml.Node {
	_, v := pair(node, name, 0)
	if v == nil {
		return nil
	}
	return resolve(v)
}

// scalar gives the text of a scalar, empty for everything else.
func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || null(n) {
		return ""
	}
	return n.Value
}

func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
