package values

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

var update = flag.Bool("update", false, "rewrite golden files")

// broken is one text per mistake; testdata/parse.golden says what is reported.
var broken = []struct{ name, text string }{
	{"a tab as indentation", "a: 1\nb:\n\tc: 1\n"},
	{"a tab after spaces", "a:\n  b: 1\n\tc: 2\n"},
	{"a tab in a block text", "a: >\n\tb\n"},
	{"a second colon", "a: b: c\n"},
	{"indented below a value", "a: 1\n  b: 2\n"},
	{"no space after a colon", "a:1\nb: 2\n"},
	{"no space after the only colon", "a:1\n"},
	{"an open double quote", "x: 1\na: \"abc\nb: 1\n"},
	{"an open single quote", "x: 1\nü: 'abc\nb: 1\n"},
	{"text after a quote", "x: 1\na: 'it's'\n"},
	{"an open list", "x: 1\na: [1, 2\nb: 1\n"},
	{"an open map", "x: 1\na: {x: 1\nb: 2\n"},
	{"a closing bracket only", "a: ]\n"},
	{"a line without colon", "a: 1\nb\nc: 2\n"},
	{"a key among list items", "a:\n  - 1\n  b: 2\n"},
	{"a list item among keys", "x: 1\n- a\n"},
	{"an indentation that fits nothing", "a:\n  b: 1\n c: 2\n"},
	{"a glob", "z: 1\nglob: *.txt\n"},
	{"an unknown alias", "# *foo\nz: 1\nglob: *foo\n"},
	{"an at sign", "z: 1\nuser: @foo\n"},
	{"a backquote in a list", "z: 1\nuser: [`foo]\n"},
	{"a percent sign", "z: 1\nuser: %foo\n"},
	{"a template expression", "a: {{ .Values.x }}\n"},
	{"a template line", "a: 1\n{{- if x }}\nb: 2\n{{ end }}"},
	{"a merge conflict", "a: 1\n<<<<<<< HEAD\nb: 2\n"},
	{"an unknown escape", "z: 1\nb: \"ü \\q\"\n"},
	{"a list on the line of its key", "a: - b\n"},
	{"a question mark", "a: ? b\n"},
	{"a control character", "z: 1\na: ü\x01\n"},
	{"a byte that is not UTF-8", "z: 1\na: ü\xff\n"},
	{"YAML 1.2", "%YAML 1.2\n---\na: 1\n"},
	{"an undeclared tag", "a: 1\nb: !x!y z\n"},
	{"a list at the top", "# x\n- a\n- b\n"},
	{"a text at the top", "abc\n"},
	{"a number at the top", "12\n"},
	{"a null key", "a: 1\n~: 1\n"},
	{"a map as key", "a: 1\n? {a: b}\n: c\n"},
	{"a list as key", "a: 1\n? [a]\n: 1\n"},
	{"infinity", "z: 1\na: [-.inf]\n"},
	{"a tag that does not fit", "z: 1\na: !!int foo\n"},
	{"binary that is not base64", "z: 1\na: !!binary x-y\n"},
	{"an alias in itself", "a: &x\n  b: *x\n"},
	{"a merge of a number", "z: 1\n<<: 1\n"},
	{"a merge of a list of numbers", "z: 1\n<<: [1]\n"},
	{"an alias bomb", bomb()},
	{"CRLF", "a: 1\r\nb:\r\n\tc: 1\r\n"},
	{"a duplicate key", "a:\n  b: 1\n  c: 2\n  b: 3\n"},
	{"a key twice in two spellings", "1: a\n\"1\": b\n"},
	{"a section pasted twice", "s: {x: 1}\nt: 1\ns: {y: 1}\n"},
	{"a key above a merge that has it", "d: &d {a: 1}\ne:\n  a: 2\n  <<: *d\n"},
	{"a key below a merge that has it", "d: &d {a: 1}\ne:\n  <<: *d\n  a: 2\n"},
	{"bare truth values", "- no\n" + "- x\n"},
	{"truth values", "a: y\nb: [No, 'no', oN, n]\nc: true\nd: !!str off\n"},
	{"keys that are truth values", "on: 1\n'off': 2\ntrue: 3\n"},
	{"octal numbers", "mode: 0777\nzip: 01234\nok: 0o17\nnine: 09\nsign: -010\n"},
	{"numbers with underscores", "a: 1_000\nb: 0b11\nc: 0X1F\nd: 1_0.5\ne: a_b\n"},
	{"numbers too long", "a: 9007199254740993\nb: 9007199254740992\nc: 123456789012345678901234567890\nd: 1e3\n"},
	{"a key in octal", "0777: a\n8080: b\n"},
	{"a second document", "a: 1\n---\n# nothing\n---\nb: 1\nc: 2\n"},
	{"many lost keys", "a: 1\n---\nb: 1\nc: 2\nd: 1\ne: 1\nf: 1\ng: 1\n"},
	{"a second document that is a text", "a: 1\n--- foo\n"},
	{"an empty first document", "---\n# all below is lost\n---\na: 1\n"},
	{"text behind braces", "{a: 1}\nb: 2\n"},
	{"a document that ends", "---\na: 1\n...\n"},
	{"comments only", "# nothing\n"},
	{"nothing", ""},
	{"broken UTF-16", "\xff\xfea\x00:"},
	{"a byte order mark", "\ufeffa: 1\na: 2\n"},
	{"line breaks of YAML 1.1", "a: 1\u2028b: 2\rb: 3\n"},
}

// bomb is a text of a few lines that stands for a billion values.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9))
	}
	return b.String()
}

func TestParseFindings(t *testing.T) {
	var got strings.Builder
	for _, tt := range broken {
		_, findings := Parse("v.yaml", []byte(tt.text))
		fmt.Fprintf(&got, "# %s\n", tt.name)
		files := source.Files{"v.yaml": []byte(strings.TrimPrefix(tt.text, "\ufeff"))}
		for _, f := range findings {
			requireInside(t, files, f)
			require.NotEmpty(t, f.Hint, f.Message)
			line, _ := files.Line("v.yaml", f.Pos().Line)
			fmt.Fprintf(&got, "%s: %s: %s [%s]\n    %s\n    %s\n  hint: %s\n", f.Pos(), f.Severity, f.Message, f.Rule,
				strings.Trim(fmt.Sprintf("%q", line), `"`), source.Caret(strings.Trim(fmt.Sprintf("%q", line), `"`), f.Locations[0].Span), f.Hint)
		}
	}
	const golden = "testdata/parse.golden"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got.String()))
}

func TestParseNamesEveryMistakeOfItsOwn(t *testing.T) {
	for _, tt := range broken {
		var m map[string]any
		_, findings := Parse("v.yaml", []byte(tt.text))
		if err := sigsyaml.Unmarshal([]byte(tt.text), &m); err == nil {
			require.False(t, unread(findings), tt.name)
			continue
		}
		require.Len(t, findings, 1, tt.name)
		require.Equal(t, finding.Error, findings[0].Severity, tt.name)
		require.NotZero(t, findings[0].Pos().Line, tt.name)
	}
}

// unread says whether Parse could not read the text at all.
func unread(findings []finding.Finding) bool {
	for _, f := range findings {
		if f.Rule == InvalidYAML.ID || f.Rule == NotAMap.ID {
			return true
		}
	}
	return false
}

func TestParseKeepsLongLinesFast(t *testing.T) {
	// One line of a megabyte: positions must not walk it once per value.
	text := `{"a": [` + strings.Repeat(`{"ü": 1}, `, 100_000) + "1]}"
	v, findings := Parse("v.json", []byte(text))
	require.Empty(t, findings)
	at, ok := v.Key(Path{"a", "99999", "ü"})
	require.True(t, ok)
	require.Equal(t, "v.json:1:999999", at.String())
}

func FuzzParse(f *testing.F) {
	for _, tt := range broken {
		f.Add([]byte(tt.text))
	}
	f.Add([]byte("a: &a {b: [1, {c: d}], \"e\": 'f'}\ng: *a\nh:\n  <<: [*a, {i: j}]\n  k: |\n    text\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		v, findings := Parse("v.yaml", text)
		files := source.Files{"v.yaml": normalize(text)}
		for _, fd := range findings {
			requireInside(t, files, fd)
		}
		var m map[string]any
		if err := sigsyaml.Unmarshal(text, &m); err != nil {
			require.NotEmpty(t, findings)
			return
		}
		if m == nil {
			m = map[string]any{}
		}
		for _, fd := range findings {
			if fd.Rule == InvalidYAML.ID || fd.Rule == DuplicateKey.ID {
				return
			}
		}
		require.Empty(t, cmp.Diff(m, v.Map))
		requirePositions(t, v)
	})
}

func BenchmarkParse2000Lines(b *testing.B) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "section%d:\n  enabled: true\n  image: {repository: docker.io/library/postgres, tag: \"17.2\"}\n"+
			"  # a comment\n  replicas: 3\n  resources:\n    limits:\n      memory: 2Gi\n  args: [--one, --two]\n  note: some text\n", i)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		Parse("values.yaml", data)
	}
}

func BenchmarkHelmAlone2000Lines(b *testing.B) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "section%d:\n  enabled: true\n  image: {repository: docker.io/library/postgres, tag: \"17.2\"}\n"+
			"  # a comment\n  replicas: 3\n  resources:\n    limits:\n      memory: 2Gi\n  args: [--one, --two]\n  note: some text\n", i)
	}
	data := []byte(text.String())
	for b.Loop() {
		var m map[string]any
		if err := sigsyaml.Unmarshal(data, &m); err != nil {
			b.Fatal(err)
		}
	}
}
