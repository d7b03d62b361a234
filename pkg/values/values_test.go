package values

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	helmvalues "helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// write puts texts into files 0.yaml, 1.yaml, ... and gives their names.
func write(t *testing.T, texts ...string) []string {
	t.Helper()
	var names []string
	t.Chdir(t.TempDir())
	for i, text := range texts {
		name := fmt.Sprintf("%d.yaml", i)
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
		names = append(names, name)
	}
	return names
}

func load(t *testing.T, o Options) (*Values, []finding.Finding) {
	t.Helper()
	v, files, findings, err := Load(o)
	require.NoError(t, err)
	for _, f := range findings {
		requireInside(t, files, f)
	}
	return v, findings
}

// requireInside fails when a finding points past the text it is about.
func requireInside(t *testing.T, files source.Files, f finding.Finding) {
	t.Helper()
	require.NotEmpty(t, f.Locations, f.Message)
	for _, at := range f.Locations {
		require.NotEmpty(t, at.File, f.Message)
		if at.Line == 0 {
			continue
		}
		line, ok := files.Line(at.File, at.Line)
		require.True(t, ok, "%s points at a line that is not there: %s", at, f.Message)
		require.LessOrEqual(t, at.Col, len([]rune(line))+1, "%s: %s", at, f.Message)
		require.LessOrEqual(t, at.EndCol, len([]rune(line))+1, "%s: %s", at, f.Message)
	}
}

func messages(findings []finding.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s: %s: %s [%s] (%s)", f.Pos(), f.Severity, f.Message, f.Rule, f.Hint))
	}
	return out
}

func TestLoadMergesLikeHelm(t *testing.T) {
	base := "a: 1\nmap: {x: 1, y: {z: [1, {k: v}]}}\nlist: [1, 2]\nnothing: null\n"
	tests := map[string]struct {
		files                   []string
		set, setString, setFile []string
	}{
		"nothing":                            {},
		"one file":                           {files: []string{base}},
		"an empty file":                      {files: []string{"", "# only a comment\n", base}},
		"maps merge, lists replace":          {files: []string{base, "map: {x: 2, n: 3}\nlist: [9]\n"}},
		"null in a later file stays null":    {files: []string{base, "map: null\na:\n"}},
		"a map over null":                    {files: []string{base, "nothing: {a: 1}\n"}},
		"a scalar over a map":                {files: []string{base, "map: 3\n"}},
		"an empty map keeps what is there":   {files: []string{base, "map: {}\n"}},
		"aliases and merges":                 {files: []string{"d: &d {a: 1, b: {c: 2}}\ne:\n  <<: *d\n  b: 5\nf: *d\n", "f: {a: 7}\n"}},
		"explicit keys above a merge":        {files: []string{"d: &d {a: 1}\ne:\n  a: 2\n  <<: *d\n"}},
		"a list of merges":                   {files: []string{"d: &d {a: 1, x: 1}\ne: &e {a: 2, y: 2}\nf:\n  <<: [*d, *e]\n"}},
		"keys of all types":                  {files: []string{"1: a\n0x10: b\n1.50: c\nyes: d\n010: e\n"}},
		"UTF-16":                             {files: []string{"\xff\xfea\x00:\x00 \x001\x00\n\x00"}},
		"a byte order mark":                  {files: []string{"\ufeffa: 1\n"}},
		"two documents":                      {files: []string{"a: 1\n---\nb: 2\n"}},
		"set types":                          {set: []string{"a=1,b=true,c=null,d=x,e=01,f=0,g=1.5,h=", "i=-3"}},
		"set below a file":                   {files: []string{base}, set: []string{"map.x=5,map.new.deep=1", "map.y.z[1].k=w"}},
		"set lists":                          {set: []string{"l={a,b,3},m={}", "l[1]=x", "n[2].p=1,n[0]=2", "o[1][1]=3"}},
		"set escapes":                        {set: []string{`a\.b=1,c=x\,y\=z,d\[0\]=2`, `e={a\,b,c}`, `sel.kubernetes\.io/role=master`}},
		"set an empty key":                   {set: []string{"=1,a=2,.b=3"}},
		"set a list item out of order":       {set: []string{"a[1].b=1,a[0].c=2,a[1].d=3"}},
		"set a key after a list":             {set: []string{"a={1,2},b=3", "c={1}d=4"}},
		"set null removes nothing here":      {files: []string{base}, set: []string{"map=null"}},
		"set-string keeps text":              {files: []string{base}, setString: []string{"a=1,map.x=true", "n=null"}},
		"set-file reads the file":            {files: []string{base}, setFile: []string{"text=0.yaml,map.x=0.yaml"}},
		"set then set-string then set-file":  {files: []string{base}, set: []string{"a=1"}, setString: []string{"a=2"}, setFile: []string{"a=0.yaml"}},
		"set replaces a map by a scalar":     {files: []string{base}, set: []string{"map=1"}},
		"set with a newline and odd runes":   {set: []string{"a=x\ny,b=ü→", "c=\xff"}},
		"set nothing":                        {set: []string{""}},
		"set keeps what stands in list gaps": {files: []string{base}, set: []string{"list[4]=x"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			names := write(t, tt.files...)
			want, err := (&helmvalues.Options{ValueFiles: names, Values: tt.set, StringValues: tt.setString, FileValues: tt.setFile}).
				MergeValues(getter.Providers{})
			require.NoError(t, err)
			v, _ := load(t, Options{Files: names, Set: tt.set, SetString: tt.setString, SetFile: tt.setFile})
			require.Empty(t, cmp.Diff(want, v.Map))
			requirePositions(t, v)
		})
	}
}

// requirePositions fails when something in the map stands nowhere.
func requirePositions(t *testing.T, v *Values) {
	t.Helper()
	if missing := unplaced(v, v.Map, nil); missing != nil {
		t.Fatalf("no position for %q", missing)
	}
}

// unplaced gives the first path below value that has no position.
func unplaced(v *Values, value any, path Path) Path {
	if len(path) > 0 {
		for _, find := range []func(Path) (source.Span, bool){v.Key, v.Value} {
			if at, ok := find(path); !ok || at.Line == 0 || at.Col == 0 || at.File == "" {
				return path
			}
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for name, child := range value {
			if p := unplaced(v, child, path.Child(name)); p != nil {
				return p
			}
		}
	case []any:
		for i, child := range value {
			if p := unplaced(v, child, path.Child(fmt.Sprint(i))); p != nil {
				return p
			}
		}
	}
	return nil
}

func TestOverCoalescesLikeHelm(t *testing.T) {
	tests := map[string][2]string{ // user, defaults
		"user wins":                       {"a: 1\nm: {x: 1}", "a: 2\nb: 3\nm: {x: 2, y: 3}"},
		"null removes":                    {"a: null\nm: {x: null}", "a: 2\nm: {x: 2, y: 3}"},
		"null over null":                  {"a: null\nm: {x: null}", "a: null\nm: {x: null, y: 1}"},
		"null over nothing":               {"a: null\nm: {x: null}", "m: {y: 1}"},
		"a map over a scalar":             {"a: {b: 1}", "a: 2"},
		"a scalar over a map":             {"a: 2", "a: {b: 1}"},
		"an empty map keeps the defaults": {"a: {}", "a: {b: {c: 1}}"},
		"lists replace":                   {"a: [1]", "a: [2, 3]"},
		"no defaults":                     {"a: 1", ""},
		"no user values":                  {"", "a: 1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			user, _ := Parse("user.yaml", []byte(tt[0]))
			defaults, _ := Parse("values.yaml", []byte(tt[1]))
			want, err := chartutil.CoalesceValues(&chart.Chart{Metadata: &chart.Metadata{Name: "c"}, Values: defaults.Map}, user.Map)
			require.NoError(t, err)
			over := user.Over(defaults)
			require.Empty(t, cmp.Diff(map[string]any(want), over.Map))
			requirePositions(t, over)
			require.Empty(t, cmp.Diff(mustMap(t, tt[0]), user.Map), "Over changed its receiver")
		})
	}
}

func mustMap(t *testing.T, text string) map[string]any {
	t.Helper()
	m := map[string]any{}
	require.NoError(t, sigsyaml.Unmarshal([]byte(text), &m))
	if m == nil {
		m = map[string]any{}
	}
	return m
}

func TestPositions(t *testing.T) {
	names := write(t, `# defaults
storage:
  size: 10Gi
  "class": 'fa''st'
list:
- a
- {k: v, w: [1, 2]}
text: |
  two
  lines
empty:
über: "ü"
base: &base {x: 1}
derived:
  <<: *base
  z: &anchor "q"
copy: *base
deep: [[1], {a: {b: 2}}]
flow: {a: 1, b: }
`, "storage:\n  size: 20Gi\nlist: [z]\r\nlast: 1\n")
	v, findings := load(t, Options{
		Files:     names,
		Set:       []string{`storage.class=slow,new.list={a,b\,c}`, `sel.kubernetes\.io/role=x`, "copy.x=2,add[1].k=v"},
		SetString: []string{"text=ü,u=1"},
	})
	require.Empty(t, messages(findings))
	tests := map[string][2]string{ // path -> key, value
		"storage":                 {"1.yaml:1:1-8", "1.yaml:2:3"},
		"storage.size":            {"1.yaml:2:3-7", "1.yaml:2:9-13"},
		"storage.class":           {"--set:1:9-14", "--set:1:15-19"},
		"list":                    {"1.yaml:3:1-5", "1.yaml:3:7-10"},
		"list[0]":                 {"1.yaml:3:8-9", "1.yaml:3:8-9"},
		"last":                    {"1.yaml:4:1-5", "1.yaml:4:7-8"},
		"text":                    {"--set-string:1:1-5", "--set-string:1:6-7"},
		"u":                       {"--set-string:1:8-9", "--set-string:1:10-11"},
		"empty":                   {"0.yaml:11:1-6", "0.yaml:11:7-7"},
		"über":                    {"0.yaml:12:1-5", "0.yaml:12:7-10"},
		"base":                    {"0.yaml:13:1-5", "0.yaml:13:13-19"},
		"base.x":                  {"0.yaml:13:14-15", "0.yaml:13:17-18"},
		"derived.x":               {"0.yaml:13:14-15", "0.yaml:13:17-18"},
		"derived.z":               {"0.yaml:16:3-4", "0.yaml:16:14-17"},
		"copy":                    {"0.yaml:17:1-5", "0.yaml:17:7-12"},
		"copy.x":                  {"--set:3:6-7", "--set:3:8-9"},
		"deep[1]":                 {"0.yaml:18:13-24", "0.yaml:18:13-24"},
		"deep[1].a":               {"0.yaml:18:14-15", "0.yaml:18:17-23"},
		"deep[0][0]":              {"0.yaml:18:9-10", "0.yaml:18:9-10"},
		"flow":                    {"0.yaml:19:1-5", "0.yaml:19:7-18"},
		"flow.b":                  {"0.yaml:19:14-15", "0.yaml:19:17-17"},
		"new":                     {"--set:1:20-23", "--set:1:20-23"},
		"new.list":                {"--set:1:24-28", "--set:1:29-37"},
		"new.list[1]":             {"--set:1:32-36", "--set:1:32-36"},
		"add":                     {"--set:3:10-13", "--set:3:10-13"},
		"add[0]":                  {"--set:3:13-16", "--set:3:13-16"},
		"add[1]":                  {"--set:3:13-16", "--set:3:13-16"},
		"add[1].k":                {"--set:3:17-18", "--set:3:19-20"},
		`sel.kubernetes\.io/role`: {"--set:2:5-24", "--set:2:25-26"},
		// nobody's: the deepest ancestor
		"storage.sise":                {"1.yaml:1:1-8 no", "1.yaml:2:3 no"},
		"storage.a.b.c":               {"1.yaml:1:1-8 no", "1.yaml:2:3 no"},
		"list[1]":                     {"1.yaml:3:1-5 no", "1.yaml:3:7-10 no"},
		"list.x":                      {"1.yaml:3:1-5 no", "1.yaml:3:7-10 no"},
		"storage.size.below.a.scalar": {"1.yaml:2:3-7 no", "1.yaml:2:9-13 no"},
		"nobody":                      {"1.yaml no", "1.yaml no"},
		"":                            {"1.yaml", "1.yaml"},
	}
	for text, want := range tests {
		path, ok := ParsePath(text)
		require.True(t, ok, text)
		key, keyOK := v.Key(path)
		value, valueOK := v.Value(path)
		require.Equal(t, want, [2]string{show(key, keyOK), show(value, valueOK)}, text)
	}
}

func show(s source.Span, ok bool) string {
	out := s.String()
	if s.EndCol > 0 {
		out += fmt.Sprintf("-%d", s.EndCol)
	}
	if !ok {
		out += " no"
	}
	return out
}

func TestPositionsOfMergesAreThoseOfWhatWins(t *testing.T) {
	v, _ := Parse("v.yaml", []byte(`one: &one {k: 1, l: 1}
two: &two {k: 2, m: 2}
first of a list: {<<: [*one, *two]}
below: {<<: *one, k: 3}
above: {k: 3, <<: *one}
`))
	for path, want := range map[string]string{
		`["first of a list"].k`: "v.yaml:1:12-13",
		`["first of a list"].m`: "v.yaml:2:18-19",
		"below.k":               "v.yaml:4:19-20",
		"above.k":               "v.yaml:1:12-13",
	} {
		p, ok := ParsePath(path)
		require.True(t, ok)
		at, ok := v.Key(p)
		require.Equal(t, want, show(at, ok), path)
	}
	require.Equal(t, 1.0, v.Map["above"].(map[string]any)["k"], "Helm lets a merge win over what is above it")
}

func TestPositionsSurviveOver(t *testing.T) {
	user, _ := Parse("user.yaml", []byte("storage:\n  size: null\n"))
	defaults, _ := Parse("values.yaml", []byte("storage:\n  size: 1Gi\n  class: x\n"))
	v := user.Over(defaults)
	for path, want := range map[string]string{
		"storage":       "user.yaml:1:1-8",
		"storage.class": "values.yaml:3:3-8",
		"storage.size":  "user.yaml:2:3-7", // the null that removed it
	} {
		p, _ := ParsePath(path)
		at, ok := v.Key(p)
		require.Equal(t, want, show(at, ok), path)
	}
	var none Values
	at, ok := none.Over(&Values{}).Key(Path{"a"})
	require.Equal(t, source.Span{}, at)
	require.False(t, ok)
}

func TestLoadReadsStandardInput(t *testing.T) {
	v, files, findings, err := Load(Options{Files: []string{"-"}, Stdin: strings.NewReader("a: 1\na: 2\n")})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"a": 2.0}, v.Map)
	require.Equal(t, "a: 1\na: 2\n", string(files["<stdin>"]))
	require.Equal(t, "<stdin>:2:1", findings[0].Pos().String())
	_, _, _, err = Load(Options{Files: []string{"-"}, Stdin: failingReader{}})
	require.EqualError(t, err, "read values from standard input: broken pipe")
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, fmt.Errorf("broken pipe") }

func TestVirtualFilesHoldTheArguments(t *testing.T) {
	_, files, _, err := Load(Options{Set: []string{"a=1", "b=x\ny"}, SetString: []string{"c=ü"}})
	require.NoError(t, err)
	require.Equal(t, source.Files{"--set": []byte("a=1\nb=x␊y\n"), "--set-string": []byte("c=ü\n")}, files)
}

func TestLoadFindings(t *testing.T) {
	tests := map[string]struct {
		options Options
		want    []string
	}{
		"a missing file": {Options{Files: []string{"none.yaml"}},
			[]string{`none.yaml: error: values file "none.yaml" does not exist [values-file-missing] (check the path; it is relative to where the command runs)`}},
		"a URL": {Options{Files: []string{"https://example.com/v.yaml"}},
			[]string{`https://example.com/v.yaml: error: values file "https://example.com/v.yaml" is a URL [values-file-missing] (fetch it first and name the local file)`}},
		"a directory": {Options{Files: []string{"."}},
			[]string{`.: error: values file "." is a directory, expected a file [values-file-missing] (check the path; it is relative to where the command runs)`}},
		"a missing file in --set-file": {Options{SetFile: []string{"a=0.yaml,b=none"}},
			[]string{`--set-file:1:12: error: file "none" does not exist [values-file-missing] (check the path; it is relative to where the command runs)`}},
		"a key without value": {Options{Set: []string{"a=1", "b"}},
			[]string{`--set:2:1: error: --set "b": key "b" has no value [invalid-set] (` + InvalidSet.Hint + `)`}},
		"a comma in a value": {Options{Set: []string{"a=x,y"}},
			[]string{`--set:1:5: error: --set "a=x,y": key "y" has no value [invalid-set] (` + InvalidSet.Hint + `)`}},
		"an index that is no number": {Options{Set: []string{"a[x]=1"}},
			[]string{`--set:1:2: error: --set "a[x]=1": a list index must be a whole number [invalid-set] (` + InvalidSet.Hint + `)`}},
		"an index that is too large": {Options{Set: []string{"a[99999999]=1"}},
			[]string{`--set:1:1: error: --set "a[99999999]=1": index of 99999999 is greater than maximum supported index of 65536 [invalid-set] (` + InvalidSet.Hint + `)`}},
		"an open list": {Options{SetString: []string{"a={x,y"}},
			[]string{`--set-string:1:3: error: --set-string "a={x,y": list must terminate with '}' [invalid-set] (` + InvalidSet.Hint + `)`}},
		"a key below a text": {Options{Files: []string{"0.yaml"}, Set: []string{"a.b.c=1"}},
			[]string{`--set:1:5: error: a.b.c cannot be set: a.b is a text, set at 0.yaml:2:6, expected keys below it [invalid-set] (set the key itself, or remove the value it has)`}},
		"an index below a map": {Options{Files: []string{"0.yaml"}, Set: []string{"a[0]=1"}},
			[]string{`--set:1:2: error: a[0] cannot be set: a is a map, set at 0.yaml:2:3, expected a list [invalid-set] (set the key itself, or remove the value it has)`}},
		"a key below null in the same argument": {Options{Set: []string{"a=null,a.b=1"}},
			[]string{`--set:1:10: error: a.b cannot be set: a is null, expected keys below it [invalid-set] (set the key itself, or remove the value it has)`}},
		"too deep": {Options{Set: []string{strings.Repeat("a.", 31) + "a=1"}},
			[]string{`--set:1:1: error: --set "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a....": value name nested level is greater than maximum supported nested level of 30 [invalid-set] (` + InvalidSet.Hint + `)`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			write(t, "a:\n  b: text\n")
			_, findings := load(t, tt.options)
			require.Equal(t, tt.want, messages(findings))
		})
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

func TestPathRoundTrip(t *testing.T) {
	for text, want := range map[string]Path{
		"":                        {},
		"a":                       {"a"},
		"a.b[0].c":                {"a", "b", "0", "c"},
		`sel.kubernetes\.io/role`: {"sel", "kubernetes.io/role"},
		`a\[0\]`:                  {"a[0]"},
		`a[""]`:                   {"a", ""},
		`["x y"].z`:               {"x y", "z"},
		`a.01`:                    {"a", "01"},
		`0.a`:                     {"0", "a"},
		`a["\n"]`:                 {"a", "\n"},
	} {
		got, ok := ParsePath(text)
		require.True(t, ok, text)
		require.Equal(t, want, got, text)
		require.Equal(t, text, want.String())
	}
	for _, text := range []string{".", "a.", "a..b", "a[", "a[x]", "a]", "a=b", "a,b", `a\`, `a["`, `a["x"`, "[0]"} {
		_, ok := ParsePath(text)
		require.False(t, ok, text)
	}
}

func FuzzPath(f *testing.F) {
	f.Add("a.b[0].c")
	f.Add(`a\.b["x y"]`)
	f.Fuzz(func(t *testing.T, text string) {
		path, ok := ParsePath(text)
		if !ok {
			return
		}
		again, ok := ParsePath(path.String())
		require.True(t, ok, path.String())
		require.True(t, slices.Equal(path, again), "%q != %q", path, again)
	})
}

func FuzzSet(f *testing.F) {
	for _, seed := range []string{"a=1", "a.b=x,c={1,2}", "a[0].b=1,a[1]=2", `a\.b=1`, "a={x", "=", "a[", "a[0][1]=x", "a=1,a.b=2", "a[0].b=", "a.", "l[0]", "0[0]."} {
		f.Add(seed)
	}
	dir := f.TempDir()
	name := filepath.Join(dir, "v.yaml")
	require.NoError(f, os.WriteFile(name, []byte("a: {b: 1}\nl: [1, {k: v}]\n"), 0o600))
	f.Fuzz(func(t *testing.T, arg string) {
		if len(arg) > 200 {
			return // Helm makes lists of 65536 nulls for every index
		}
		want, helmErr := (&helmvalues.Options{ValueFiles: []string{name}, Values: []string{arg}}).MergeValues(getter.Providers{})
		v, findings := load(t, Options{Files: []string{name}, Set: []string{arg}})
		if helmErr != nil {
			require.NotEmpty(t, findings)
			return
		}
		require.Empty(t, messages(findings))
		require.Empty(t, cmp.Diff(want, v.Map))
		requirePositions(t, v)
	})
}
