package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/rule"
	"github.com/stateward/stateward/pkg/systems"
)

var _ = add(finding.Rule{
	ID:       "data-dir-not-persistent",
	Title:    "The directory a server keeps its data in is on a volume that outlives the pod",
	Severity: finding.Error,
	Doc: `A claim that is mounted beside the data directory keeps nothing. The server works, and all
its data is gone when the pod is replaced: at the next node drain, eviction or upgrade. The
usual causes are a directory that was moved by a variable, an image from another vendor, and
a new major version: since PostgreSQL 18 the official image keeps its data in
` + "`/var/lib/postgresql/18/docker`" + `, so a claim at ` + "`/var/lib/postgresql/data`" + ` stays empty; later
builds of that image refuse to start when they find a mount there.

Seen on Kubernetes 1.34: a Valkey whose claim was mounted beside ` + "`/data`" + ` had no key left after one
eviction, and nothing was in the claim.

The rule knows the usual images of databases, queues and metric stores and the variables,
flags and configuration files that move their data. It is silent where it cannot know, for a
Job, and for a Redis that is configured as a cache; a Redis in a Deployment, which may be meant
as one, is a warning.

See [docker-library/postgres#1259](https://github.com/docker-library/postgres/pull/1259).`,
	Hint: "mount a claim at the data directory or above it",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		for _, c := range w.Containers() {
			if w.Ends() || c.Init {
				continue
			}
			if system, ok := c.System(); ok {
				checkDataDir(p, c, system)
			}
		}
	}
})

func checkDataDir(p *rule.Pass, c *graph.Container, system systems.Match) {
	var lost []systems.Dir
	for _, dirs := range system.DataDirs(c.Start()) {
		dir, isLost := firstLost(c, dirs)
		if !isLost {
			return // this may be how it runs
		}
		lost = append(lost, dir)
	}
	if len(lost) == 0 || !system.Vendor && keepsElsewhere(c, lost) {
		return
	}
	name := system.Title
	if system.Major > 0 && system.Vendor {
		name += fmt.Sprintf(" %d", system.Major)
	}
	var paths []string
	for _, d := range lost {
		paths = append(paths, d.Path)
	}
	field, where := whereLost(c, lost[0])
	f := p.Reportf(c, field, "%s keeps its data in %s, %s", name, strings.Join(paths, " or "), where)
	f.Hint = fmt.Sprintf("mount a claim at %s or above it", lost[0].Path)
	if system.Cache && c.Workload.Kind != "StatefulSet" {
		f.Severity = finding.Warning
	}
}

// whereLost gives the field that is to blame for a directory that is lost with
// the pod, and says what holds it.
func whereLost(c *graph.Container, dir systems.Dir) (field, where string) {
	if m := c.MountAt(dir.Path); m != nil {
		return m.Field + ".mountPath", fmt.Sprintf("in the %s %q, which is deleted with the pod", m.Volume.Kind(), m.Name)
	}
	field, where = settingOf(c, dir), "which is on no volume"
	for _, m := range c.Mounts() {
		if m.Volume == nil || !m.Volume.Persistent() {
			continue
		}
		where += fmt.Sprintf("; the claim %q is mounted at %s", m.Name, m.MountPath)
		if field == "image" {
			field = m.Field + ".mountPath"
		}
		break
	}
	return field, where
}

// firstLost gives the first directory that does not outlive the pod.
func firstLost(c *graph.Container, dirs []systems.Dir) (systems.Dir, bool) {
	for _, d := range dirs {
		m := c.MountAt(d.Path)
		lost := m == nil || m.Volume != nil && m.Volume.Lost()
		for _, m := range c.Mounts() {
			// A volume somewhere below may be where the data is.
			if graph.Below(d.Path, m.MountPath) && (m.Volume == nil || !m.Volume.Lost()) {
				lost = false
			}
		}
		if lost {
			return d, true
		}
	}
	return systems.Dir{}, false
}

// keepsElsewhere says whether an image that has only the name of a vendor's may
// have directories of its own: a claim is mounted, and nowhere near the vendor's.
func keepsElsewhere(c *graph.Container, vendors []systems.Dir) bool {
	mounted := false
	for _, m := range c.Mounts() {
		if m.Volume == nil || m.Volume.Lost() {
			continue
		}
		for _, d := range vendors {
			if d.Env != "" || d.Flag != "" || near(m.MountPath, d.Path) {
				return false
			}
		}
		mounted = mounted || m.Volume.Persistent()
	}
	return mounted
}

// near says whether two paths share what makes a directory a system's own:
// /var/lib/postgresql, or all of a shorter one.
func near(p, dir string) bool {
	a, b := strings.Split(path.Clean(p), "/"), strings.Split(path.Clean(dir), "/")
	n := min(len(b), 4) // the first is empty
	return len(a) >= n && slices.Equal(a[:n], b[:n])
}

// settingOf gives the field of a container that decides a data directory.
func settingOf(c *graph.Container, d systems.Dir) string {
	switch {
	case d.Env != "":
		for i, e := range c.Env {
			if e.Name == d.Env {
				return fmt.Sprintf("env[%d].value", i)
			}
		}
		return "envFrom"
	case d.Flag != "" && len(c.Args) > 0:
		return "args"
	case d.Flag != "":
		return "command"
	}
	return "image"
}
