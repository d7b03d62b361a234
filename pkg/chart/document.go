package chart

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/source"
)

// document knows where the keys and values of a YAML file stand.
type document struct {
	file string
	root *yaml.Node // nil when the file cannot be read as YAML
}

func parseDocument(name string, text []byte) document {
	d := document{file: name}
	var n yaml.Node
	if yaml.Unmarshal(text, &n) == nil && len(n.Content) == 1 {
		d.root = n.Content[0]
	}
	return d
}

// lookup walks down as far as the path exists. It gives the last key and the
// last value found, and whether that was the whole path.
func (d document) lookup(path []string) (key, value *yaml.Node, whole bool) {
	value = d.root
	for _, step := range path {
		k, v := child(value, step)
		if v == nil {
			return key, value, false
		}
		key, value = k, v
	}
	return key, value, value != nil
}

// child gives the value under a key or index and the node that a person would
// point at as its name.
func child(n *yaml.Node, step string) (key, value *yaml.Node) {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case n == nil:
	case n.Kind == yaml.MappingNode:
		for i := len(n.Content) - 2; i >= 0; i -= 2 { // the last of two equal keys counts
			if n.Content[i].Value == step {
				return n.Content[i], n.Content[i+1]
			}
		}
	case n.Kind == yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}

func (d document) key(path ...string) source.Span {
	key, _, _ := d.lookup(path)
	return d.span(key)
}

// value is where the value of path stands, or the key above it.
func (d document) value(path ...string) source.Span {
	key, value, whole := d.lookup(path)
	if whole {
		return d.span(value)
	}
	return d.span(key)
}

// text gives the scalar at path as it is written.
func (d document) text(path ...string) (string, bool) {
	_, value, whole := d.lookup(path)
	if !whole || value.Kind != yaml.ScalarNode {
		return "", false
	}
	return value.Value, true
}

// tag names the type of the value at path, such as "!!int"; empty when it is not there.
func (d document) tag(path ...string) string {
	_, value, whole := d.lookup(path)
	if !whole {
		return ""
	}
	return value.ShortTag()
}

func (d document) span(n *yaml.Node) source.Span {
	s := file(d.file)
	if n == nil {
		return s
	}
	s.Line, s.Col = n.Line, n.Column
	if n.Kind == yaml.ScalarNode && !strings.Contains(n.Value, "\n") {
		width := utf8.RuneCountInString(n.Value)
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
			width += 2
		}
		s.EndCol = n.Column + width
	}
	return s
}

var yamlLine = regexp.MustCompile(`yaml: (?:line (\d+): )?`)

// yamlError gives place and message of what a YAML parser says about a file.
func yamlError(name string, err error) (source.Span, string) {
	at, message := file(name), err.Error()
	if m := yamlLine.FindStringSubmatchIndex(message); m != nil {
		if m[2] >= 0 {
			at.Line, _ = strconv.Atoi(message[m[2]:m[3]])
		}
		message = message[m[1]:]
	}
	return at, message
}
