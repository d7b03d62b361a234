package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// jsonSchema gives the schema as draft-07 JSON, its keys in the fragments' order.
func jsonSchema(root *key) (string, error) {
	node := root.node()
	node.Content = append([]*yaml.Node{scalar("$schema"), scalar("http://json-schema.org/draft-07/schema#")}, node.Content...)
	var compact, indented bytes.Buffer
	if err := writeJSON(&compact, node); err != nil {
		return "", err
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
		return "", err
	}
	indented.WriteByte('\n')
	return indented.String(), nil
}

func writeJSON(b *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		b.WriteByte('{')
		for i := 0; i < len(node.Content); i += 2 {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeValue(b, node.Content[i].Value); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, node.Content[i+1]); err != nil {
				return err
			}
		}
		b.WriteByte('}')
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
	default:
		var v any
		if err := node.Decode(&v); err != nil {
			return err
		}
		return writeValue(b, v)
	}
	return nil
}

func writeValue(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // Encode's line break
	return nil
}

// valuesFile gives values.yaml: every key with its description; those that the
// preset decides as comments, so that a key which is set was set by the user.
func valuesFile(root *key) string {
	var b strings.Builder
	b.WriteString("# Generated from schemas/values by `make generate`; edit the fragments there.\n" +
		"# A key in a comment is decided by the preset until it is set here.\n")
	for _, k := range root.children {
		if !k.hidden {
			b.WriteString("\n")
			writeKey(&b, k, "")
		}
	}
	return b.String()
}

func writeKey(b *strings.Builder, k *key, indent string) {
	for _, line := range wrap(describe(k), 100-len(indent)) {
		fmt.Fprintf(b, "%s# %s\n", indent, line)
	}
	prefix := indent
	switch {
	case len(k.children) > 0 && hasDefault(k):
		fmt.Fprintf(b, "%s%s:\n", prefix, k.name)
		for _, child := range k.children {
			writeKey(b, child, indent+"  ")
		}
	case len(k.children) > 0:
		names := make([]string, len(k.children))
		for i, child := range k.children {
			names[i] = child.name
		}
		for _, line := range wrap("Keys: "+strings.Join(names, ", "), 100-len(indent)) {
			fmt.Fprintf(b, "%s# %s\n", indent, line)
		}
		if k.noValue {
			prefix = indent + "# "
		}
		fmt.Fprintf(b, "%s%s: {}\n", prefix, k.name)
	case k.get("default") != nil:
		fmt.Fprintf(b, "%s%s: %s\n", prefix, k.name, flow(k.get("default")))
	default:
		fmt.Fprintln(b, strings.TrimRight(fmt.Sprintf("%s# %s: %s", indent, k.name, example(k)), " "))
	}
}

// hasDefault is true for a key with a value in values.yaml, itself or below.
func hasDefault(k *key) bool {
	if k.noValue {
		return false
	}
	if k.get("default") != nil {
		return true
	}
	for _, child := range k.children {
		if hasDefault(child) {
			return true
		}
	}
	return false
}

// describe gives the description and, for an enumeration, the allowed words.
func describe(k *key) string {
	return k.description() + allowed(k, "")
}

func allowed(k *key, quote string) string {
	enum := k.get("enum")
	if enum == nil {
		return ""
	}
	words := make([]string, len(enum.Content))
	for i, n := range enum.Content {
		words[i] = quote + flow(n) + quote
	}
	return " One of: " + strings.Join(words, ", ") + "."
}

func example(k *key) string {
	if examples := k.get("examples"); examples != nil {
		return flow(examples.Content[0])
	}
	return ""
}

// flow prints a node on one line.
func flow(node *yaml.Node) string {
	c := *node
	c.Style = yaml.FlowStyle
	if node.Kind == yaml.ScalarNode {
		c.Style = node.Style
	}
	out, err := yaml.Marshal(&c)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// table gives the README's section on values: one row per key without keys of its own.
func table(root *key) string {
	var b strings.Builder
	b.WriteString("## Values\n\nGenerated from `schemas/values`. A default of *preset* is decided by the preset.\n\n" +
		"| key | description | default |\n|---|---|---|\n")
	for _, k := range root.children {
		writeRows(&b, k, "", true)
	}
	return b.String()
}

func writeRows(b *strings.Builder, k *key, path string, live bool) {
	if k.hidden {
		return
	}
	path += k.name
	live = live && !k.noValue
	if len(k.children) > 0 {
		fmt.Fprintf(b, "| `%s` | %s | |\n", path, cell(k.description()))
		for _, child := range k.children {
			writeRows(b, child, path+".", live)
		}
		return
	}
	value := "*preset*"
	switch def := k.get("default"); {
	case def != nil && live:
		value = "`" + flow(def) + "`"
	case !live || path == "preset":
		value = ""
	}
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", path, cell(k.description()+allowed(k, "`")), cell(value))
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// wrap breaks text into lines of at most width characters, between words.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
