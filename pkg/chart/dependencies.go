package chart

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/semver/v3"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// DependencyMissing is reported for an entry of dependencies whose chart is not there.
var DependencyMissing = finding.Rule{
	ID:       "chart-dependency-missing",
	Title:    "The charts that a chart depends on are there",
	Severity: finding.Error,
	Doc: "Helm refuses a chart when an entry of `dependencies` has no chart in `charts/`, even when its condition turns it off. " +
		"stateward reads entries with a `file://` repository from where they are, so these need not be copied first. " +
		"A subchart whose own dependency is missing is a warning: Helm renders it without.",
	Hint: "run `helm dependency build`",
}

// DependencyVersion is reported when a dependency has a version that its entry
// does not allow.
var DependencyVersion = finding.Rule{
	ID:       "chart-dependency-version",
	Title:    "Dependencies have the version that Chart.yaml asks for",
	Severity: finding.Error,
	Doc: "`helm dependency build` refuses a `file://` dependency outside of the version range. " +
		"A chart in `charts/` outside of it is a warning: Helm renders it, and ignores condition, tags, alias and import-values of the entry.",
	Hint: "change the range in Chart.yaml, or the chart",
}

// DependencyCycle is reported for a chart that depends on itself.
var DependencyCycle = finding.Rule{
	ID:       "chart-dependency-cycle",
	Title:    "A chart does not depend on itself",
	Severity: finding.Error,
	Doc:      "Following `file://` repositories from chart to chart leads back to the first: `helm dependency build` would copy the chart into itself.",
	Hint:     "remove one of these dependencies",
}

const fileScheme = "file://"

// dependencies adds to n the charts of file:// entries that are not in charts/,
// theirs first, and reports what is missing. entry is the one that named n; nil
// for the chart the user gave.
func (r *reader) dependencies(n *node, entry *helmchart.Dependency) {
	r.loading = append(r.loading, n.at.key())
	defer func() { r.loading = r.loading[:len(r.loading)-1] }()

	vendored := slices.Clone(n.deps)
	for _, sub := range vendored {
		r.vendoredEntries(sub)
	}
	added := map[string]bool{}
	for i, e := range n.chart.Metadata.Dependencies {
		if r.isVendored(n, vendored, i) {
			continue
		}
		at := n.requires.value("dependencies", strconv.Itoa(i))
		if !strings.HasPrefix(e.Repository, fileScheme) || n.at.fsys == nil {
			f := r.report(DependencyMissing, at, "dependency %q is not in charts/", e.Name)
			f.Hint = "run helm dependency build " + n.at.path
			if n.at.fsys == nil {
				f.Hint = "run helm dependency build on the chart's folder, then package it again"
			}
			if entry != nil {
				lenient(r.findings[len(r.findings)-1:])
			}
			continue
		}
		from := len(r.findings)
		dep := r.local(n, i)
		if entry != nil {
			lenient(r.findings[from:])
		}
		if dep != nil && !added[dep.at.key()] { // once, whatever the number of aliases
			added[dep.at.key()] = true
			n.add(dep)
			r.dependencies(dep, e)
		}
	}
}

// lenient makes warnings of what Helm does not mind: it asks for the dependencies
// of the outermost chart only, and renders what is there.
func lenient(findings []finding.Finding) {
	for i, f := range findings {
		if f.Rule == DependencyMissing.ID || f.Rule == DependencyVersion.ID {
			findings[i].Severity = finding.Warning
		}
	}
}

// vendoredEntries reports what Helm passes over in silence in a chart of charts/.
func (r *reader) vendoredEntries(n *node) {
	for i, e := range n.chart.Metadata.Dependencies {
		if !r.isVendored(n, n.deps, i) {
			at := n.requires.value("dependencies", strconv.Itoa(i))
			f := r.report(DependencyMissing, at, "dependency %q is not in charts/, Helm renders %s without it", e.Name, n.chart.Name())
			f.Severity, f.Hint = finding.Warning, "run helm dependency build "+n.at.path
		}
	}
	for _, sub := range n.deps {
		r.vendoredEntries(sub)
	}
}

// isVendored says whether one of the charts from charts/ is for entry i of n, and
// reports when none of its version range is.
func (r *reader) isVendored(n *node, vendored []*node, i int) bool {
	e := n.chart.Metadata.Dependencies[i]
	var found *node
	for _, dep := range vendored {
		if dep.chart.Name() != e.Name {
			continue
		}
		if chartutil.IsCompatibleRange(e.Version, dep.chart.Metadata.Version) {
			return true
		}
		found = dep
	}
	if found == nil {
		return false
	}
	r.reportVersion(e, found, versionSpan(n, i)).Severity = finding.Warning
	return true
}

// local reads the chart of entry i, which has a file:// repository.
func (r *reader) local(n *node, i int) *node {
	e, index := n.chart.Metadata.Dependencies[i], strconv.Itoa(i)
	span := n.requires.value("dependencies", index, "repository")
	at, isFolder := n.at.follow(strings.TrimPrefix(e.Repository, fileScheme))
	if !isFolder {
		r.report(DependencyMissing, span, "dependency %q is not at %s: no such folder", e.Name, at.path).
			Hint = "correct the path, which starts from the chart's folder"
		return nil
	}
	if slices.Contains(r.loading, at.key()) {
		r.report(DependencyCycle, span, "dependency %q leads back to %s", e.Name, at.path)
		return nil
	}
	dep, err := r.folder(at)
	if err != nil {
		r.err = err
	}
	if dep == nil {
		return nil
	}
	if dep.chart.Name() != e.Name {
		r.report(DependencyMissing, n.requires.value("dependencies", index, "name"),
			"dependency %q is not at %s: the chart there is %q", e.Name, at.path, dep.chart.Name()).
			Hint = "write the name of that chart; alias gives it another one in this chart"
		return nil
	}
	if !chartutil.IsCompatibleRange(e.Version, dep.chart.Metadata.Version) {
		r.reportVersion(e, dep, versionSpan(n, i))
		return nil
	}
	return dep
}

// reportVersion says why dep is not what entry e asks for.
func (r *reader) reportVersion(e *helmchart.Dependency, dep *node, at source.Span) *finding.Finding {
	version := dep.chart.Metadata.Version
	if e.Version == "" {
		f := r.report(DependencyVersion, at, "dependency %q has no version", e.Name)
		f.Hint = "write version: " + version
		return f
	}
	if _, err := semver.NewConstraint(e.Version); err != nil {
		f := r.report(DependencyVersion, at, "%q is not a range of versions", e.Version)
		f.Hint = "write it as in ^1.2.0 or 1.x.x"
		return f
	}
	return r.report(DependencyVersion, at, "%s has version %s, %q was asked for", dep.at.path, version, e.Version)
}

func versionSpan(n *node, i int) source.Span {
	return n.requires.value("dependencies", strconv.Itoa(i), "version")
}

// follow gives the place of a file:// path, which is absolute or starts from the
// chart's folder, and whether there is a folder.
func (p place) follow(to string) (place, bool) {
	if p.disk == "" {
		p.dir = path.Join(p.dir, to)
		p.path = p.dir
		info, err := fs.Stat(p.fsys, p.dir)
		return p, err == nil && info.IsDir()
	}
	target := filepath.FromSlash(to)
	p.path, p.disk = filepath.Join(p.path, target), filepath.Join(p.disk, target)
	if filepath.IsAbs(target) {
		p.path, p.disk = target, target
	}
	p.fsys, p.dir = os.DirFS(p.disk), "."
	info, err := os.Stat(p.disk)
	return p, err == nil && info.IsDir()
}

// key is the same for two ways to the same folder.
func (p place) key() string {
	if p.disk == "" {
		return p.path
	}
	if real, err := filepath.EvalSymlinks(p.disk); err == nil {
		if abs, err := filepath.Abs(real); err == nil {
			return abs
		}
	}
	return p.disk
}
