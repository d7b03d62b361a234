package chart

import (
	"bytes"
	"errors"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
)

const (
	chartYAML        = "Chart.yaml"
	requirementsYAML = "requirements.yaml"
)

// Invalid is reported for a chart that Helm cannot load.
var Invalid = finding.Rule{
	ID:       "chart-invalid",
	Title:    "A chart can be loaded",
	Severity: finding.Error,
	Doc: "Helm refuses a chart whose `Chart.yaml` is not YAML, has no name or no semantic version, or has a value of the wrong type; " +
		"whose `values.yaml` is not YAML; or whose folder has files that cannot be read. " +
		"A missing or unknown apiVersion is a warning: Helm 3 takes the chart for one of Helm 2.",
	Hint: "see https://helm.sh/docs/topics/charts/#the-chartyaml-file",
}

// build makes a chart of its files, and its vendored subcharts; nil when
// findings say why it cannot be.
func (r *reader) build(at place, files []*loader.BufferedFile) *node {
	n := &node{at: at}
	own, vendored := split(files)
	r.keep(at, own)
	if !r.metadata(n, own) {
		return nil
	}
	var err error
	if n.chart, err = loader.LoadFiles(own); err != nil {
		r.unloadable(n, own, err)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(vendored)) {
		sub, ok := r.vendored(n, name, vendored[name])
		if !ok {
			return nil
		}
		if sub != nil {
			n.add(sub)
		}
	}
	return n
}

// split tells a chart's own files from those of its vendored subcharts, which
// are kept by folder or archive name.
func split(files []*loader.BufferedFile) (own []*loader.BufferedFile, vendored map[string][]*loader.BufferedFile) {
	vendored = map[string][]*loader.BufferedFile{}
	for _, f := range files {
		inner, found := strings.CutPrefix(f.Name, "charts/")
		if !found || path.Ext(f.Name) == ".prov" {
			own = append(own, f)
			continue
		}
		name, rest, _ := strings.Cut(inner, "/")
		vendored[name] = append(vendored[name], &loader.BufferedFile{Name: rest, Data: f.Data})
	}
	return own, vendored
}

// vendored builds one entry of charts/; nil and true for what Helm passes over.
func (r *reader) vendored(n *node, name string, files []*loader.BufferedFile) (*node, bool) {
	at := n.at.in(name)
	switch {
	case strings.IndexAny(name, "_.") == 0:
		return nil, true
	case path.Ext(name) == ".tgz":
		if files[0].Name != "" {
			r.report(Invalid, file(at.path), "is a folder, an archive was expected for a name that ends in .tgz")
			return nil, false
		}
		sub, _ := r.archive(bytes.NewReader(files[0].Data), at.path) // reading memory does not fail
		return sub, sub != nil
	}
	files = slices.DeleteFunc(files, func(f *loader.BufferedFile) bool { return f.Name == "" })
	if len(files) == 0 {
		r.report(Invalid, file(at.path), "is a file in charts/, where Helm expects charts").
			Hint = "remove it, or list it in .helmignore"
		return nil, false
	}
	sub := r.build(at, files)
	return sub, sub != nil
}

// keep remembers the texts that findings may point into.
func (r *reader) keep(at place, files []*loader.BufferedFile) {
	for _, f := range files {
		switch {
		case strings.HasPrefix(f.Name, "templates/"),
			slices.Contains([]string{chartYAML, requirementsYAML, "values.yaml", "values.schema.json"}, f.Name):
			r.files[at.file(f.Name)] = f.Data
		}
	}
}

// metadata checks Chart.yaml, and keeps where its fields stand.
func (r *reader) metadata(n *node, own []*loader.BufferedFile) bool {
	name := n.at.file(chartYAML)
	text, ok := r.files[name]
	if !ok {
		f := r.report(NotFound, file(n.at.path), "this is not a chart: it has no %s", chartYAML)
		if slices.ContainsFunc(own, func(f *loader.BufferedFile) bool { return path.Base(f.Name) == chartYAML }) {
			f.Hint = "the chart is in a folder further down"
		}
		return false
	}
	n.yaml = parseDocument(name, text)
	n.requires = n.yaml
	if text, ok := r.files[n.at.file(requirementsYAML)]; ok {
		if d := parseDocument(n.at.file(requirementsYAML), text); d.tag("dependencies") != "" {
			n.requires = d
		}
	}
	var meta helmchart.Metadata
	if err := sigsyaml.Unmarshal(text, &meta); err != nil {
		r.malformed(n.yaml, err)
		return false
	}
	before := finding.Count(r.findings, finding.Error)
	r.fields(n.yaml, &meta)
	return finding.Count(r.findings, finding.Error) == before
}

// fields checks what every Chart.yaml must say.
func (r *reader) fields(d document, meta *helmchart.Metadata) {
	if meta.Name == "" {
		r.report(Invalid, d.key("name"), "the chart has no name").Hint = "write name: " + suggestedName(d.file)
	} else if meta.Name != filepath.Base(meta.Name) || meta.Name == ".." {
		r.report(Invalid, d.value("name"), "%q is no name of a chart", meta.Name).
			Hint = "a name is one word without slashes"
	}
	if _, err := semver.NewVersion(meta.Version); meta.Version == "" {
		r.report(Invalid, d.key("version"), "the chart has no version").Hint = "write version: 0.1.0"
	} else if err != nil {
		r.report(Invalid, d.value("version"), "%q is not a semantic version", meta.Version).Hint = "write it as in 1.2.3"
	}
	if !slices.Contains([]string{"", "application", "library"}, meta.Type) {
		r.report(Invalid, d.value("type"), "type is %q, application or library was expected", meta.Type)
	}
	switch meta.APIVersion {
	case helmchart.APIVersionV1, helmchart.APIVersionV2:
	case "":
		f := r.report(Invalid, file(d.file), "the chart has no apiVersion")
		f.Severity, f.Hint = finding.Warning, "write apiVersion: v2"
	default:
		f := r.report(Invalid, d.value("apiVersion"), "apiVersion is %q, v1 or v2 was expected", meta.APIVersion)
		f.Severity, f.Hint = finding.Warning, "write apiVersion: v2"
	}
	r.number(d, "version", meta.Version)
	r.number(d, "appVersion", meta.AppVersion)
	for i, entry := range meta.Dependencies {
		if entry == nil {
			r.report(Invalid, d.value("dependencies", strconv.Itoa(i)), "the entry of dependencies is empty")
		}
	}
}

// number reports a version that is a number to YAML and loses digits by that.
func (r *reader) number(d document, field, read string) {
	text, _ := d.text(field)
	if tag := d.tag(field); text != read && (tag == "!!float" || tag == "!!int") {
		f := r.report(Invalid, d.value(field), "%s is the number %s, which Helm reads as %q", field, text, read)
		f.Severity, f.Hint = finding.Warning, "put it in quotes"
	}
}

// suggestedName is the name that the folder of a Chart.yaml suggests.
func suggestedName(chartFile string) string {
	name := filepath.Base(filepath.Dir(chartFile))
	if name == "." || name == ".." || name == string(filepath.Separator) {
		return "my-chart"
	}
	return strings.TrimSuffix(name, ".tgz")
}

var (
	fieldType   = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field \w+\.(\S+) of type (\S+)`)
	wholeType   = regexp.MustCompile(`cannot unmarshal (\w+) into Go value of type`)
	helmMessage = regexp.MustCompile(`^(?:validation: )?(?:chart\.metadata\.(\w+) )?`)
)

// malformed reports a Chart.yaml or requirements.yaml that is no YAML or has a
// value of another type than Helm wants.
func (r *reader) malformed(d document, err error) {
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(err) {
		err = cause
	}
	if m := fieldType.FindStringSubmatch(err.Error()); m != nil {
		r.report(Invalid, d.value(strings.Split(m[2], ".")...), "%s is %s, %s was expected", m[2], jsonType[m[1]], goType(m[3]))
		return
	}
	if m := wholeType.FindStringSubmatch(err.Error()); m != nil {
		r.report(Invalid, d.span(d.root), "the file holds %s, a map was expected", jsonType[m[1]])
		return
	}
	at, message := yamlError(d.file, err)
	r.report(Invalid, at, "cannot be read as YAML: %s", message)
}

// jsonType puts the words of encoding/json into those of YAML.
var jsonType = map[string]string{
	"array": "a list", "object": "a map", "string": "text", "number": "a number", "bool": "true or false", "null": "null",
}

func goType(name string) string {
	switch {
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case name == "string":
		return "text"
	case name == "bool":
		return "true or false"
	}
	return "a map"
}

// unloadable reports why Helm cannot load a chart whose Chart.yaml is in order.
func (r *reader) unloadable(n *node, own []*loader.BufferedFile, err error) {
	for _, name := range []string{"values.yaml", requirementsYAML, "requirements.lock", "Chart.lock"} {
		if !strings.HasPrefix(err.Error(), "cannot load "+name) {
			continue
		}
		d := document{file: n.at.file(name)}
		for _, f := range own {
			if f.Name == name {
				r.files[d.file] = f.Data
				d = parseDocument(d.file, f.Data)
			}
		}
		r.malformed(d, err)
		return
	}
	message, at := err.Error(), n.yaml.key()
	if m := helmMessage.FindStringSubmatchIndex(message); m != nil {
		if m[2] >= 0 {
			at = n.yaml.value(message[m[2]:m[3]])
		}
		message = message[m[1]:]
	}
	if strings.Contains(message, "dependenc") {
		at = n.requires.key("dependencies")
	}
	r.report(Invalid, at, "%s", message)
}
