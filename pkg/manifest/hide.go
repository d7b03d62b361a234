package manifest

import (
	"bytes"
	"slices"

	"go.yaml.in/yaml/v3"
)

// hidden stands in for what Hide takes out.
const hidden = "(hidden)"

// Hide gives text without the values of its Secrets, line for line and column
// for column up to them, so that it can be shown to whoever reads a build's log.
func Hide(text []byte, objects []*Object) []byte {
	var lines [][]byte
	for _, o := range objects {
		if o.Kind != "Secret" || o.Group() != "" {
			continue
		}
		for _, name := range []string{"data", "stringData"} {
			values := child(o.Node, name)
			if values == nil || values.Kind != yaml.MappingNode {
				continue
			}
			if lines == nil {
				lines = slices.Clone(bytes.Split(text, []byte("\n")))
			}
			for i := 0; i+1 < len(values.Content); i += 2 {
				hide(lines, values.Content[i], resolve(values.Content[i+1]))
			}
		}
	}
	if lines == nil {
		return text
	}
	return bytes.Join(lines, []byte("\n"))
}

// hide takes out a value: the rest of its line, and the deeper lines below.
func hide(lines [][]byte, key, value *yaml.Node) {
	first := value.Line - 1
	if first < 0 || first >= len(lines) || bytes.HasSuffix(lines[first], []byte(hidden)) {
		return // an earlier value on the line took the rest with it
	}
	line := []rune(string(lines[first]))
	lines[first] = []byte(string(line[:min(value.Column-1, len(line))]) + hidden)
	for i := first + 1; i < len(lines); i++ {
		text := bytes.TrimLeft(lines[i], " ")
		if len(text) == 0 {
			continue
		}
		indent := len(lines[i]) - len(text)
		if indent < key.Column {
			return
		}
		lines[i] = append(bytes.Repeat([]byte(" "), indent), hidden...)
	}
}
