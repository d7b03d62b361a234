// Package manifest turns rendered text into Kubernetes objects that know where
// they stand. In goes what `helm template` prints or a file of manifests; out
// come objects on YAML nodes with the lines of that text, and findings about
// what is no object.
package manifest

import (
	"cmp"
	"encoding/json"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// Object is one Kubernetes object as it was written. Name is empty only when
// the API server is asked to make one from GenerateName.
type Object struct {
	APIVersion   string
	Kind         string
	Namespace    string // as written, so empty for the release's own
	Name         string
	GenerateName string

	File     string     // the file that was parsed
	Line     int        // of the object's first key
	Template string     // "chart/templates/x.yaml" when Helm rendered it, else empty
	Node     *yaml.Node // a mapping; its lines are those of File

	json []byte
	text *lines
}

// Group gives the API group, empty for the core group.
func (o *Object) Group() string {
	group, _, found := strings.Cut(o.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// JSON gives the object as the API server would read it. The caller must not
// change the bytes.
func (o *Object) JSON() []byte { return o.json }

// Location gives the place of a field in the manifest; fields as in At.
func (o *Object) Location(field string) finding.Location {
	return finding.Location{Span: o.At(field), Text: finding.Manifest}
}

// Finding makes a finding of r about a field. Its locations are the template
// that rendered the object, when one did, and the field in the manifest.
func (o *Object) Finding(r finding.Rule, field, format string, args ...any) finding.Finding {
	f := r.Finding(o.locations(field), format, args...)
	f.Object = o.named(field)
	return f
}

// named says what a finding calls the object; nil when there is nothing to call it.
func (o *Object) named(field string) *finding.Object {
	name := cmp.Or(o.Name, o.GenerateName)
	if o.Kind == "" && name == "" {
		return nil
	}
	return &finding.Object{Kind: o.Kind, Namespace: o.Namespace, Name: name, Field: field}
}

func (o *Object) locations(field string) []finding.Location {
	return places(o.Template, o.At(field))
}

func places(template string, span source.Span) []finding.Location {
	var at []finding.Location
	if template != "" {
		at = finding.At(finding.Template, source.Span{Pos: source.Pos{File: template}})
	}
	return append(at, finding.Location{Span: span, Text: finding.Manifest})
}

// newObject reads what identifies an object from its node. The kind and the
// version of a list stand in for what its items leave out.
func newObject(node *yaml.Node, list *Object) *Object {
	metadata := child(node, "metadata")
	o := &Object{
		APIVersion:   scalar(child(node, "apiVersion")),
		Kind:         scalar(child(node, "kind")),
		Namespace:    scalar(child(metadata, "namespace")),
		Name:         scalar(child(metadata, "name")),
		GenerateName: scalar(child(metadata, "generateName")),
		Node:         node,
	}
	if list != nil && list.Kind != "List" {
		o.APIVersion = cmp.Or(o.APIVersion, list.APIVersion)
		o.Kind = cmp.Or(o.Kind, strings.TrimSuffix(list.Kind, "List"))
	}
	return o
}

// items gives the JSON and the nodes of a list's items, false when the object
// is no list.
func (o *Object) items() ([]json.RawMessage, []*yaml.Node, bool) {
	if !strings.HasSuffix(o.Kind, "List") {
		return nil, nil, false
	}
	nodes := child(o.Node, "items")
	if nodes == nil {
		return nil, nil, o.Kind == "List"
	}
	if null(nodes) {
		return nil, nil, true
	}
	var list struct{ Items []json.RawMessage }
	if nodes.Kind != yaml.SequenceNode || json.Unmarshal(o.json, &list) != nil || len(list.Items) != len(nodes.Content) {
		return nil, nil, false
	}
	return list.Items, nodes.Content, true
}
