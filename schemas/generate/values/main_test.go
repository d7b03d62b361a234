package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// generated writes fragments for a chart "p" and gives what comes of them.
func generated(t *testing.T, fragments map[string]string) (schema, values, readme string, err error) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	write("charts/p/Chart.yaml", "")
	write("charts/stateful/Chart.yaml", "")
	write("charts/stateful/presets/yours.yaml", "patterns: {p: {}, q: {}}")
	write("charts/stateful/presets/others.yaml", "patterns: {q: {}}")
	write("charts/stateful/presets/mine.yaml", "patterns: {p: {}}")
	write("fragments/p.md", "# p\n")
	write("fragments/pool.yaml", "properties: {replicas: {description: Members., type: integer}, size: {description: Size., type: string, default: 1Gi}}")
	for name, text := range fragments {
		write("fragments/"+name, text)
	}
	if err := generate(filepath.Join(dir, "fragments"), filepath.Join(dir, "charts")); err != nil {
		return "", "", "", err
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, "charts/p", name))
		require.NoError(t, err)
		return string(text)
	}
	return read("values.schema.json"), read("values.yaml"), read("README.md"), nil
}

func TestGenerate(t *testing.T) {
	schema, values, readme, err := generated(t, map[string]string{
		"p.yaml": `
title: T
properties:
  preset: {description: System., type: string}
  base: {$ref: parts.yaml#base, default: null, properties: {gone: null, kept: {default: 2}, more: {description: More., type: string}}}
  own: {$ref: parts.yaml#word, description: Wins., enum: [a, b]}
  tree:
    description: A tree.
    properties:
      set: {description: Has a default., type: integer, default: 7}
      preset: {description: Is decided by the preset., type: string, examples: [x]}
  none:
    description: All decided.
    properties:
      one: {description: One., type: string}
  labels: {description: A map., x-map: string, default: {}}
  foreign: {description: Theirs., x-foreign: core/v1.Affinity, type: object, default: {}}
  hidden: {description: Not shown., type: object, x-open: true, x-hidden: true}
`,
		"parts.yaml": `
word: {description: Loses., type: string, default: a}
base: {description: Base., default: {}, properties: {gone: {description: Gone., type: string}, kept: {description: Kept., type: integer, default: 1}}}
`,
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"$schema": "http://json-schema.org/draft-07/schema#", "title": "T", "type": "object", "additionalProperties": false, "properties": {
		"preset": {"description": "System.", "type": "string", "enum": ["mine", "yours"]},
		"base": {"description": "Base.", "type": "object", "additionalProperties": false, "properties": {
			"kept": {"description": "Kept.", "type": "integer", "default": 2},
			"more": {"description": "More.", "type": "string"}}},
		"own": {"description": "Wins.", "type": "string", "default": "a", "enum": ["a", "b"]},
		"tree": {"description": "A tree.", "type": "object", "additionalProperties": false, "properties": {
			"set": {"description": "Has a default.", "type": "integer", "default": 7},
			"preset": {"description": "Is decided by the preset.", "type": "string", "examples": ["x"]}}},
		"none": {"description": "All decided.", "type": "object", "additionalProperties": false, "properties": {"one": {"description": "One.", "type": "string"}}},
		"labels": {"description": "A map.", "type": "object", "additionalProperties": {"type": "string"}, "default": {}},
		"foreign": {"description": "Theirs. Kubernetes: core/v1.Affinity.", "type": "object", "default": {}},
		"hidden": {"description": "Not shown.", "type": "object"}
	}}`, schema)
	require.Contains(t, values, `
# Wins. One of: a, b.
own: a

# A tree.
tree:
  # Has a default.
  set: 7
  # Is decided by the preset.
  # preset: x

# All decided.
# Keys: one
none: {}
`)
	require.NotContains(t, values, "hidden")
	require.Contains(t, readme, "# p\n\n## Values\n")
	require.Contains(t, readme, "| `tree.set` | Has a default. | `7` |\n| `tree.preset` | Is decided by the preset. | *preset* |\n")
	require.NotContains(t, readme, "hidden")
}

func TestGenerateErrors(t *testing.T) {
	for want, text := range map[string]string{
		"a: no description":             "properties: {a: {type: string}}",
		"a: b: no description":          "properties: {a: {description: A., properties: {b: {type: string}}}}",
		"open ":                         "properties: {a: {$ref: absent.yaml}}",
		`p.yaml has no key "x"`:         "properties: {a: {$ref: p.yaml#x}}",
		"p.yaml: yaml: line 1: did not": "properties: {",
	} {
		_, _, _, err := generated(t, map[string]string{"p.yaml": text})
		require.ErrorContains(t, err, want)
	}
}
