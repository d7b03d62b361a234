package render

import (
	"path"
	"slices"
	"strings"

	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
)

// scope is the data of one template. The templates of one chart share top.
type scope struct {
	top      chartutil.Values
	basePath string
	file     *helmchart.File
}

// enter tells the template its own name.
func (s scope) enter(name string) {
	s.top["Template"] = chartutil.Values{"Name": name, "BasePath": s.basePath}
}

// scopes gives, for each template of a chart and its subcharts, the data it gets
// from values. c has no disabled subcharts any more.
func (p *Program) scopes(c *helmchart.Chart, values chartutil.Values) map[string]scope {
	all := map[string]scope{}
	p.addScopes(c, values, all)
	return all
}

func (p *Program) addScopes(c *helmchart.Chart, parent chartutil.Values, all map[string]scope) map[string]any {
	subcharts := map[string]any{}
	top := map[string]any{
		"Chart": struct {
			helmchart.Metadata
			IsRoot bool
		}{*c.Metadata, c.IsRoot()},
		"Files":        p.filesOf(c),
		"Release":      parent["Release"],
		"Capabilities": parent["Capabilities"],
		"Values":       chartutil.Values{},
		"Subcharts":    subcharts,
	}
	if c.IsRoot() {
		top["Values"] = parent["Values"]
	} else if own, err := parent.Table("Values." + c.Name()); err == nil {
		top["Values"] = own
	}
	for _, sub := range c.Dependencies() {
		subcharts[sub.Name()] = p.addScopes(sub, top, all)
	}
	base := c.ChartFullPath()
	library := strings.EqualFold(c.Metadata.Type, "library")
	for _, t := range c.Templates {
		if library && !strings.HasPrefix(path.Base(t.Name), "_") {
			continue
		}
		all[path.Join(base, t.Name)] = scope{top: top, basePath: path.Join(base, "templates"), file: t}
	}
	return top
}

// filesOf gives .Files of a chart, made once for all renders.
func (p *Program) filesOf(c *helmchart.Chart) files {
	if len(c.Files) == 0 {
		return files{}
	}
	return p.files[&c.Files[0]]
}

// order lists template names as Helm parses and renders them: those in more
// folders first, then backwards by name.
func order(all map[string]scope) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := strings.Count(b, "/") - strings.Count(a, "/"); d != 0 {
			return d
		}
		return strings.Compare(b, a)
	})
	return names
}

// copyChart copies what processing dependencies changes: the tree and metadata.
// Texts and default values are shared, nobody writes to them.
func copyChart(c *helmchart.Chart) *helmchart.Chart {
	meta := *c.Metadata
	meta.Sources, meta.Keywords = slices.Clone(meta.Sources), slices.Clone(meta.Keywords)
	meta.Maintainers = copyPointers(meta.Maintainers)
	meta.Dependencies = copyPointers(meta.Dependencies)
	for _, entry := range meta.Dependencies {
		entry.Tags, entry.ImportValues = slices.Clone(entry.Tags), slices.Clone(entry.ImportValues)
	}
	out := &helmchart.Chart{
		Metadata: &meta, Lock: c.Lock, Templates: c.Templates, Values: c.Values, Schema: c.Schema, Files: c.Files,
	}
	for _, sub := range c.Dependencies() {
		out.AddDependency(copyChart(sub))
	}
	return out
}

func copyPointers[T any](list []*T) []*T {
	if list == nil {
		return nil
	}
	out := make([]*T, len(list))
	for i, p := range list {
		v := *p
		out[i] = &v
	}
	return out
}
