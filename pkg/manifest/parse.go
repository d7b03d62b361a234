package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// InvalidManifest is the rule about text that is no Kubernetes object.
var InvalidManifest = finding.Rule{
	ID:       "manifest-invalid",
	Title:    "Rendered manifests are Kubernetes objects",
	Severity: finding.Error,
	Doc: `Text that is not YAML, or a document without ` + "`apiVersion`, `kind` and `metadata.name`" + `,
cannot be applied. Helm refuses the whole release, so nothing of it is installed
or upgraded. The usual cause is a template whose indentation depends on a value.`,
	Hint: "check indentation, quotes and brackets here and on the lines above",
}

// DuplicateKey is the rule about a key that stands twice in one mapping.
var DuplicateKey = finding.Rule{
	ID:       "manifest-duplicate-key",
	Title:    "A key stands once in a mapping",
	Severity: finding.Error,
	Doc: `YAML forbids a key that is given twice. Helm and the API server keep the last one
without a word, ` + "`kubectl apply`" + ` refuses the object: which settings are in force depends
on the tool. The usual cause is a template that writes a key which extra values
write again.`,
	Hint: "keep one of the two",
}

// DuplicateObject is the rule about an object that is rendered twice.
var DuplicateObject = finding.Rule{
	ID:       "duplicate-object",
	Title:    "An object is rendered once",
	Severity: finding.Error,
	Doc: `Two objects of one kind with the same name and namespace are one object for the
API server. ` + "`helm install`" + ` fails with "already exists" half way through; with
` + "`kubectl apply`" + ` and GitOps tools the later one silently overwrites the earlier.`,
	Hint: "rename one of the two, or render it from one place",
}

// Rules lists the rules of this package.
func Rules() []finding.Rule {
	return []finding.Rule{InvalidManifest, DuplicateKey, DuplicateObject}
}

// Parse reads a stream of YAML documents. Empty documents are skipped; a
// document that is no object gives a finding and the others are read all the
// same. Findings are in no particular order.
func Parse(file string, text []byte) ([]*Object, []finding.Finding) {
	p := &parser{text: newLines(file, text), seen: map[identity]*Object{}}
	for _, d := range p.text.documents() {
		p.document(d)
	}
	return p.objects, p.findings
}

type parser struct {
	text     *lines
	objects  []*Object
	findings []finding.Finding
	seen     map[identity]*Object
}

func (p *parser) document(d document) {
	template := d.template()
	if d.stray {
		p.invalid(template, p.text.whole(d.line), "a document separator is --- alone, not %q", shorten(p.text.line(d.line)))
		return
	}
	decoder := yaml.NewDecoder(bytes.NewReader(d.text))
	var doc yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return
	} else if err != nil {
		p.notYAML(d, err)
		return
	}
	root := resolve(doc.Content[0])
	shift(root, d.line-1)
	// A document can end before its text does; the rest would be lost.
	if err := decoder.Decode(new(yaml.Node)); err != nil && !errors.Is(err, io.EOF) {
		p.notYAML(d, err)
		return
	}
	if null(root) {
		return
	}
	if root.Kind != yaml.MappingNode {
		p.invalid(template, p.text.whole(root.Line), "a Kubernetes object is a mapping, this document is a %s", kindWord(root))
		return
	}
	data, err := kyaml.YAMLToJSON(d.text)
	if err != nil {
		p.notYAML(d, err)
		return
	}
	o := newObject(root, nil)
	p.duplicateKeys(template, o, root)
	p.object(template, o, data)
}

// object takes an object in, or the items of a list.
func (p *parser) object(template string, o *Object, data []byte) {
	o.File, o.Line, o.Template, o.json, o.text = p.text.file, o.Node.Line, template, data, p.text
	if len(o.Node.Content) > 0 {
		o.Line = o.Node.Content[0].Line
	}
	if items, nodes, isList := o.items(); isList && o.APIVersion != "" {
		for i, node := range nodes {
			node = resolve(node)
			if node.Kind != yaml.MappingNode {
				p.invalid(template, p.text.whole(node.Line), "items[%d] of %s is a %s, not an object", i, o.Kind, kindWord(node))
				p.findings[len(p.findings)-1].Object = o.named(fmt.Sprintf("items[%d]", i))
				continue
			}
			p.object(template, newObject(node, o), items[i])
		}
		return
	}
	if field, problem := o.incomplete(); problem != "" {
		f := o.Finding(InvalidManifest, field, "%s", problem)
		f.Hint = "every object has apiVersion, kind and metadata.name; a values file is given with -f"
		p.findings = append(p.findings, f)
		return
	}
	p.objects = append(p.objects, o)
	p.duplicateObject(o)
}

// incomplete says which field keeps a mapping from being an object, and why;
// nothing when none does.
func (o *Object) incomplete() (field, problem string) {
	metadata := child(o.Node, "metadata")
	switch {
	case o.APIVersion == "":
		field = "apiVersion"
	case o.Kind == "":
		field = "kind"
	case o.Name != "" || o.GenerateName != "":
		return "", ""
	case metadata != nil && metadata.Kind != yaml.MappingNode && !null(metadata):
		return "metadata", fmt.Sprintf("metadata is a %s, not a mapping", kindWord(metadata))
	default:
		field = "metadata.name"
	}
	return field, "the object has no " + field
}

// identity is what makes two objects the same for the API server.
type identity struct{ group, kind, namespace, name string }

func (p *parser) duplicateObject(o *Object) {
	// Helm deletes a hook's object before it makes the next of that name.
	if o.Name == "" || scalar(child(child(child(o.Node, "metadata"), "annotations"), "helm.sh/hook")) != "" {
		return
	}
	id := identity{o.Group(), o.Kind, o.Namespace, o.Name}
	first, seen := p.seen[id]
	if !seen {
		p.seen[id] = o
		return
	}
	f := o.Finding(DuplicateObject, "metadata.name", "%s %q is rendered twice, first in line %d", o.Kind, o.Name, first.Line)
	f.Locations = append(f.Locations, first.Location("metadata.name"))
	p.findings = append(p.findings, f)
}

// duplicateKeys reports keys that stand twice in one mapping of the tree.
func (p *parser) duplicateKeys(template string, o *Object, node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		first := make(map[string]*yaml.Node, len(node.Content)/2)
		for i := 0; i < len(node.Content); i += 2 {
			key := node.Content[i]
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				continue
			}
			if other := first[key.Value]; other != nil {
				f := DuplicateKey.Finding(places(template, p.text.scalar(key)),
					"key %q is given twice, first in line %d", key.Value, other.Line)
				f.Locations = append(f.Locations, finding.Location{Span: p.text.scalar(other), Text: finding.Manifest})
				f.Object = o.named("")
				p.findings = append(p.findings, f)
				continue
			}
			first[key.Value] = key
		}
	}
	for _, c := range node.Content {
		p.duplicateKeys(template, o, c)
	}
}

func (p *parser) invalid(template string, at source.Span, format string, args ...any) {
	p.findings = append(p.findings, InvalidManifest.Finding(places(template, at), format, args...))
}

// yamlError is what both YAML libraries print; only the text holds the line.
var yamlError = regexp.MustCompile(`^(?:error converting YAML to JSON: )?yaml: (?:line (\d+): )?(?s:(.*))$`)

func (p *parser) notYAML(d document, err error) {
	line, problem := 1, err.Error()
	if m := yamlError.FindStringSubmatch(problem); m != nil {
		problem = m[2]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
		}
	}
	problem = strings.Join(strings.Fields(problem), " ")
	p.invalid(d.template(), p.text.whole(d.line+line-1), "not valid YAML: %s", problem)
}

// shift makes the lines of a document's nodes those of the whole text.
func shift(n *yaml.Node, by int) {
	n.Line += by
	for _, c := range n.Content {
		shift(c, by)
	}
}

func kindWord(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "list"
	case yaml.MappingNode:
		return "mapping"
	}
	return "scalar"
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "..."
	}
	return s
}
