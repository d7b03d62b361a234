// Package chart reads Helm charts. In goes the path of a folder or of a .tgz, or
// a folder of an fs.FS; out comes a chart with all its subcharts, file://
// dependencies among them, and where in the user's files each part stands.
package chart

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	helmchart "helm.sh/helm/v3/pkg/chart"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// Chart is a chart with all its subcharts. It does not change.
type Chart struct {
	ref   string
	root  *node
	files source.Files
}

// Schema is the JSON Schema that a chart or subchart has for its values.
type Schema struct {
	File string   // path for people
	At   []string // where the values it is about stand in the values of the whole chart
	Text []byte
}

// NotFound is reported for a chart that is not there.
var NotFound = finding.Rule{
	ID:       "chart-not-found",
	Title:    "The chart is there",
	Severity: finding.Error,
	Doc:      "Nothing can be checked: there is no folder and no .tgz of this name, or no Chart.yaml in it.",
	Hint:     "give the folder that holds Chart.yaml, or a .tgz made by `helm package`",
}

// Rules lists what this package checks.
func Rules() []finding.Rule {
	return []finding.Rule{NotFound, Invalid, ArchiveInvalid, LinkOutside, DependencyMissing, DependencyVersion, DependencyCycle}
}

// Load reads the chart in a folder or .tgz. The chart is nil when a finding is an
// error; an error of Go means that a file could not be read.
func Load(ref string) (*Chart, []finding.Finding, error) {
	r := newReader()
	info, err := os.Stat(ref)
	switch {
	case errors.Is(err, fs.ErrNotExist) || ref == "":
		r.notFound(ref)
		return nil, r.findings, nil
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return r.chart(ref, place{fsys: os.DirFS(ref), dir: ".", path: filepath.Clean(ref), disk: ref})
	case filepath.Base(ref) == chartYAML:
		r.report(NotFound, file(ref), "this is a file of a chart").
			Hint = "give its folder: " + filepath.Dir(ref)
		return nil, r.findings, nil
	}
	f, err := os.Open(ref)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	root, err := r.archive(f, filepath.Clean(ref))
	return r.finish(ref, root, err)
}

// LoadFS is Load for a folder of fsys; file:// dependencies are looked up in fsys.
func LoadFS(fsys fs.FS, dir string) (*Chart, []finding.Finding, error) {
	r := newReader()
	info, err := fs.Stat(fsys, dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) || err == nil && !info.IsDir():
		r.notFound(dir)
		return nil, r.findings, nil
	case err != nil:
		return nil, nil, err
	}
	return r.chart(dir, place{fsys: fsys, dir: dir, path: dir})
}

func (r *reader) notFound(ref string) {
	f := r.report(NotFound, file(ref), "no chart of this name")
	if scheme, _, found := strings.Cut(ref, "://"); found && ref != "" {
		f.Message = "a chart is read from a folder or a .tgz, not from " + scheme + "://"
		f.Hint = "fetch it first: helm pull " + ref
	}
}

func (r *reader) chart(ref string, at place) (*Chart, []finding.Finding, error) {
	root, err := r.folder(at)
	return r.finish(ref, root, err)
}

// finish makes the chart of what was read, unless an error stands against it.
func (r *reader) finish(ref string, root *node, err error) (*Chart, []finding.Finding, error) {
	if err != nil {
		return nil, nil, err
	}
	if root != nil {
		r.dependencies(root, nil)
	}
	if r.err != nil {
		return nil, nil, r.err
	}
	if root == nil || finding.Count(r.findings, finding.Error) > 0 {
		return nil, r.findings, nil
	}
	return &Chart{ref: ref, root: root, files: r.files}, r.findings, nil
}

// Name is the name that Chart.yaml gives.
func (c *Chart) Name() string { return c.root.chart.Name() }

// Ref is how the user named the chart.
func (c *Chart) Ref() string { return c.ref }

// Helm gives the chart as Helm has it. It is shared: change a copy.
func (c *Chart) Helm() *helmchart.Chart { return c.root.chart }

// Files gives the texts of the chart and its subcharts that findings point into:
// Chart.yaml, values, schemas and templates, under their paths for people.
func (c *Chart) Files() source.Files { return c.files }

// Defaults gives values.yaml: its path for people, and its text, which is nil
// when the chart has none.
func (c *Chart) Defaults() (file string, text []byte) {
	file = c.root.file("values.yaml")
	return file, c.files[file]
}

// Key says where Chart.yaml writes a field; when it does not, where the deepest
// field above it is, down to the whole file.
func (c *Chart) Key(path ...string) source.Span { return c.root.yaml.key(path...) }

// Path gives for a template as Helm names it, such as
// "pattern/charts/library/templates/_x.tpl", the path that a person can open.
// For what is no file of this chart it gives the name back.
func (c *Chart) Path(template string) string {
	name, rest, found := strings.Cut(template, "/")
	if !found || name != c.Name() {
		return template
	}
	if file, ok := c.root.find(rest); ok {
		return file
	}
	return template
}

// Schemas lists the schemas of the chart and its subcharts, parents first. A
// subchart under several aliases has an entry for each.
func (c *Chart) Schemas() []Schema { return c.root.schemas(nil) }

// node is one chart of the tree.
type node struct {
	chart    *helmchart.Chart
	at       place
	yaml     document // Chart.yaml
	requires document // the file that lists the dependencies
	deps     []*node
}

func (n *node) file(name string) string { return n.at.file(name) }

func (n *node) add(dep *node) {
	n.deps = append(n.deps, dep)
	n.chart.AddDependency(dep.chart)
}

// names lists the names under which a dependency takes part: its aliases, or its
// own name where no entry gives one.
func (n *node) names(dep *node) []string {
	var names []string
	for _, entry := range n.chart.Metadata.Dependencies {
		if entry.Name != dep.chart.Name() {
			continue
		}
		name := entry.Name
		if entry.Alias != "" {
			name = entry.Alias
		}
		names = append(names, name)
	}
	if names == nil {
		names = []string{dep.chart.Name()}
	}
	return names
}

// find resolves "charts/NAME/..." down to the chart that has the file. Helm
// names what is below an alias by the alias or by the chart's own name.
func (n *node) find(rest string) (string, bool) {
	if inner, ok := strings.CutPrefix(rest, "charts/"); ok {
		name, inner, _ := strings.Cut(inner, "/")
		for _, dep := range n.deps {
			if name != dep.chart.Name() && !slices.Contains(n.names(dep), name) {
				continue
			}
			if file, ok := dep.find(inner); ok {
				return file, true
			}
		}
		return "", false
	}
	for _, t := range n.chart.Templates {
		if t.Name == rest {
			return n.file(rest), true
		}
	}
	return "", false
}

func (n *node) schemas(at []string) []Schema {
	var list []Schema
	if n.chart.Schema != nil {
		list = append(list, Schema{File: n.file("values.schema.json"), At: at, Text: bytes.Clone(n.chart.Schema)})
	}
	for _, dep := range n.deps {
		for _, name := range n.names(dep) {
			list = append(list, dep.schemas(append(slices.Clone(at), name))...)
		}
	}
	return list
}
