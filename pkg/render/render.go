// Package render executes the templates of a chart. In goes a chart, which is
// parsed once, and values, any number of times and at the same time; out come the
// bytes that Helm renders, or findings that say where a template failed.
package render

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// What `helm template` of the release that go.mod names uses. Helm's own library
// has other defaults: the linker sets these in the program.
const (
	HelmVersion = "v3.22.0"
	KubeVersion = "v1.37.0"
)

// What the zero Release stands for.
const (
	defaultName      = "release-name"
	defaultNamespace = "default"
)

// Release is what the templates see of the release. Zero values mean what
// `helm template` uses without flags.
type Release struct {
	Name        string
	Namespace   string
	Upgrade     bool
	KubeVersion string
	APIVersions []string // in addition to those of Kubernetes itself
}

// Result is what a chart renders.
type Result struct {
	Manifest  []byte            // what `helm template NAME CHART` prints
	Notes     string            // NOTES.txt of the chart itself
	Templates map[string]string // what each template rendered, by the name Helm gives it, as Helm's engine returns it
}

// Program is a chart with its templates parsed. It can be used by several
// goroutines at once.
type Program struct {
	chart *chart.Chart
	files map[**helmchart.File]files
	plain *sets
	wary  *sets // for careful renders
	heads cache[head]
	fixed *helmchart.Chart // with its dependencies processed, when no value changes them
}

// NotInstallable is reported for a library chart.
var NotInstallable = finding.Rule{
	ID:       "chart-not-installable",
	Title:    "The chart renders objects",
	Severity: finding.Error,
	Doc:      "A chart of type library only has templates for other charts. Helm refuses to install it.",
	Hint:     "check a chart that depends on it",
}

// KubeVersionRefused is reported when a chart is not made for the version of
// Kubernetes it is rendered for.
var KubeVersionRefused = finding.Rule{
	ID:       "kube-version-refused",
	Title:    "The chart allows the Kubernetes version",
	Severity: finding.Error,
	Doc:      "Chart.yaml gives a range of Kubernetes versions with `kubeVersion`. Helm refuses to install the chart on a cluster outside of it.",
	Hint:     "render for a version in the range",
}

// ReleaseInvalid is reported for a release that Helm refuses.
var ReleaseInvalid = finding.Rule{
	ID:       "release-invalid",
	Title:    "Release name and Kubernetes version can be used",
	Severity: finding.Error,
	Doc:      "A release name is at most 53 lower case letters, digits, dots and dashes, because names of objects are made of it. A Kubernetes version has the form 1.37 or 1.37.1.",
}

// SubchartValues is reported for values of a subchart that are not a map.
var SubchartValues = finding.Rule{
	ID:       "subchart-values-not-map",
	Title:    "Values of a subchart are a map",
	Severity: finding.Error,
	Doc:      "The key with the name of a subchart holds that chart's values. Helm refuses anything but a map there.",
	Hint:     "write a map, or remove the key; to turn the subchart off, use the condition that Chart.yaml names",
}

// Rules lists what this package checks.
func Rules() []finding.Rule {
	return []finding.Rule{
		TemplateParseError, TemplateError, Timeout, RenderedYAMLInvalid, HookUnknown,
		NotInstallable, KubeVersionRefused, ReleaseInvalid, SubchartValues,
	}
}

// Parse parses the templates of a chart. The findings are about templates that
// take part whatever the values are; when there are any, the program is nil.
func Parse(c *chart.Chart) (*Program, []finding.Finding) {
	p := &Program{chart: c, files: map[**helmchart.File]files{}, plain: newSets(false), wary: newSets(true)}
	p.keepFiles(c.Helm())
	switch t := c.Helm().Metadata.Type; t {
	case "", "application":
	default:
		return nil, []finding.Finding{NotInstallable.Finding(finding.At(finding.Chart, c.Key("type")), "the chart is a %s, Helm does not install it", t)}
	}
	if !choosy(c.Helm()) {
		fixed := copyChart(c.Helm())
		if chartutil.ProcessDependenciesWithMerge(fixed, nil) == nil {
			p.fixed = fixed
		}
	}
	var findings []finding.Finding
	for name, s := range p.scopes(always(c.Helm()), chartutil.Values{}) {
		if _, err := p.plain.parse(name, s.file); err != nil {
			findings = append(findings, p.parseFinding(name, err))
		}
	}
	if len(findings) > 0 {
		return nil, finding.Sort(findings)
	}
	return p, nil
}

// choosy says whether values decide which subcharts take part.
func choosy(c *helmchart.Chart) bool {
	return slices.ContainsFunc(c.Metadata.Dependencies, func(e *helmchart.Dependency) bool {
		return e.Condition != "" || len(e.Tags) > 0
	}) || slices.ContainsFunc(c.Dependencies(), choosy)
}

// always gives the chart with those subcharts only that no value turns off.
func always(c *helmchart.Chart) *helmchart.Chart {
	out := copyChart(c)
	out.SetDependencies()
	for _, sub := range c.Dependencies() {
		optional := slices.ContainsFunc(c.Metadata.Dependencies, func(e *helmchart.Dependency) bool {
			return e.Name == sub.Name() && (e.Condition != "" || len(e.Tags) > 0 || e.Alias != "")
		})
		if !optional {
			out.AddDependency(always(sub))
		}
	}
	return out
}

func (p *Program) keepFiles(c *helmchart.Chart) {
	if len(c.Files) > 0 {
		p.files[&c.Files[0]] = newFiles(c.Files)
	}
	for _, sub := range c.Dependencies() {
		p.keepFiles(sub)
	}
}

// Values gives what the templates see as .Values: the user's values over the
// defaults of the chart and of the subcharts that these values leave enabled.
// Helm validates this against the schemas.
func (p *Program) Values(user map[string]any) (map[string]any, []finding.Finding) {
	_, values, findings := p.process(user)
	return values, findings
}

// Schemas lists the schemas of the chart and of those subcharts that the user's
// values leave enabled: the ones that Helm holds Values against.
func (p *Program) Schemas(user map[string]any) []chart.Schema {
	c, _, findings := p.process(user)
	if len(findings) > 0 {
		return nil
	}
	return slices.DeleteFunc(p.chart.Schemas(), func(s chart.Schema) bool { return !enabled(c, s.At) })
}

func enabled(c *helmchart.Chart, at []string) bool {
	return len(at) == 0 || slices.ContainsFunc(c.Dependencies(), func(sub *helmchart.Chart) bool {
		return sub.Name() == at[0] && enabled(sub, at[1:])
	})
}

// process gives the chart as the user's values make it, and all values.
func (p *Program) process(user map[string]any) (*helmchart.Chart, chartutil.Values, []finding.Finding) {
	if p.fixed != nil {
		c := copyChart(p.fixed)
		values, err := chartutil.CoalesceValues(c, user)
		if err != nil {
			return nil, nil, p.refuseValues(user, err)
		}
		return c, values, nil
	}
	c := copyChart(p.chart.Helm())
	if err := chartutil.ProcessDependenciesWithMerge(c, user); err != nil {
		return nil, nil, p.refuseValues(user, err)
	}
	values, err := chartutil.CoalesceValues(c, user)
	if err != nil {
		return nil, nil, p.refuseValues(user, err)
	}
	return c, values, nil
}

// Render renders the chart with the user's values. The result is empty when a
// finding is an error; after rendered-yaml-invalid it still has Templates.
func (p *Program) Render(ctx context.Context, user map[string]any, rel Release) (Result, []finding.Finding) {
	caps, findings := p.capabilities(rel)
	if rel.Name == "" {
		rel.Name = defaultName
	}
	if rel.Namespace == "" {
		rel.Namespace = defaultNamespace
	}
	if err := chartutil.ValidateReleaseName(rel.Name); err != nil {
		findings = append(findings, ReleaseInvalid.Finding(virtual("--release-name"), "%q is no name for a release", rel.Name).
			WithHint("use at most 53 lower case letters, digits, dots and dashes, with a letter or digit at both ends"))
	}
	if len(findings) > 0 {
		return Result{}, findings
	}
	rendered, failed, findings := p.execute(ctx, p.plain, user, rel, caps)
	if failed != nil && errors.Is(failed.cause, errCareful) {
		rendered, failed, findings = p.execute(ctx, p.wary, user, rel, caps)
	}
	if failed != nil {
		findings = append(findings, failed.finding(p))
	}
	if len(findings) > 0 {
		return Result{}, findings
	}
	return p.result(rendered)
}

// execute renders all templates from the start: templates may change their data.
func (p *Program) execute(ctx context.Context, sets *sets, user map[string]any, rel Release, caps *chartutil.Capabilities) (map[string]string, *failure, []finding.Finding) {
	c, values, findings := p.process(user)
	if len(findings) > 0 {
		return nil, nil, findings
	}
	scopes := p.scopes(c, chartutil.Values{
		"Values":       values,
		"Capabilities": caps,
		"Release": map[string]any{
			"Name": rel.Name, "Namespace": rel.Namespace, "Revision": 1, "Service": "Helm",
			"IsInstall": !rel.Upgrade, "IsUpgrade": rel.Upgrade,
		},
	})
	set, findings := p.set(sets, scopes)
	if len(findings) > 0 {
		return nil, nil, findings
	}
	rendered, failed := set.execute(ctx, scopes)
	return rendered, failed, nil
}

// capabilities is what the templates see of the cluster.
func (p *Program) capabilities(rel Release) (*chartutil.Capabilities, []finding.Finding) {
	version := rel.KubeVersion
	if version == "" {
		version = KubeVersion
	}
	kube, err := chartutil.ParseKubeVersion(version)
	if err != nil {
		return nil, []finding.Finding{ReleaseInvalid.Finding(virtual("--kube-version"), "%q is no version of Kubernetes", version).
			WithHint("write it as in 1.37 or 1.37.1")}
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = *kube
	caps.APIVersions = slices.Concat(caps.APIVersions, rel.APIVersions)
	caps.HelmVersion.Version = HelmVersion
	allowed := p.chart.Helm().Metadata.KubeVersion
	if allowed != "" && !chartutil.IsCompatibleRange(allowed, kube.Version) {
		return nil, []finding.Finding{KubeVersionRefused.Finding(finding.At(finding.Chart, p.chart.Key("kubeVersion")),
			"the chart is for Kubernetes %s, it is rendered for %s", allowed, kube.Version)}
	}
	return caps, nil
}

// virtual is the place of what stands on the command line.
func virtual(flag string) []finding.Location {
	return finding.At(finding.Values, source.Span{Pos: source.Pos{File: flag}})
}

var typeMismatch = regexp.MustCompile(`^type mismatch on (.*?): `)

// refuseValues reports values of a subchart that are not a map. The message
// begins with the path of the value, so that its place can be found.
func (p *Program) refuseValues(user map[string]any, err error) []finding.Finding {
	at := finding.At(finding.Chart, p.chart.Key("dependencies"))
	m := typeMismatch.FindStringSubmatch(err.Error())
	if m == nil {
		return []finding.Finding{SubchartValues.Finding(at, "%s", err)}
	}
	path, value, ok := notMap(p.chart.Helm(), user, m[1], nil)
	if !ok {
		path = []string{m[1]}
	}
	return []finding.Finding{SubchartValues.Finding(at, "%s: %s, the values of subchart %q were expected, which are a map",
		strings.Join(path, "."), describe(value), m[1])}
}

// notMap finds the value under the name of a subchart that is no map.
func notMap(c *helmchart.Chart, values map[string]any, name string, path []string) ([]string, any, bool) {
	names := map[string]*helmchart.Chart{}
	for _, sub := range c.Dependencies() {
		names[sub.Name()] = sub
		for _, entry := range c.Metadata.Dependencies {
			if entry.Name == sub.Name() && entry.Alias != "" {
				names[entry.Alias] = sub
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(names)) {
		sub := names[key]
		value, found := values[key]
		at := append(slices.Clone(path), key)
		inner, isMap := value.(map[string]any)
		if found && !isMap && key == name {
			return at, value, true
		}
		if at, value, ok := notMap(sub, inner, name, at); ok {
			return at, value, true
		}
	}
	return nil, nil, false
}

func describe(v any) string {
	if v == nil {
		return "null is given"
	}
	return typeName(fmt.Sprintf("%T", v)) + " is given"
}
