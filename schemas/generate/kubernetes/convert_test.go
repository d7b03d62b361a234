package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/schemas"
)

const document = `{"definitions": {
  "io.k8s.api.x.v1.Thing": {"description": "A thing.", "type": "object", "required": ["spec", "status"],
    "properties": {"spec": {"description": "s", "$ref": "#/definitions/io.k8s.api.x.v1.Spec"}, "status": {"$ref": "#/definitions/io.k8s.api.x.v1.Status"}},
    "x-kubernetes-group-version-kind": [{"group": "x", "version": "v1", "kind": "Thing"}]},
  "io.k8s.api.x.v1.Spec": {"type": "object", "required": ["size"], "properties": {
    "size": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
    "count": {"type": "integer", "format": "int32"}, "data": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}},
    "list": {"type": "array", "items": {"type": "number", "format": "double"}, "x-kubernetes-list-type": "atomic"}}},
  "io.k8s.api.x.v1.Status": {"type": "object", "required": ["phase"], "properties": {"phase": {"type": "string"}}},
  "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
  "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object"}}}`

func TestConvert(t *testing.T) {
	r, err := convert("v1.99.0", []byte(document))
	require.NoError(t, err)
	got, err := json.Marshal(r)
	require.NoError(t, err)
	var have, want any
	require.NoError(t, json.Unmarshal(got, &have))
	require.NoError(t, json.Unmarshal([]byte(`{"kubernetes": "v1.99.0", "kinds": {"x/v1 Thing": "io.k8s.api.x.v1.Thing"}, "definitions": {
	  "io.k8s.api.x.v1.Thing": {"type": "object", "required": ["spec", "status"], "additionalProperties": false,
	    "properties": {"spec": {"$ref": "#/$defs/io.k8s.api.x.v1.Spec"}, "status": {"$ref": "#/$defs/io.k8s.api.x.v1.Status"}}},
	  "io.k8s.api.x.v1.Spec": {"type": "object", "required": ["size"], "additionalProperties": false, "properties": {
	    "size": {"$ref": "#/$defs/io.k8s.apimachinery.pkg.api.resource.Quantity"},
	    "count": {"type": "integer", "minimum": -2147483648, "maximum": 2147483647},
	    "data": {"type": "object", "additionalProperties": {"type": "string", "pattern": "`+escaped(base64)+`", "x-expected": "base64"}},
	    "list": {"type": "array", "items": {"type": "number"}}}},
	  "io.k8s.api.x.v1.Status": {"type": "object", "additionalProperties": false, "properties": {"phase": {"type": "string"}}},
	  "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number"], "pattern": "`+escaped(quantity)+`", "x-expected": "a quantity such as 500m or 1Gi"},
	  "io.k8s.apimachinery.pkg.runtime.RawExtension": {}}}`), &want))
	require.Empty(t, cmp.Diff(want, have))
}

func escaped(text string) string {
	b, _ := json.Marshal(text)
	return string(b[1 : len(b)-1])
}

func TestConvertRefusesWhatItDoesNotKnow(t *testing.T) {
	_, err := convert("v1.99.0", []byte(`{"definitions": {"a": {"properties": {"b": {"type": "string", "format": "new"}}}}}`))
	require.EqualError(t, err, `a: b: unknown format "new"`)
	_, err = convert("v1.99.0", []byte(`{"definitions": {
		"a": {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "K"}]},
		"b": {"x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "K"}]}}}`))
	require.EqualError(t, err, "v1 K is defined by both a and b")
	require.ErrorContains(t, generate("1.37", t.TempDir()), "not of the form v1.37.1")
}

// TestGeneratedIsCurrent guards that what is embedded is what the generator
// makes now, and that making it again changes no byte.
func TestGeneratedIsCurrent(t *testing.T) {
	for _, version := range schemas.Kubernetes() {
		embedded, err := schemas.Release(version)
		require.NoError(t, err)
		var of struct{ Kubernetes string }
		require.NoError(t, json.Unmarshal(embedded, &of))
		text, err := openAPI(of.Kubernetes)
		require.NoError(t, err)
		r, err := convert(of.Kubernetes, text)
		require.NoError(t, err)
		made, err := json.Marshal(r)
		require.NoError(t, err)
		require.True(t, string(made) == string(embedded), "run go run ./schemas/generate/kubernetes %s", of.Kubernetes)

		name := filepath.Join(t.TempDir(), "x.json.gz")
		require.NoError(t, write(name, made))
		first, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, write(name, made))
		second, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, first, second)
	}
}
