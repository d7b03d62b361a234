package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// functions gives what templates can call, as Helm has it, without a cluster and
// without the network. include and tpl stand in for those of a runner.
var functions = sync.OnceValue(func() template.FuncMap {
	m := sprig.TxtFuncMap()
	delete(m, "env")
	delete(m, "expandenv")
	copyAny := m["deepCopy"].(func(any) any)
	mustCopyAny := m["mustDeepCopy"].(func(any) (any, error))
	maps.Copy(m, template.FuncMap{
		"include":       func(string, any) (string, error) { return "", errUnbound },
		"tpl":           func(string, any) (string, error) { return "", errUnbound },
		"required":      required,
		"fail":          fail,
		"lookup":        func(string, string, string, string) (map[string]any, error) { return map[string]any{}, nil },
		"getHostByName": func(string) string { return "" },
		"deepCopy": func(v any) any {
			if c, ok := deepCopy(v); ok && v != nil {
				return c
			}
			return copyAny(v)
		},
		"mustDeepCopy": func(v any) (any, error) {
			if c, ok := deepCopy(v); ok && v != nil {
				return c, nil
			}
			return mustCopyAny(v)
		},
		"toYaml":        toYAML,
		"toYamlPretty":  toYAMLPretty,
		"fromYaml":      fromYAML,
		"fromYamlArray": fromYAMLArray,
		"toJson":        toJSON,
		"fromJson":      fromJSON,
		"fromJsonArray": fromJSONArray,
		"toToml":        toTOML,
		"fromToml":      fromTOML,
	})
	return m
})

var errUnbound = errors.New("called outside of a render")

// builtins names the functions that text/template brings itself; parsing wants
// names with any value.
var builtins = map[string]any{
	"and": true, "call": true, "html": true, "index": true, "js": true, "len": true, "not": true, "or": true,
	"print": true, "printf": true, "println": true, "slice": true, "urlquery": true,
	"eq": true, "ge": true, "gt": true, "le": true, "lt": true, "ne": true,
}

// refusal is what a chart says with fail or required.
type refusal struct{ message string }

func (r *refusal) Error() string { return r.message }

func fail(message string) (string, error) { return "", &refusal{message} }

func required(message string, value any) (any, error) {
	if value == nil || value == "" {
		return value, &refusal{message}
	}
	return value, nil
}

// The functions below turn data into text and back. Templates count on their
// answer to what cannot be done: no text, or the error under the key Error.

func toYAML(v any) string {
	text, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

func toYAMLPretty(v any) string {
	var text bytes.Buffer
	e := goyaml.NewEncoder(&text)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(text.String(), "\n")
}

func fromYAML(text string) map[string]any {
	m := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func fromYAMLArray(text string) []any {
	list := []any{}
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		list = []any{err.Error()}
	}
	return list
}

func toJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func fromJSON(text string) map[string]any {
	m := map[string]any{}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func fromJSONArray(text string) []any {
	list := []any{}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		list = []any{err.Error()}
	}
	return list
}

func toTOML(v any) string {
	var text bytes.Buffer
	if err := toml.NewEncoder(&text).Encode(v); err != nil {
		return err.Error()
	}
	return text.String()
}

func fromTOML(text string) map[string]any {
	m := map[string]any{}
	if strings.Count(text, "[")+strings.Count(text, "{")+strings.Count(text, ".") > maxActions {
		m["Error"] = "toml: nested too deep" // its reader has no limit of its own, and takes n*n steps
		return m
	}
	if err := toml.Unmarshal([]byte(text), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}
