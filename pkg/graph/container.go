package graph

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/systems"
)

// Container is a container of a workload's pods. Its findings name fields
// below Path: livenessProbe, env[2].value.
type Container struct {
	*corev1.Container
	Workload *Workload
	Path     string
	Init     bool // ends before the pod's containers start
	Sidecar  bool // an init container that goes on beside them

	mounts []*Mount
}

// Finding makes a finding of r about a field of the container.
func (c *Container) Finding(r finding.Rule, field, format string, args ...any) finding.Finding {
	if field != "" {
		field = "." + field
	}
	return c.Workload.Finding(r, c.Path+field, format, args...)
}

// Location gives the place of a field of the container in the manifest.
func (c *Container) Location(field string) finding.Location {
	return c.Workload.Location(c.Path + "." + field)
}

// readContainers makes the containers, their mounts resolved.
func (w *Workload) readContainers() {
	for i := range w.pod.InitContainers {
		c := &w.pod.InitContainers[i]
		sidecar := c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		w.addContainer(&Container{Container: c, Path: w.InPod(fmt.Sprintf("initContainers[%d]", i)), Init: !sidecar, Sidecar: sidecar})
	}
	for i := range w.pod.Containers {
		w.addContainer(&Container{Container: &w.pod.Containers[i], Path: w.InPod(fmt.Sprintf("containers[%d]", i))})
	}
}

func (w *Workload) addContainer(c *Container) {
	c.Workload = w
	for i, m := range c.VolumeMounts {
		c.mounts = append(c.mounts, &Mount{m, fmt.Sprintf("volumeMounts[%d]", i), w.volume(m.Name)})
	}
	w.containers = append(w.containers, c)
}

// Mount is a volume in a container. Field is below the container's Path.
type Mount struct {
	corev1.VolumeMount
	Field  string
	Volume *Volume // nil when the pod has none of the name
}

// Mounts lists the container's mounts.
func (c *Container) Mounts() []*Mount { return c.mounts }

// MountAt gives the mount that holds a path of the container's file system:
// the innermost one, nil when the path is in the image's own layers.
func (c *Container) MountAt(p string) *Mount {
	var found *Mount
	for _, m := range c.mounts {
		if Below(m.MountPath, p) && (found == nil || len(path.Clean(m.MountPath)) >= len(path.Clean(found.MountPath))) {
			found = m
		}
	}
	return found
}

// Below says whether a path is a directory or lies in it.
func Below(dir, p string) bool {
	dir, p = path.Clean(dir), path.Clean(p)
	return dir == p || dir == "/" || strings.HasPrefix(p, dir+"/")
}

// System says which stateful system the container runs, by its image or else,
// for the first container of the pod, by the workload's preset annotation.
func (c *Container) System() (systems.Match, bool) {
	if m, ok := systems.ByImage(c.Image); ok {
		return m, true
	}
	if c.Init || c.Sidecar || c.Name != c.Workload.pod.Containers[0].Name {
		return systems.Match{}, false
	}
	return systems.ByPreset(c.Workload.Annotations["stateward.dev/preset"])
}

// Env is the environment of a container, as far as the release decides it.
type Env struct {
	Values map[string]string // of the variables that are known
	Opaque bool              // a ConfigMap that is not in the release may set more

	unknown map[string]bool
}

// Unknown says whether a variable may be set, to a value that is not known.
func (e Env) Unknown(name string) bool {
	_, known := e.Values[name]
	return e.unknown[name] || e.Opaque && !known
}

// Environment gives the container's variables with references resolved.
func (c *Container) Environment() Env {
	e := Env{Values: map[string]string{}, unknown: map[string]bool{}}
	ns, g := c.Workload.Namespace, c.Workload.graph
	for _, from := range c.EnvFrom {
		switch {
		case from.ConfigMapRef != nil:
			cm := g.ConfigMap(ns, from.ConfigMapRef.Name)
			e.Opaque = e.Opaque || cm == nil
			if cm != nil {
				for k, v := range cm.Data {
					e.Values[from.Prefix+k] = v
				}
			}
		case from.SecretRef != nil:
			for k := range secretTexts(g.Secret(ns, from.SecretRef.Name)) {
				e.unknown[from.Prefix+k] = true
			}
		}
	}
	for _, v := range c.Env {
		value, known := v.Value, true
		if from := v.ValueFrom; from != nil {
			known = false
			if ref := from.ConfigMapKeyRef; ref != nil {
				if cm := g.ConfigMap(ns, ref.Name); cm != nil {
					value, known = cm.Data[ref.Key]
				}
			}
		}
		if !known {
			delete(e.Values, v.Name)
			e.unknown[v.Name] = true
			continue
		}
		delete(e.unknown, v.Name)
		e.Values[v.Name] = e.expand(value)
	}
	return e
}

var reference = regexp.MustCompile(`\$\$|\$\([A-Za-z_][-._A-Za-z0-9]*\)`)

// expand replaces $(NAME) by what is known so far and $$ by $.
func (e Env) expand(value string) string {
	return reference.ReplaceAllStringFunc(value, func(ref string) string {
		if ref == "$$" {
			return "$"
		}
		if v, known := e.Values[ref[2:len(ref)-1]]; known {
			return v
		}
		return ref
	})
}

// Start gives what steers the data directories of the system in the container.
func (c *Container) Start() systems.Start {
	env := c.Environment()
	config, opaque := c.configFiles()
	return systems.Start{
		Command: c.Command, Args: c.Args,
		Env: env.Values, Unknown: env.Unknown,
		Config: config, Opaque: opaque,
	}
}

// configFiles gives the text of the configuration files in the container, and
// whether it may read others.
func (c *Container) configFiles() (texts []string, opaque bool) {
	g, ns := c.Workload.graph, c.Workload.Namespace
	for _, m := range c.mounts {
		if m.Volume == nil || m.Volume.Persistent() {
			continue
		}
		for _, name := range m.Volume.configMaps {
			cm := g.ConfigMap(ns, name)
			if cm == nil {
				opaque = true
				continue
			}
			for _, text := range cm.Data {
				texts = append(texts, text)
			}
		}
		known := len(m.Volume.secrets) > 0
		for _, name := range m.Volume.secrets {
			secret := g.Secret(ns, name)
			known = known && secret != nil
			for _, text := range secretTexts(secret) {
				texts = append(texts, text)
			}
		}
		// What an init container or somebody else wrote is configuration if the
		// server is told to read it, or if it lies where configuration does.
		if len(m.Volume.configMaps) == 0 && !known && (c.names(m.MountPath) || m.Volume.Lost() && confDir(m.MountPath)) {
			opaque = true
		}
	}
	return texts, opaque
}

func confDir(p string) bool { return strings.Contains(p+"/", "/etc/") || strings.Contains(p, "conf") }

// names says whether the command line holds a path below dir.
func (c *Container) names(dir string) bool {
	for _, line := range [][]string{c.Command, c.Args} {
		for _, word := range line {
			for field := range strings.FieldsSeq(word) {
				if i := strings.Index(field, "/"); i >= 0 && Below(dir, strings.Trim(field[i:], `"';`)) {
					return true
				}
			}
		}
	}
	return false
}

func secretTexts(s *corev1.Secret) map[string]string {
	out := map[string]string{}
	if s != nil {
		for k, v := range s.Data {
			out[k] = string(v)
		}
		for k, v := range s.StringData {
			out[k] = v
		}
	}
	return out
}
