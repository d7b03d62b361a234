package render

import (
	"encoding/base64"
	"path"
	"strings"

	"github.com/gobwas/glob"
	helmchart "helm.sh/helm/v3/pkg/chart"
)

// files is .Files of a template: the chart's files outside of templates/, by
// name. The exported methods are what templates call.
type files map[string][]byte

func newFiles(list []*helmchart.File) files {
	f := make(files, len(list))
	for _, file := range list {
		f[file.Name] = file.Data
	}
	return f
}

// GetBytes gives a file; no bytes when there is none of this name.
func (f files) GetBytes(name string) []byte {
	if data, ok := f[name]; ok {
		return data
	}
	return []byte{}
}

// Get gives a file as text.
func (f files) Get(name string) string { return string(f.GetBytes(name)) }

// Glob gives the files that match a pattern; a pattern that cannot be read
// matches all.
func (f files) Glob(pattern string) files {
	g, err := glob.Compile(pattern, '/')
	if err != nil {
		g = glob.MustCompile("**")
	}
	matching := files{}
	for name, data := range f {
		if g.Match(name) {
			matching[name] = data
		}
	}
	return matching
}

// AsConfig gives the files as the YAML of a ConfigMap's data, by base name.
func (f files) AsConfig() string {
	return f.yaml(func(data []byte) string { return string(data) })
}

// AsSecrets gives the files as the YAML of a Secret's data, by base name.
func (f files) AsSecrets() string {
	return f.yaml(base64.StdEncoding.EncodeToString)
}

func (f files) yaml(encode func([]byte) string) string {
	if f == nil {
		return ""
	}
	m := make(map[string]string, len(f))
	for name, data := range f {
		m[path.Base(name)] = encode(data)
	}
	return toYAML(m)
}

// Lines gives the lines of a file; a line break at its end starts no line.
func (f files) Lines(name string) []string {
	data := string(f[name])
	if data == "" {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(data, "\n"), "\n")
}
