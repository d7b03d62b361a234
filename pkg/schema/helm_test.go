package schema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/stateward/stateward/pkg/values"
)

// TestVerdictIsHelms guards that what Helm refuses gives a finding and what
// Helm takes gives none, whatever draft a schema is written in.
func TestVerdictIsHelms(t *testing.T) {
	const draft4 = `"$schema": "http://json-schema.org/draft-04/schema#", `
	const draft6 = `"$schema": "http://json-schema.org/draft-06/schema#", `
	const draft2019 = `"$schema": "https://json-schema.org/draft/2019-09/schema", `
	const draft2020 = `"$schema": "https://json-schema.org/draft/2020-12/schema", `
	tests := map[string]struct {
		schema string
		values []string
	}{
		"an example of ours": {storage, nil}, // and the values of TestValuesMessages
		"draft 4, exclusive bounds": {`{` + draft4 + `"properties": {"a": {"type": "number", "minimum": 1, "exclusiveMinimum": true}}}`,
			[]string{"a: 1", "a: 2"}},
		"draft 4, id": {`{` + draft4 + `"id": "http://example.com/root.json", "properties": {"a": {"$ref": "#/definitions/x"}, "b": {"$ref": "root.json#/definitions/x"}}, "definitions": {"x": {"type": "string"}}}`,
			[]string{"a: 1", "b: 1", "a: x"}},
		"draft 6, const and contains": {`{` + draft6 + `"properties": {"a": {"const": 1}, "b": {"contains": {"type": "integer"}}}}`,
			[]string{"a: 1", "a: 2", "b: [x, 1]", "b: [x]"}},
		"draft 7, keywords beside $ref do not count": {`{` + draft7 + `"properties": {"a": {"$ref": "#/definitions/x", "maxLength": 1}}, "definitions": {"x": {"type": "string"}}}`,
			[]string{"a: xx", "a: 1"}},
		"draft 7, $id and anchors": {`{` + draft7 + `"$id": "https://example.com/v.json", "properties": {"a": {"$ref": "#x"}, "b": {"$ref": "https://example.com/v.json#/definitions/x"}, "c": {"$ref": "y.json"}, "d": {"$ref": "y.json#/definitions/z"}},
			"definitions": {"x": {"$id": "#x", "type": "string"}, "y": {"$id": "y.json", "type": "integer", "definitions": {"z": {"type": "boolean"}}}}}`,
			[]string{"a: 1", "a: x", "b: 1", "b: x", "c: 1", "c: x", "d: 1", "d: true"}},
		"draft 7, formats count": {`{` + draft7 + `"properties": {"a": {"format": "ipv4"}, "b": {"format": "date-time"}}}`,
			[]string{"a: 1.2.3.4", "a: 1.2.3", "b: x"}},
		"2019-09, keywords beside $ref count": {`{` + draft2019 + `"properties": {"a": {"$ref": "#/$defs/x", "maxLength": 1}}, "$defs": {"x": {"type": "string"}}}`,
			[]string{"a: xx", "a: x", "a: 1"}},
		"2019-09, dependencies": {`{` + draft2019 + `"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}`,
			[]string{"a: 1", "{a: 1, b: 2}", "c: 1", "{c: 1, d: 2}"}},
		"2020-12, tuples": {`{` + draft2020 + `"properties": {"a": {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}, "b": {"prefixItems": [{}], "items": false}}}`,
			[]string{"a: [x, 1]", "a: [x, y]", "a: [1]", "b: [1]", "b: [1, 2]"}},
		"2020-12, anchors and formats": {`{` + draft2020 + `"properties": {"a": {"$ref": "#x"}, "b": {"format": "ipv4"}}, "$defs": {"x": {"$anchor": "x", "type": "string"}}}`,
			[]string{"a: 1", "a: x", "b: nothing"}},
		"no draft is 2020-12": {`{"properties": {"a": {"$ref": "#/definitions/x", "maxLength": 1}, "b": {"format": "ipv4"}}, "definitions": {"x": {"type": "string"}}}`,
			[]string{"a: xx", "a: x", "b: nothing"}},
		"pointers with escapes": {`{` + draft7 + `"properties": {"a": {"$ref": "#/definitions/x~1y%20z"}, "b": {"$ref": "#/definitions/~0"}}, "definitions": {"x/y z": {"type": "string"}, "~": {"type": "string"}}}`,
			[]string{"a: 1", "a: x", "b: 1"}},
		"a reference to a place that is no schema by name": {`{` + draft7 + `"properties": {"a": {"$ref": "#/x/y"}}, "x": {"y": {"$ref": "#/x/z"}, "z": {"type": "string"}}}`,
			[]string{"a: 1", "a: x"}},
		"a tree": {`{` + draft7 + `"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}, "additionalProperties": false}`,
			[]string{"child: {child: {name: x}}", "child: {child: {name: 1}}", "child: {x: 1}"}},
		"boolean schemas": {`{` + draft7 + `"properties": {"a": true, "b": false}, "additionalProperties": {"not": {}}}`,
			[]string{"a: 1", "b: 1", "c: 1"}},
		"nested branches": {`{` + draft7 + `"properties": {"a": {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"type": "object", "properties": {"x": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "additionalProperties": false}]}}}`,
			[]string{"a: 1", "a: x", "a: {x: null}", "a: {x: 1}", "a: {y: 1}", "a: []"}},
		"large and small numbers": {`{` + draft7 + `"properties": {"a": {"type": "integer", "maximum": 1e15}, "b": {"multipleOf": 0.01}}}`,
			[]string{"a: 1e15", "a: 1e16", "a: 1.5", "b: 0.07", "b: 0.075"}},
		"property names": {`{` + draft7 + `"propertyNames": {"pattern": "^a"}, "patternProperties": {"^ab": {"type": "string"}}, "minProperties": 1}`,
			[]string{"abc: 1", "abc: x", "b: 1", "{}"}},
		"broken: a type":            {`{"type": "strin"}`, []string{"a: 1"}},
		"broken: required":          {`{` + draft7 + `"required": true}`, []string{"a: 1"}},
		"broken: a pattern":         {`{` + draft7 + `"properties": {"a": {"pattern": "("}}}`, []string{"a: 1"}},
		"broken: properties":        {`{` + draft7 + `"properties": {"a": 1}}`, []string{"a: 1"}},
		"broken: JSON":              {`{"type": "object",}`, []string{"a: 1"}},
		"broken: a bad reference":   {`{` + draft7 + `"properties": {"a": {"$ref": "#/definitions/x"}}}`, []string{"a: 1"}},
		"broken: a missing anchor":  {`{` + draft7 + `"properties": {"a": {"$ref": "#definitions/x"}}, "definitions": {"x": {}}}`, []string{"a: 1"}},
		"broken: a list":            {`[]`, []string{"a: 1"}},
		"broken: a loop of schemas": {`{` + draft7 + `"properties": {"a": {"$ref": "#/definitions/x"}}, "definitions": {"x": {"allOf": [{"$ref": "#/definitions/x"}]}}}`, []string{"a: 1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			texts := tt.values
			if texts == nil {
				for _, w := range wrong {
					texts = append(texts, w.text)
				}
			}
			for _, text := range texts {
				v, _ := values.Parse("v.yaml", []byte(text))
				helm := chartutil.ValidateAgainstSingleSchema(v.Map, []byte(tt.schema))
				findings := ValidateValues("values.schema.json", []byte(tt.schema), nil, v, v.Map)
				if helm == nil {
					require.Empty(t, findings, "Helm takes %s", text)
				} else {
					require.NotEmpty(t, findings, "Helm refuses %s: %v", text, helm)
				}
				require.Equal(t, strings.HasPrefix(name, "broken"), len(findings) > 0 && findings[0].Rule == InvalidSchema.ID, text)
			}
		})
	}
}
