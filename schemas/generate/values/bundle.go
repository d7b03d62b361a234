package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// key is one key of the values tree: what its fragment says, in order.
type key struct {
	name     string
	keywords []keyword // JSON Schema keywords except properties, x-... resolved
	children []*key    // of properties
	hidden   bool      // in the schema only
	noValue  bool      // children's defaults are another's business (a preset's): none are written
	defaults *yaml.Node
}

type keyword struct {
	name  string
	value *yaml.Node
}

// get gives the value of a keyword, nil when it has none.
func (k *key) get(name string) *yaml.Node {
	for _, w := range k.keywords {
		if w.name == name {
			return w.value
		}
	}
	return nil
}

func (k *key) description() string {
	if n := k.get("description"); n != nil {
		return n.Value
	}
	return ""
}

func (k *key) set(name string, value *yaml.Node) {
	for i := range k.keywords {
		if k.keywords[i].name == name {
			k.keywords[i].value = value
			return
		}
	}
	k.keywords = append(k.keywords, keyword{name, value})
}

// bundle reads a fragment and all that it refers to with `$ref: FILE` or
// `$ref: FILE#KEY`. Keywords beside a $ref win over those behind it. Every object
// is closed unless it says x-open. Of our own keywords, x-map: string is an
// object of texts, x-foreign: TYPE is somebody else's type, described by
// Kubernetes, x-defaults: gives a referred fragment's keys a default (null: none).
func bundle(dir, file string) (*key, error) {
	node, err := load(dir, file)
	if err != nil {
		return nil, err
	}
	return newKey(dir, "", node)
}

func load(dir, ref string) (*yaml.Node, error) {
	file, part, _ := strings.Cut(ref, "#")
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	node := doc.Content[0]
	if part == "" {
		return node, nil
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == part {
			return node.Content[i+1], nil
		}
	}
	return nil, fmt.Errorf("%s has no key %q", file, part)
}

func newKey(dir, name string, node *yaml.Node) (*key, error) {
	k := &key{name: name}
	if err := k.read(dir, node); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if k.description() == "" && name != "" {
		return nil, fmt.Errorf("%s: no description", name)
	}
	return k, nil
}

// read adds the keywords of a fragment to k.
func (k *key) read(dir string, node *yaml.Node) error {
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == "$ref" {
			target, err := load(dir, node.Content[i+1].Value)
			if err != nil {
				return err
			}
			if err := k.read(dir, target); err != nil {
				return err
			}
		}
	}
	open := false
	for i := 0; i < len(node.Content); i += 2 {
		value := node.Content[i+1]
		word := node.Content[i].Value
		if value.Tag == "!!null" && k.get(word) != nil {
			k.keywords = slices.DeleteFunc(k.keywords, func(w keyword) bool { return w.name == word })
			continue
		}
		switch word {
		case "$ref":
		case "properties":
			if err := k.readProperties(dir, value); err != nil {
				return err
			}
		case "x-open":
			open = true
		case "x-hidden":
			k.hidden = true
		case "x-required":
		case "x-map":
			k.set("type", scalar("object"))
			k.set("additionalProperties", mapping("type", scalar(value.Value)))
		case "x-foreign":
			k.set("description", scalar(k.description()+" Kubernetes: "+value.Value+"."))
			if text(node, "type") == "array" {
				k.set("items", mapping("type", scalar("object")))
			}
		case "x-defaults":
			k.noValue = value.Tag == "!!null"
			k.defaults = value
		case "items", "additionalProperties":
			closed, err := closeNested(dir, value)
			if err != nil {
				return err
			}
			k.set(word, closed)
		default:
			k.set(word, value)
		}
	}
	if k.children != nil {
		// A list says that null is allowed as well.
		if kind := k.get("type"); kind == nil || kind.Kind == yaml.ScalarNode {
			k.set("type", scalar("object"))
		}
		if !open && k.get("additionalProperties") == nil {
			k.set("additionalProperties", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"})
		}
		if open {
			k.set("additionalProperties", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"})
		}
	}
	k.spreadDefaults()
	return nil
}

// readProperties adds children. One that a $ref brought already keeps its place
// and takes the new keywords, null takes it away: a pattern says only what it has
// otherwise.
func (k *key) readProperties(dir string, node *yaml.Node) error {
	for i := 0; i < len(node.Content); i += 2 {
		name := node.Content[i].Value
		at := slices.IndexFunc(k.children, func(child *key) bool { return child.name == name })
		if at >= 0 && node.Content[i+1].Tag == "!!null" {
			k.children = slices.Delete(k.children, at, at+1)
			continue
		}
		if at >= 0 {
			if err := k.children[at].read(dir, node.Content[i+1]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			continue
		}
		child, err := newKey(dir, name, node.Content[i+1])
		if err != nil {
			return err
		}
		k.children = append(k.children, child)
	}
	return nil
}

// spreadDefaults gives the children the defaults of x-defaults.
func (k *key) spreadDefaults() {
	if k.defaults == nil {
		return
	}
	for i := 0; i+1 < len(k.defaults.Content); i += 2 {
		for _, child := range k.children {
			if child.name == k.defaults.Content[i].Value {
				child.set("default", k.defaults.Content[i+1])
			}
		}
	}
}

// closeNested resolves and closes a schema that stands in items or additionalProperties.
func closeNested(dir string, node *yaml.Node) (*yaml.Node, error) {
	if node.Kind != yaml.MappingNode {
		return node, nil
	}
	k := &key{}
	if err := k.read(dir, node); err != nil {
		return nil, err
	}
	return k.node(), nil
}

// node gives the key's JSON Schema as an ordered tree.
func (k *key) node() *yaml.Node {
	n := mapping()
	for _, w := range k.keywords {
		n.Content = append(n.Content, scalar(w.name), w.value)
	}
	if k.children != nil {
		properties := mapping()
		for _, child := range k.children {
			properties.Content = append(properties.Content, scalar(child.name), child.node())
		}
		n.Content = append(n.Content, scalar("properties"), properties)
	}
	return n
}

func scalar(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func mapping(pairs ...any) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i < len(pairs); i += 2 {
		n.Content = append(n.Content, scalar(pairs[i].(string)), pairs[i+1].(*yaml.Node))
	}
	return n
}

func text(node *yaml.Node, name string) string {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1].Value
		}
	}
	return ""
}
