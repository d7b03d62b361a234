package chart

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	helmchart "helm.sh/helm/v3/pkg/chart"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"

	"github.com/stateward/stateward/pkg/finding"
)

// unpack writes the files of a txtar archive and makes their folder the working one.
func unpack(t testing.TB, archive string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range txtar.Parse([]byte(archive)).Files {
		require.NoError(t, os.MkdirAll(filepath.Dir(f.Name), 0o755))
		require.NoError(t, os.WriteFile(f.Name, f.Data, 0o600))
	}
}

func asFS(archive string) fs.FS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return fsys
}

// lines prints findings as people see them.
func lines(findings []finding.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s: %s: %s [%s] %s", f.Pos(), f.Severity, f.Message, f.Rule, f.Hint))
	}
	return list
}

const goodChart = `
-- c/Chart.yaml --
apiVersion: v2
name: c
version: 1.0.0
`

// TestWhatKeepsAChartFromLoading protects place, message and hint of every
// fault; each case is loaded from disk and from an fs.FS.
func TestWhatKeepsAChartFromLoading(t *testing.T) {
	see := Invalid.Hint
	for _, c := range []struct{ name, files, ref, want string }{
		{"no such path", ``, "nope", "nope: error: no chart of this name [chart-not-found] " + NotFound.Hint},
		{"no Chart.yaml", "-- c/values.yaml --\na: 1\n", "c", "c: error: this is not a chart: it has no Chart.yaml [chart-not-found] " + NotFound.Hint},
		{"Chart.yaml further down", "-- c/d/Chart.yaml --\nname: d\n", "c", "c: error: this is not a chart: it has no Chart.yaml [chart-not-found] the chart is in a folder further down"},
		{"not YAML", "-- c/Chart.yaml --\nname: c\nversion: 1.0.0: x\n", "c", "c/Chart.yaml:2: error: cannot be read as YAML: mapping values are not allowed in this context [chart-invalid] " + see},
		{"a list", "-- c/Chart.yaml --\n- a\n", "c", "c/Chart.yaml:1:1: error: the file holds a list, a map was expected [chart-invalid] " + see},
		{"empty", "-- c/Chart.yaml --\n", "c", `c/Chart.yaml: error: the chart has no name [chart-invalid] write name: c
c/Chart.yaml: error: the chart has no version [chart-invalid] write version: 0.1.0
c/Chart.yaml: warning: the chart has no apiVersion [chart-invalid] write apiVersion: v2`},
		{"no name", "-- c/Chart.yaml --\napiVersion: v2\nversion: 1.0.0\nname:\n", "c", "c/Chart.yaml:3:1: error: the chart has no name [chart-invalid] write name: c"},
		{"name with a slash", "-- c/Chart.yaml --\napiVersion: v2\nversion: 1.0.0\nname: a/b\n", "c", `c/Chart.yaml:3:7: error: "a/b" is no name of a chart [chart-invalid] a name is one word without slashes`},
		{"bad version", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: one\n", "c", `c/Chart.yaml:3:10: error: "one" is not a semantic version [chart-invalid] write it as in 1.2.3`},
		{"version is a list", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: [1]\n", "c", "c/Chart.yaml:3:10: error: version is a list, text was expected [chart-invalid] " + see},
		{"keywords are text", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\nkeywords: x\n", "c", "c/Chart.yaml:4:11: error: keywords is text, a list was expected [chart-invalid] " + see},
		{"bad type", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\ntype: app\n", "c", `c/Chart.yaml:4:7: error: type is "app", application or library was expected [chart-invalid] ` + see},
		{"empty dependency", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\ndependencies:\n  -\n", "c", "c/Chart.yaml:5:4: error: the entry of dependencies is empty [chart-invalid] " + see},
		{"dependency listed twice", goodChart + "dependencies:\n  - {name: d, version: 1.0.0}\n  - {name: d, version: 2.0.0}\n", "c", `c/Chart.yaml:4:1: error: more than one dependency with name or alias "d" [chart-invalid] ` + see},
		{"values not YAML", goodChart + "-- c/values.yaml --\na: 1\nb: [\n", "c", "c/values.yaml:2: error: cannot be read as YAML: did not find expected node content [chart-invalid] " + see},
		{"values a list", goodChart + "-- c/values.yaml --\n# nothing\n- a\n", "c", "c/values.yaml:2:1: error: the file holds a list, a map was expected [chart-invalid] " + see},
		{"bad .helmignore", goodChart + "-- c/.helmignore --\n*.bak\n**/x\n", "c", "c/.helmignore:2: error: double-star (**) syntax is not supported [chart-invalid] a line holds a pattern of one path, without **"},
		{"file in charts/", goodChart + "-- c/charts/README.md --\nx\n", "c", "c/charts/README.md: error: is a file in charts/, where Helm expects charts [chart-invalid] remove it, or list it in .helmignore"},
		{"folder named .tgz", goodChart + "-- c/charts/a.tgz/x --\nx\n", "c", "c/charts/a.tgz: error: is a folder, an archive was expected for a name that ends in .tgz [chart-invalid] " + see},
		{"subchart that is none", goodChart + "-- c/charts/a/x --\nx\n", "c", "c/charts/a: error: this is not a chart: it has no Chart.yaml [chart-not-found] " + NotFound.Hint},
		{"subchart with a fault", goodChart + "-- c/charts/a/Chart.yaml --\napiVersion: v2\nname: a\nversion: x\n", "c", `c/charts/a/Chart.yaml:3:10: error: "x" is not a semantic version [chart-invalid] write it as in 1.2.3`},
		{"subchart archive that is none", goodChart + "-- c/charts/a-1.tgz --\nx\n", "c", "c/charts/a-1.tgz: error: this is not a gzipped tar archive [chart-archive-invalid] " + ArchiveInvalid.Hint},
		{"dependency missing", goodChart + "dependencies:\n  - name: a\n    version: 1.0.0\n    repository: https://example.com\n    condition: a.enabled\n", "c", `c/Chart.yaml:5:5: error: dependency "a" is not in charts/ [chart-dependency-missing] run helm dependency build c`},
		{"dependency of requirements.yaml missing", "-- c/Chart.yaml --\napiVersion: v1\nname: c\nversion: 1.0.0\n-- c/requirements.yaml --\ndependencies:\n- name: a\n", "c", `c/requirements.yaml:2:3: error: dependency "a" is not in charts/ [chart-dependency-missing] run helm dependency build c`},
		{"file:// path missing", goodChart + "dependencies:\n  - name: a\n    version: 1.0.0\n    repository: file://../a\n", "c", `c/Chart.yaml:7:17: error: dependency "a" is not at a: no such folder [chart-dependency-missing] correct the path, which starts from the chart's folder`},
		{"file:// chart of another name", goodChart + "dependencies:\n  - name: a\n    version: 1.0.0\n    repository: file://../b\n-- b/Chart.yaml --\napiVersion: v2\nname: b\nversion: 1.0.0\n", "c", `c/Chart.yaml:5:11: error: dependency "a" is not at b: the chart there is "b" [chart-dependency-missing] write the name of that chart; alias gives it another one in this chart`},
		{"file:// chart of another version", goodChart + "dependencies:\n  - name: a\n    version: ^2.0.0\n    repository: file://../a\n-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\n", "c", `c/Chart.yaml:6:14: error: a has version 1.0.0, "^2.0.0" was asked for [chart-dependency-version] ` + DependencyVersion.Hint},
		{"no range of versions", goodChart + "dependencies:\n  - name: a\n    version: new\n    repository: file://../a\n-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\n", "c", `c/Chart.yaml:6:14: error: "new" is not a range of versions [chart-dependency-version] write it as in ^1.2.0 or 1.x.x`},
		{"no version", goodChart + "dependencies:\n  - name: a\n    repository: file://../a\n-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\n", "c", `c/Chart.yaml:5:5: error: dependency "a" has no version [chart-dependency-version] write version: 1.0.0`},
		{"cycle", goodChart + "dependencies:\n  - name: a\n    version: 1.0.0\n    repository: file://../a\n-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: 1.0.0\ndependencies:\n  - name: c\n    version: 1.0.0\n    repository: file://../c/\n", "c", `a/Chart.yaml:7:17: error: dependency "c" leads back to c [chart-dependency-cycle] ` + DependencyCycle.Hint},
		{"depends on itself", goodChart + "dependencies:\n  - name: c\n    version: 1.0.0\n    repository: file://.\n", "c", `c/Chart.yaml:7:17: error: dependency "c" leads back to c [chart-dependency-cycle] ` + DependencyCycle.Hint},
		{"file:// chart with a fault", goodChart + "dependencies:\n  - name: a\n    version: 1.0.0\n    repository: file://../a\n-- a/Chart.yaml --\napiVersion: v2\nname: a\nversion: {}\n", "c", `a/Chart.yaml:3:10: error: version is a map, text was expected [chart-invalid] ` + see},
	} {
		files := strings.ReplaceAll(c.files, "1.0.0\ndependencies", "1.0.0\ndependencies")
		t.Run(c.name, func(t *testing.T) {
			unpack(t, files)
			got, findings, err := Load(c.ref)
			require.NoError(t, err)
			require.Nil(t, got)
			require.Equal(t, c.want, strings.Join(lines(findings), "\n"))
		})
		t.Run(c.name+", in an fs.FS", func(t *testing.T) {
			got, findings, err := LoadFS(asFS(files), c.ref)
			require.NoError(t, err)
			require.Nil(t, got)
			require.Equal(t, c.want, strings.Join(lines(findings), "\n"))
		})
	}
}

// TestWhatHelmDoesNotMind protects that these charts load, with a warning.
func TestWhatHelmDoesNotMind(t *testing.T) {
	const sub = "-- c/charts/s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\n"
	for _, c := range []struct{ name, files, want string }{
		{"apiVersion missing", "-- c/Chart.yaml --\nname: c\nversion: 1.0.0\n", "c/Chart.yaml: warning: the chart has no apiVersion [chart-invalid] write apiVersion: v2"},
		{"apiVersion unknown", "-- c/Chart.yaml --\napiVersion: v7\nname: c\nversion: 1.0.0\n", `c/Chart.yaml:1:13: warning: apiVersion is "v7", v1 or v2 was expected [chart-invalid] write apiVersion: v2`},
		{"versions that are numbers", "-- c/Chart.yaml --\napiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: 1.10\n", `c/Chart.yaml:4:13: warning: appVersion is the number 1.10, which Helm reads as "1.1" [chart-invalid] put it in quotes`},
		{"vendored chart of another version", goodChart + "dependencies:\n  - name: s\n    version: 2.x.x\n" + sub, `c/Chart.yaml:6:14: warning: c/charts/s has version 1.0.0, "2.x.x" was asked for [chart-dependency-version] ` + DependencyVersion.Hint},
		{"subchart without its dependency", goodChart + sub + "dependencies:\n  - name: t\n    version: 1.0.0\n    repository: file://../t\n-- c/charts/t/Chart.yaml --\napiVersion: v2\nname: t\nversion: 1.0.0\n", `c/charts/s/Chart.yaml:5:5: warning: dependency "t" is not in charts/, Helm renders s without it [chart-dependency-missing] run helm dependency build c/charts/s`},
		{"file:// chart without its dependency", goodChart + "dependencies:\n  - name: s\n    version: 1.0.0\n    repository: file://../s\n-- s/Chart.yaml --\napiVersion: v2\nname: s\nversion: 1.0.0\ndependencies:\n  - name: t\n    version: 1.0.0\n    repository: file://../t\n  - name: u\n    version: 1.0.0\n    repository: https://example.com\n", `s/Chart.yaml:7:17: warning: dependency "t" is not at t: no such folder [chart-dependency-missing] correct the path, which starts from the chart's folder
s/Chart.yaml:8:5: warning: dependency "u" is not in charts/ [chart-dependency-missing] run helm dependency build s`},
	} {
		t.Run(c.name, func(t *testing.T) {
			unpack(t, c.files)
			got, findings, err := Load("c")
			require.NoError(t, err)
			require.NotNil(t, got)
			require.Equal(t, c.want, strings.Join(lines(findings), "\n"))
		})
	}
}

// TestReferencesThatAreNoFolder protects what is said of a URL and of a file.
func TestReferencesThatAreNoFolder(t *testing.T) {
	unpack(t, goodChart+"-- c.yaml --\na: 1\n-- empty.tgz --\n")
	for ref, want := range map[string]string{
		"":                       ": error: no chart of this name [chart-not-found] " + NotFound.Hint,
		"oci://example.com/c":    "oci://example.com/c: error: a chart is read from a folder or a .tgz, not from oci:// [chart-not-found] fetch it first: helm pull oci://example.com/c",
		"c/Chart.yaml":           "c/Chart.yaml: error: this is a file of a chart [chart-not-found] give its folder: c",
		"c.yaml":                 "c.yaml: error: this is not a gzipped tar archive [chart-archive-invalid] " + ArchiveInvalid.Hint,
		"empty.tgz":              "empty.tgz: error: the file is empty, a gzipped tar archive was expected [chart-archive-invalid] " + ArchiveInvalid.Hint,
		"c/Chart.yaml/x":         "",
		"c/../nothing/../../c/x": "c/../nothing/../../c/x: error: no chart of this name [chart-not-found] " + NotFound.Hint,
	} {
		got, findings, err := Load(ref)
		require.Nil(t, got)
		if want == "" {
			require.ErrorIs(t, err, syscall.ENOTDIR)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(lines(findings), "\n"))
	}
}

// TestLinksInAFolder protects that links are followed as Helm does, with a note
// when they leave the chart, and that those that lead nowhere are reported.
func TestLinksInAFolder(t *testing.T) {
	unpack(t, goodChart+"-- c/templates/a.yaml --\nkind: A\n-- other/secret.txt --\nsecret\n-- other/charts/x/Chart.yaml --\napiVersion: v2\nname: x\nversion: 1.0.0\n")
	require.NoError(t, os.Symlink("../other/secret.txt", "c/secret.txt"))
	require.NoError(t, os.Symlink("../other/charts", "c/charts"))
	require.NoError(t, os.Symlink("a.yaml", "c/templates/b.yaml"))
	got, findings, err := Load("c")
	require.NoError(t, err)
	require.NotNil(t, got)
	require.Equal(t, []string{
		fmt.Sprintf("c/charts: info: is a symbolic link to %q, outside of the chart [chart-link-outside] %s", "other/charts", LinkOutside.Hint),
		fmt.Sprintf("c/secret.txt: info: is a symbolic link to %q, outside of the chart [chart-link-outside] %s", "other/secret.txt", LinkOutside.Hint),
	}, lines(findings))
	sameAsHelms(t, "c", got)

	require.NoError(t, os.Symlink("nowhere", "c/broken"))
	got, findings, err = Load("c")
	require.NoError(t, err)
	require.Nil(t, got)
	require.Contains(t, lines(findings), "c/broken: error: is a symbolic link that leads nowhere [chart-invalid] remove the link, or list it in .helmignore")
	require.NoError(t, os.Remove("c/broken"))

	for _, name := range []string{"c/loop1", "c/loop2"} { // 2^n ways through them
		require.NoError(t, os.Symlink(".", name))
	}
	got, findings, err = Load("c")
	require.NoError(t, err)
	require.Nil(t, got)
	require.Equal(t, 1, finding.Count(findings, finding.Error))
}

func TestFilesThatCannotBeUsed(t *testing.T) {
	unpack(t, goodChart)
	require.NoError(t, syscall.Mkfifo("c/pipe", 0o600))
	_, findings, err := Load("c")
	require.NoError(t, err)
	require.Equal(t, []string{"c/pipe: error: is a named pipe, a file was expected [chart-invalid] remove it, or list it in .helmignore"}, lines(findings))
	require.NoError(t, os.Remove("c/pipe"))

	require.NoError(t, os.WriteFile("c/big.bin", make([]byte, maxFile+1), 0o600))
	_, findings, err = Load("c")
	require.NoError(t, err)
	require.Equal(t, []string{"c/big.bin: error: is larger than 5 MiB, the most that Helm reads [chart-invalid] list it in .helmignore when no template needs it"}, lines(findings))

	require.NoError(t, os.Remove("c/big.bin"))
	for i := range maxBytes/maxFile + 1 {
		require.NoError(t, os.WriteFile(fmt.Sprintf("c/part%d", i), make([]byte, maxFile), 0o600))
	}
	_, findings, err = Load("c")
	require.NoError(t, err)
	require.Equal(t, []string{"c: error: the files of the chart are larger than 100 MiB together [chart-invalid] list in .helmignore what is not part of the chart"}, lines(findings))
}

const family = `
-- charts/top/Chart.yaml --
apiVersion: v2
name: top
version: 1.0.0
kubeVersion: ">=1.30"
dependencies:
  - name: lib
    version: 0.1.0
    repository: file://../lib
  - name: lib
    version: 0.1.0
    repository: file://../lib
    alias: other
  - name: inside
    version: 1.0.0
    repository: https://example.com
-- charts/top/values.yaml --
a: 1
-- charts/top/values.schema.json --
{}
-- charts/top/templates/a.yaml --
kind: A
-- charts/top/charts/inside-folder/Chart.yaml --
apiVersion: v2
name: inside
version: 1.0.0
-- charts/top/charts/inside-folder/templates/b.yaml --
kind: B
-- charts/top/charts/inside-folder/values.schema.json --
{}
-- charts/lib/Chart.yaml --
apiVersion: v2
name: lib
version: 0.1.0
type: library
dependencies:
  - name: base
    version: ~1
    repository: file://../base
-- charts/lib/templates/_lib.tpl --
lib
-- charts/lib/values.schema.json --
{}
-- charts/base/Chart.yaml --
apiVersion: v2
name: base
version: 1.4.0
-- charts/base/templates/deep/_base.tpl --
base
`

// TestPathsForPeople protects that names of Helm become paths that open.
func TestPathsForPeople(t *testing.T) {
	unpack(t, family)
	onDisk, findings, err := Load("charts/top")
	require.NoError(t, err)
	require.Empty(t, findings)
	inFS, findings, err := LoadFS(asFS(family), "charts/top")
	require.NoError(t, err)
	require.Empty(t, findings)
	for _, c := range []*Chart{onDisk, inFS} {
		require.Equal(t, "top", c.Name())
		require.Equal(t, "charts/top", c.Ref())
		for template, want := range map[string]string{
			"top/templates/a.yaml":                                  "charts/top/templates/a.yaml",
			"top/charts/inside/templates/b.yaml":                    "charts/top/charts/inside-folder/templates/b.yaml",
			"top/charts/lib/templates/_lib.tpl":                     "charts/lib/templates/_lib.tpl",
			"top/charts/other/templates/_lib.tpl":                   "charts/lib/templates/_lib.tpl",
			"top/charts/other/charts/base/templates/deep/_base.tpl": "charts/base/templates/deep/_base.tpl",
			"top/charts/lib/charts/base/templates/deep/_base.tpl":   "charts/base/templates/deep/_base.tpl",
			"top/templates/none.yaml":                               "top/templates/none.yaml",
			"top/charts/none/templates/a.yaml":                      "top/charts/none/templates/a.yaml",
			"elsewhere/templates/a.yaml":                            "elsewhere/templates/a.yaml",
			"":                                                      "",
		} {
			require.Equal(t, want, c.Path(template))
			if want != template {
				require.Contains(t, c.Files(), want)
				require.FileExists(t, want)
			}
		}
		file, text := c.Defaults()
		require.Equal(t, "charts/top/values.yaml", file)
		require.Equal(t, "a: 1\n", string(text))
		require.Equal(t, "charts/top/Chart.yaml:4:1", c.Key("kubeVersion").String())
		require.Equal(t, "charts/top/Chart.yaml:5:1", c.Key("dependencies", "9", "x").String())
		require.Equal(t, "charts/top/Chart.yaml", c.Key("nothing").String())
		var schemas []string
		for _, s := range c.Schemas() {
			schemas = append(schemas, strings.Join(s.At, ".")+" "+s.File)
		}
		require.Equal(t, []string{
			" charts/top/values.schema.json", "inside charts/top/charts/inside-folder/values.schema.json",
			"lib charts/lib/values.schema.json", "other charts/lib/values.schema.json",
		}, schemas)
		require.Len(t, c.Helm().Dependencies(), 2, "lib is there once, for both entries")
	}

	t.Chdir("charts/top")
	for ref, want := range map[string]string{".": "../lib/templates/_lib.tpl", "./": "../lib/templates/_lib.tpl", "../top": "../lib/templates/_lib.tpl", must(os.Getwd()): filepath.Join(filepath.Dir(must(os.Getwd())), "lib/templates/_lib.tpl")} {
		c, findings, err := Load(ref)
		require.NoError(t, err)
		require.NotNil(t, c, lines(findings))
		require.Equal(t, want, c.Path("top/charts/lib/templates/_lib.tpl"))
	}
}

// TestDependenciesStayInTheirFS protects that a file:// path finds nothing
// outside of an fs.FS.
func TestDependenciesStayInTheirFS(t *testing.T) {
	for _, repository := range []string{"file://../../etc", "file:///etc", "file://../.."} {
		_, findings, err := LoadFS(asFS(goodChart+"dependencies:\n  - name: a\n    version: 1.0.0\n    repository: "+repository+"\n"), "c")
		require.NoError(t, err)
		require.Len(t, findings, 1)
		require.Equal(t, DependencyMissing.ID, findings[0].Rule)
	}
}

// TestLoadsAsHelm protects that the chart Helm's engine gets is the one Helm loads.
func TestLoadsAsHelm(t *testing.T) {
	folders, err := filepath.Glob("../render/testdata/charts/*")
	require.NoError(t, err)
	require.NotEmpty(t, folders)
	for _, dir := range folders {
		got, findings, err := Load(dir)
		require.NoError(t, err)
		require.NotNil(t, got, lines(findings))
		if !strings.HasSuffix(dir, "shared") && !strings.HasSuffix(dir, "lib") { // these have file:// dependencies
			sameAsHelms(t, dir, got)
		}
	}
}

func sameAsHelms(t *testing.T, dir string, c *Chart) {
	t.Helper()
	want, err := helmloader.Load(dir)
	require.NoError(t, err)
	var compare func(want, got *helmchart.Chart)
	compare = func(want, got *helmchart.Chart) {
		require.Empty(t, cmp.Diff(want, got, cmpopts.IgnoreUnexported(helmchart.Chart{}), cmpopts.IgnoreFields(helmchart.Chart{}, "Raw")))
		require.Len(t, got.Dependencies(), len(want.Dependencies()))
		for _, sub := range want.Dependencies() { // in no certain order
			for _, ours := range got.Dependencies() {
				if sub.Name() == ours.Name() {
					require.Same(t, got, ours.Parent())
					compare(sub, ours)
				}
			}
		}
	}
	compare(want, c.Helm())
}

// TestLimitsAreHelms protects that a file that Helm reads is not too big here.
func TestLimitsAreHelms(t *testing.T) {
	require.EqualValues(t, helmloader.MaxDecompressedFileSize, maxFile)
	require.EqualValues(t, helmloader.MaxDecompressedChartSize, maxBytes)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
