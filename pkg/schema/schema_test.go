package schema

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
	"github.com/stateward/stateward/pkg/values"
)

var update = flag.Bool("update", false, "rewrite golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got))
}

// describe writes findings with the text they point at.
func describe(files source.Files, findings []finding.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s: %s: %s [%s]\n", f.Pos(), f.Severity, f.Message, f.Rule)
		at := f.Locations[len(f.Locations)-1]
		if line, ok := files.Line(at.File, at.Line); ok {
			fmt.Fprintf(&b, "    %s\n    %s\n", line, strings.TrimRight(source.Caret(line, at.Span), " "))
		}
		fmt.Fprintf(&b, "  hint: %s\n", f.Hint)
	}
	return b.String()
}

func validateText(schema, text string) (source.Files, []finding.Finding) {
	files := source.Files{"v.yaml": []byte(text), "values.schema.json": []byte(schema)}
	v, _ := values.Parse("v.yaml", []byte(text))
	return files, ValidateValues("values.schema.json", []byte(schema), nil, v, v.Map)
}

const draft7 = `"$schema": "http://json-schema.org/draft-07/schema#", `

// storage is a schema as our charts have it.
const storage = `{` + draft7 + `"type": "object", "additionalProperties": false, "properties": {
  "preset": {"enum": ["postgresql", "redis", "custom"], "description": "The system to run."},
  "replicas": {"type": "integer", "minimum": 1, "maximum": 9, "description": "Number of members. More is not better."},
  "storage": {"$ref": "#/definitions/storage"},
  "image": {"type": "object", "additionalProperties": false, "required": ["repository"],
    "properties": {"repository": {"type": "string"}, "tag": {"type": ["string", "null"]}, "pullPolicy": {"type": "string", "enum": ["Always", "IfNotPresent", "Never"]}}},
  "auth": {"type": "object", "properties": {"password": {"type": "string", "minLength": 8}, "username": {"type": "string"}},
    "dependencies": {"password": ["username"]}},
  "labels": {"type": "object", "additionalProperties": {"type": "string"}, "propertyNames": {"pattern": "^[a-z./-]+$"}},
  "env": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "value": {"type": "string"}}}},
  "args": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": true},
  "enabled": {"type": "boolean"},
  "port": {"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^[a-z]+$"}]},
  "resources": {"oneOf": [{"enum": ["small", "large"]}, {"type": "object", "additionalProperties": false,
    "properties": {"limits": {"type": "object"}, "requests": {"type": "object"}}}]},
  "source": {"anyOf": [{"required": ["claim"]}, {"required": ["snapshot"]}]},
  "target": {"oneOf": [{"required": ["claim"]}, {"required": ["snapshot"]}]},
  "volume": {"oneOf": [
    {"type": "object", "properties": {"kind": {"const": "claim"}, "name": {"type": "string"}}, "required": ["kind", "name"], "additionalProperties": false},
    {"type": "object", "properties": {"kind": {"const": "empty"}, "limit": {"type": "string"}}, "required": ["kind"], "additionalProperties": false}]},
  "backup": {"type": "object", "properties": {"enabled": {"type": "boolean"}, "schedule": {"type": "string"}, "bucket": {"type": "string"}},
    "if": {"properties": {"enabled": {"const": true}}, "required": ["enabled"]}, "then": {"required": ["schedule", "bucket"]}},
  "either": {"type": "object", "not": {"required": ["a", "b"]}},
  "ratio": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
  "step": {"type": "integer", "multipleOf": 5},
  "host": {"type": "string", "format": "hostname"},
  "old": false
 }, "definitions": {
  "size": {"type": "string", "pattern": "^[0-9]+(Mi|Gi|Ti)$", "examples": ["10Gi"]},
  "storage": {"type": "object", "additionalProperties": false, "properties": {
    "size": {"$ref": "#/definitions/size"}, "storageClass": {"type": "string"}, "accessModes": {"type": "array"}, "dataSource": {"type": "object"},
    "labels": {"type": "object"}, "annotations": {"type": "object"}, "existingClaim": {"type": "string"}}}}}`

// wrong is one values text per mistake; testdata/values.golden says what is
// reported.
var wrong = []struct{ name, text string }{
	{"a misspelt key", "storage: {sise: 10Gi}\n"},
	{"a misspelt key at the top", "storge:\n  size: 1Gi\n"},
	{"another separator", "storage:\n  storage_class: fast\n"},
	{"another case", "storage:\n  StorageClass: fast\n"},
	{"the beginning of a key", "storage:\n  anno: {}\n"},
	{"a key one level too high", "existingClaim: x\n"},
	{"a key one level too low", "image:\n  repository: x\n  replicas: 3\n"},
	{"a key that is nothing like any", "zzz: 1\n"},
	{"a key with dots", "image:\n  repository: x\n  a.b/c: 1\n"},
	{"several unknown keys", "storage:\n  sise: 1\n  clss: 2\nfoo: 3\n"},
	{"a text for an integer", "replicas: two\n"},
	{"a quoted integer", "replicas: \"2\"\n"},
	{"a fraction for an integer", "replicas: 2.5\n"},
	{"too small", "replicas: 0\n"},
	{"too large", "replicas: 10\n"},
	{"a bound that is excluded", "ratio: 0\n"},
	{"a bound that is excluded above", "ratio: 1\n"},
	{"no multiple", "step: 7\n"},
	{"a misspelt choice", "preset: postgres\n"},
	{"a choice that is nothing like any", "preset: 12\n"},
	{"a pattern with an example", "storage:\n  size: 10GB\n"},
	{"a long value", "storage:\n  size: " + strings.Repeat("ü", 100) + "\n"},
	{"a missing key", "image:\n  tag: x\n"},
	{"a missing key, set to null", "image:\n  repository: null\n"},
	{"null where nothing may be", "replicas: null\n"},
	{"null where it may be", "image: {repository: x, tag: null}\n"},
	{"a map for a text", "image:\n  repository:\n    name: x\n"},
	{"a number for a text", "image: {repository: x, tag: 17}\n"},
	{"a text for a map", "storage: 10Gi\n"},
	{"a list for a map", "storage:\n- size: 10Gi\n"},
	{"a text for a list", "args: --verbose\n"},
	{"a map for a list", "args:\n  a: b\n"},
	{"an empty list", "args: []\n"},
	{"the same item twice", "args: [a, b, a]\n"},
	{"an item of another type", "args: [a, 1]\n"},
	{"a text for a truth value", "enabled: \"yes\"\n"},
	{"a truth value for a text", "auth: {username: true}\n"},
	{"a short password is not shown", "auth: {username: x, password: abc}\n"},
	{"a password of another type is not shown", "auth: {username: x, password: 12345678}\n"},
	{"a secret in a list of variables is not shown", "env: [{name: DB_PASSWORD, value: 123}, {name: DB_HOST, value: 123}]\n"},
	{"a key that another needs", "auth: {password: abcdefgh}\n"},
	{"a name that is refused", "labels: {Abc: x, ok: y}\n"},
	{"a value in an open map", "labels: {a.b/c: 1}\n"},
	{"neither of two types", "port: true\n"},
	{"neither of two types, one with a pattern", "port: A1\n"},
	{"a list or a map, a misspelt choice", "resources: smal\n"},
	{"a list or a map, a misspelt key", "resources: {limit: {}}\n"},
	{"neither a list nor a map", "resources: 12\n"},
	{"one of two keys is missing", "source: {}\n"},
	{"one of two keys, both given", "target: {claim: a, snapshot: b}\n"},
	{"a branch told by its kind", "volume: {kind: claim, nam: x}\n"},
	{"a branch told by its kind, the second", "volume: {kind: empty, limt: x}\n"},
	{"a kind that no branch has", "volume: {kind: clam, name: x}\n"},
	{"a condition", "backup:\n  enabled: true\n  schedule: daily\n"},
	{"a condition that does not hold", "backup:\n  enabled: false\n"},
	{"keys that exclude each other", "either: {a: 1, b: 2}\n"},
	{"a format", "host: a_b\n"},
	{"a key that is forbidden", "old: 1\n"},
	{"all is well", "replicas: 3\nstorage: {size: 10Gi}\nport: http\nresources: small\nvolume: {kind: empty}\n"},
}

func TestValuesMessages(t *testing.T) {
	var got strings.Builder
	for _, tt := range wrong {
		files, findings := validateText(storage, tt.text)
		fmt.Fprintf(&got, "# %s\n%s", tt.name, describe(files, findings))
		for _, f := range findings {
			require.NotEmpty(t, f.Hint, f.Message)
			require.NotZero(t, f.Pos().Line, f.Message)
			require.NotContains(t, f.Message, "12345678")
			require.NotContains(t, f.Hint, "12345678")
		}
	}
	golden(t, "values.golden", got.String())
}
