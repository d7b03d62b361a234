package schema

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
	"github.com/stateward/stateward/pkg/values"
)

// invalid is one schema per mistake; testdata/schemas.golden says what is
// reported.
var invalid = []struct{ name, schema string }{
	{"nothing", ""},
	{"cut short", "{\n  \"type\": \"object\""},
	{"a trailing comma", "{\n  \"type\": \"object\",\n}\n"},
	{"YAML", "type: object\n"},
	{"text behind it", "{}\n{}\n"},
	{"a list", "[]"},
	{"an unknown type", "{\n  " + draft7 + "\n  \"properties\": {\n    \"ü\": {\"type\": \"strin\"}\n  }\n}\n"},
	{"a keyword of another type", "{" + draft7 + "\n\t\"required\": \"name\"\n}\n"},
	{"a broken pattern", "{" + draft7 + "\n\"properties\": {\"a\": {\"pattern\": \"(\"}}}"},
	{"a pattern that Go does not know", "{" + draft7 + "\n\"properties\": {\"a\": {\"pattern\": \"^(?!x)\"}}}"},
	{"a schema that is a number", "{" + draft7 + "\"properties\": {\"a\": 1}}"},
	{"a reference to nothing", "{" + draft7 + "\"properties\": {\n  \"a\": {\"$ref\": \"#/definitions/x\"}}}"},
	{"a reference to a URL", "{" + draft7 + "\"properties\": {\n  \"a\": {\"$ref\": \"https://example.com/x.json#/y\"}}}"},
	{"a reference to a file", "{" + draft7 + "\"properties\": {\n  \"a\": {\"$ref\": \"file:///etc/passwd\"}, \"b\": {\"$ref\": \"other.json\"}}}"},
	{"a reference to itself", "{" + draft7 + "\"properties\": {\n  \"a\": {\"$ref\": \"#/properties/a\"}}}"},
	{"references in a circle", "{" + draft7 + "\"allOf\": [{\"$ref\": \"#/definitions/x\"}],\n\"definitions\": {\"x\": {\"anyOf\": [{\"$ref\": \"#\"}]}}}"},
	{"a number that fills the memory", "{" + draft7 + "\n\"properties\": {\"a\": {\"maximum\": 1e999999999}}}"},
	{"a number that is nearly nothing", "{" + draft7 + "\n\"properties\": {\"a\": {\"multipleOf\": 1e-999999999}}}"},
	{"an unknown draft", "{\n\"$schema\": \"https://example.com/draft\"}"},
}

func TestSchemaMessages(t *testing.T) {
	var got strings.Builder
	for _, tt := range invalid {
		files, findings := validateText(tt.schema, "a: 1\n")
		fmt.Fprintf(&got, "# %s\n%s", tt.name, describe(files, findings))
		require.NotEmpty(t, findings, tt.name)
		require.Equal(t, InvalidSchema.ID, findings[0].Rule)
		require.Equal(t, "values.schema.json", findings[0].Pos().File)
		require.NotEmpty(t, findings[0].Hint)
	}
	golden(t, "schemas.golden", got.String())
}

func TestSchemasAreNeverFetched(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a schema was fetched") }))
	defer server.Close()
	for _, schema := range []string{
		`{"$ref": "URL"}`,
		`{"$schema": "URL", "type": "object"}`,
		`{"$id": "URL", "properties": {"a": {"$ref": "other.json"}}}`,
		`{"properties": {"a": {"$id": "URL/x/", "properties": {"b": {"$ref": "y.json#/z"}}}}}`,
		`{"properties": {"a": {"oneOf": [{"$ref": "URL#/a"}, {"type": "string"}]}}}`,
		`{"default": {"$ref": "URL"}, "properties": {"a": {"$ref": "#/default"}}}`,
	} {
		validateText(strings.ReplaceAll(schema, "URL", server.URL), "a: {b: 1}\n")
	}
}

func TestTheRestOfASchemaWithAForeignReferenceCounts(t *testing.T) {
	_, findings := validateText(`{`+draft7+`"additionalProperties": false, "properties": {"a": {"$ref": "https://example.com/x"}, "b": {"type": "string"}}}`,
		"a: 1\nb: 2\nc: 3\n")
	var rules []string
	for _, f := range findings {
		rules = append(rules, f.Rule)
	}
	require.ElementsMatch(t, []string{InvalidSchema.ID, ValuesSchema.ID, UnknownValue.ID}, rules)
}

func TestPositionsOfAnOverlay(t *testing.T) {
	schema := `{` + draft7 + `"type": "object", "required": ["image"], "additionalProperties": false, "properties": {
		"storage": {"type": "object", "required": ["size"], "additionalProperties": false, "properties": {"size": {"type": "string"}, "class": {"type": "string"}}},
		"image": {"type": "string"}, "global": {}}}`
	load := func(o values.Options) *values.Values {
		v, _, problems, err := values.Load(o)
		require.NoError(t, err)
		require.Empty(t, problems)
		return v
	}
	defaults := "storage:\n  size: 1Gi\n"
	tests := map[string]struct {
		user     string
		set      []string
		instance map[string]any // nil: the user's values over the defaults
		want     string
	}{
		"a user's key":                    {user: "storage: {clss: x}\nimage: x\n", want: `user.yaml:1:11: unknown key "clss" under storage, did you mean "class"?`},
		"an argument":                     {user: "image: x\n", set: []string{"storage.class=5"}, want: `--set:1:15: storage.class is 5, expected a string`},
		"a default that the user removed": {user: "image: x\nstorage:\n  size: null\n", want: `user.yaml:3:3: storage needs the key size`},
		"a key missing at the top":        {user: "storage: {size: 2Gi}\n", want: `user.yaml: the values need the key image`},
		"what stands in no file":          {user: "image: x\n", instance: map[string]any{"image": "x", "extra": 1}, want: `user.yaml: unknown key "extra"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			base, _ := values.Parse("values.yaml", []byte(defaults))
			user, problems := values.Parse("user.yaml", []byte(tt.user))
			require.Empty(t, problems)
			v := user
			if tt.set != nil {
				v = load(values.Options{Set: tt.set}).Over(user)
			}
			v = v.Over(base)
			instance := tt.instance
			if instance == nil {
				instance = v.Map
			}
			findings := ValidateValues("values.schema.json", []byte(schema), nil, v, instance)
			require.Len(t, findings, 1)
			require.Equal(t, tt.want, findings[0].Pos().String()+": "+findings[0].Message)
		})
	}
}

func TestValuesWithoutAFileAreReportedAtTheSchema(t *testing.T) {
	findings := ValidateValues("chart/values.schema.json", []byte(`{"required": ["a"]}`), nil, &values.Values{}, nil)
	require.Len(t, findings, 1)
	require.Equal(t, []finding.Location{{Span: source.Span{Pos: source.Pos{File: "chart/values.schema.json"}}, Text: finding.Chart}}, findings[0].Locations)
}

func TestValuesOfASubchart(t *testing.T) {
	v, _ := values.Parse("user.yaml", []byte("a: 1\ndb:\n  sise: 1\n"))
	schema := []byte(`{"additionalProperties": false, "required": ["x"], "properties": {"size": {}}}`)
	findings := ValidateValues("charts/db/values.schema.json", schema, values.Path{"db"}, v, v.Map["db"].(map[string]any))
	require.Len(t, findings, 2)
	require.Equal(t, `user.yaml:2:1: db needs the key x`, findings[0].Pos().String()+": "+findings[0].Message)
	require.Equal(t, `user.yaml:3:3: unknown key "sise" under db, did you mean "size"?`, findings[1].Pos().String()+": "+findings[1].Message)
}

func TestTheCacheIsBounded(t *testing.T) {
	s := schemas{known: map[[32]byte]*cached{}}
	first := s.get([]byte(`{"title": "0"}`))
	for i := range 3 * mostSchemas {
		s.get(fmt.Appendf(nil, `{"title": "%d"}`, i+1))
		require.Same(t, first, s.get([]byte(`{"title": "0"}`)), "what is used stays")
	}
	require.Len(t, s.known, mostSchemas)
	require.Len(t, s.order, mostSchemas)
}

func TestMessagesAreTheSameEveryTime(t *testing.T) {
	text := "storage: {sise: 1, clss: 2}\nfoo: 1\nvolume: {kind: claim, a: 1, b: 2, limt: 3}\nresources: {a: 1, b: 2}\nbackup: {enabled: true}\n"
	files, findings := validateText(storage, text)
	want := describe(files, findings)
	for range 50 {
		_, again := validateText(storage, text)
		require.Equal(t, want, describe(files, again))
	}
}

func TestEveryRuleIsDocumented(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		require.False(t, seen[r.ID], r.ID)
		seen[r.ID] = true
		require.NotEmpty(t, r.Title)
		require.NotEmpty(t, r.Doc)
		require.NotEmpty(t, r.Hint)
		require.NotZero(t, r.Severity)
	}
}

func FuzzValidateValues(f *testing.F) {
	for _, w := range wrong {
		f.Add(storage, w.text)
	}
	for _, i := range invalid {
		f.Add(i.schema, "a: 1\n")
	}
	f.Add(`{"anyOf": [{"oneOf": [{"type": "string"}, {"not": {"const": 1}}]}, {"if": {"type": "object"}, "then": {"required": ["a"]}, "else": false}]}`, "a: [1, {b: null}]")
	f.Add(`{"$id": "x:y", "properties": {"a": {"$ref": "#b"}, "c": {"$anchor": "b", "$ref": "x:y#/properties/d"}, "d": {"prefixItems": [{}], "items": false}}}`, "a: [1, 2]")
	f.Fuzz(func(t *testing.T, schema, text string) {
		v, _ := values.Parse("v.yaml", []byte(text))
		for _, fd := range ValidateValues("s.json", []byte(schema), nil, v, v.Map) {
			require.NotEmpty(t, fd.Locations)
			require.NotEmpty(t, fd.Pos().File)
			require.NotEmpty(t, fd.Message)
			require.NotEmpty(t, fd.Hint)
		}
	})
}
