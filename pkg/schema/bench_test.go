package schema

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/values"
)

// large is a schema as the pattern charts have: a few hundred keys.
func large() string {
	var b strings.Builder
	b.WriteString(`{` + draft7 + `"type": "object", "additionalProperties": false, "properties": {`)
	for i := range 30 {
		fmt.Fprintf(&b, `"section%d": {"type": "object", "additionalProperties": false, "description": "Section %d.", "properties": {`, i, i)
		for k := range 20 {
			fmt.Fprintf(&b, `"key%d": {"type": ["string", "null"], "pattern": "^[a-z]*$", "description": "Key %d of the section."},`, k, k)
		}
		b.WriteString(`"on": {"oneOf": [{"type": "boolean"}, {"enum": ["auto"]}]}}},`)
	}
	b.WriteString(`"last": {"type": "integer"}}}`)
	return b.String()
}

func largeValues() string {
	var b strings.Builder
	for i := range 30 {
		fmt.Fprintf(&b, "section%d:\n  'on': true\n", i)
		for k := range 20 {
			fmt.Fprintf(&b, "  key%d: abc\n", k)
		}
	}
	return b.String()
}

func BenchmarkCompileValuesSchema(b *testing.B) {
	text := []byte(large())
	b.ReportAllocs()
	for b.Loop() {
		e := &cached{}
		if e.read(text); e.compiled == nil {
			b.Fatal(e.flaws)
		}
	}
}

func BenchmarkValidateValuesWarm(b *testing.B) {
	schema, text := []byte(large()), []byte(largeValues())
	v, _ := values.Parse("v.yaml", text)
	require.Empty(b, ValidateValues("s.json", schema, nil, v, v.Map))
	b.ReportAllocs()
	for b.Loop() {
		ValidateValues("s.json", schema, nil, v, v.Map)
	}
}

func BenchmarkReadRelease(b *testing.B) {
	for b.Loop() {
		r := &release{}
		r.read(current)
	}
}

func BenchmarkCompileStatefulSet(b *testing.B) {
	r := releaseOf(current)
	definition := r.kinds["apps/v1 StatefulSet"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile(r.document(definition), 7); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkValidateStatefulSetWarm(b *testing.B) {
	objects, _ := manifest.Parse("m.yaml", []byte(statefulSet))
	require.Empty(b, ValidateObject(objects[0], current))
	b.ReportAllocs()
	for b.Loop() {
		ValidateObject(objects[0], current)
	}
}

func BenchmarkValidateBrokenStatefulSetWarm(b *testing.B) {
	objects, _ := manifest.Parse("m.yaml", []byte(strings.Replace(statefulSet, "volumeMounts", "volumeMount", 1)))
	require.Len(b, ValidateObject(objects[0], current), 1)
	for b.Loop() {
		ValidateObject(objects[0], current)
	}
}

func TestGeneratedSchemasStaySmall(t *testing.T) {
	for _, version := range Versions() {
		info, err := os.Stat("../../schemas/kubernetes/" + version + ".json.gz")
		require.NoError(t, err)
		require.Less(t, info.Size(), int64(400_000))
	}
}
