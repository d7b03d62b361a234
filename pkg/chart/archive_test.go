package chart

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"

	"github.com/stateward/stateward/pkg/finding"
)

type entry struct {
	name, text string
	header     tar.Header // type, link and size, when they are not those of a file
}

const chartText = "apiVersion: v2\nname: c\nversion: 1.0.0\n"

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := e.header
		h.Name = e.name
		h.Mode = 0o644
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Size == 0 {
			h.Size = int64(len(e.text))
		}
		require.NoError(t, w.WriteHeader(&h))
		_, err := w.Write([]byte(e.text))
		require.NoError(t, err)
		if pad := h.Size - int64(len(e.text)); pad > 0 {
			_, err = w.Write(make([]byte, pad))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, data, 0o600))
}

// TestArchivesThatAreRefused protects one clear message for each kind of damage.
func TestArchivesThatAreRefused(t *testing.T) {
	good := entry{name: "c/Chart.yaml", text: chartText}
	whole := zip(t, tarOf(t, good, entry{name: "c/templates/a.yaml", text: strings.Repeat("kind: A\n", 5000)}))
	wrongSum := bytes.Clone(whole)
	wrongSum[len(wrongSum)-8]++
	var parts, nested []entry
	for i := range maxBytes/maxFile + 1 {
		parts = append(parts, entry{name: fmt.Sprintf("c/part%d", i), header: tar.Header{Size: maxFile}})
	}
	inner := zip(t, tarOf(t, append([]entry{{name: "s/Chart.yaml", text: strings.ReplaceAll(chartText, ": c", ": s")}}, parts[:12]...)...))
	for i := range 2 {
		nested = append(nested, entry{name: fmt.Sprintf("c/charts/s-%d.tgz", i), text: string(inner)})
	}
	many := make([]entry, maxEntries+1)
	for i := range many {
		many[i] = entry{name: fmt.Sprintf("c/f%d", i)}
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"cut in the middle", whole[:len(whole)/2], "the archive is cut short"},
		{"cut at the end", whole[:len(whole)-3], "the archive is cut short"},
		{"cut in its head", whole[:8], "the archive is cut short"},
		{"wrong checksum", wrongSum, "the archive is damaged: its checksum is wrong"},
		{"text", []byte("a: 1\n"), "this is not a gzipped tar archive"},
		{"text, gzipped", zip(t, []byte(strings.Repeat("a: 1\n", 500))), "what is inside the gzip file is not a tar archive"},
		{"empty, gzipped", zip(t, nil), "the archive has no files"},
		{"no files", zip(t, tarOf(t)), "the archive has no files"},
		{"absolute path", zip(t, tarOf(t, good, entry{name: "/etc/passwd"})), `the entry "/etc/passwd" has an absolute path`},
		{"absolute path inside", zip(t, tarOf(t, good, entry{name: "c//etc/passwd"})), `the entry "c//etc/passwd" has an absolute path`},
		{"drive", zip(t, tarOf(t, good, entry{name: `c\C:\x`})), `the entry "c\\C:\\x" has an absolute path`},
		{"climbing", zip(t, tarOf(t, good, entry{name: "c/../../x"})), `the entry "c/../../x" climbs out of the archive's folder`},
		{"climbing with backslashes", zip(t, tarOf(t, good, entry{name: `c\..\..\x`})), `the entry "c\\..\\..\\x" climbs out of the archive's folder`},
		{"climbing at once", zip(t, tarOf(t, good, entry{name: "../x/y"})), `the entry "../x/y" climbs out of the archive's folder`},
		{"no folder", zip(t, tarOf(t, entry{name: "Chart.yaml", text: chartText})), `the entry "Chart.yaml" stands in no folder: an archive holds one folder with the chart in it`},
		{"symbolic link", zip(t, tarOf(t, good, entry{name: "c/values.yaml", header: tar.Header{Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}})), `the entry "c/values.yaml" is a symbolic link to "/etc/passwd"`},
		{"hard link", zip(t, tarOf(t, good, entry{name: "c/values.yaml", header: tar.Header{Typeflag: tar.TypeLink, Linkname: "x"}})), `the entry "c/values.yaml" is a link to "x"`},
		{"device", zip(t, tarOf(t, good, entry{name: "c/null", header: tar.Header{Typeflag: tar.TypeChar}})), `the entry "c/null" is neither a file nor a folder`},
		{"big file", zip(t, tarOf(t, good, entry{name: "c/big", header: tar.Header{Size: maxFile + 1}})), `the entry "c/big" is larger than 5 MiB, the most that Helm reads`},
		{"big", zip(t, tarOf(t, append([]entry{good}, parts...)...)), "the files of the chart are larger than 100 MiB together"},
		{"big within itself", zip(t, tarOf(t, append([]entry{good}, nested...)...)), "the files of the chart are larger than 100 MiB together"},
		{"many files", zip(t, tarOf(t, many...)), "the chart has more than 50000 files and folders"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "x.tgz", c.data)
			got, findings, err := Load("x.tgz")
			require.NoError(t, err)
			require.Nil(t, got)
			require.Len(t, findings, 1)
			require.Equal(t, c.want, findings[0].Message)
			require.Equal(t, ArchiveInvalid.ID, findings[0].Rule)
			require.True(t, strings.HasPrefix(findings[0].Pos().String(), "x.tgz"))
			require.NotEmpty(t, findings[0].Hint)
		})
	}
}

// TestArchivesThatLoad protects that an archive is the chart Helm loads, and what
// its files are called.
func TestArchivesThatLoad(t *testing.T) {
	t.Chdir(t.TempDir())
	sub := zip(t, tarOf(t, entry{name: "s/Chart.yaml", text: strings.ReplaceAll(chartText, ": c", ": s")}, entry{name: "s/templates/b.yaml", text: "kind: B\n"}))
	write(t, "charts/x-1.0.0.tgz", zip(t, tarOf(t,
		entry{name: "c/Chart.yaml", text: "\xef\xbb\xbf" + chartText + "dependencies:\n- {name: s, version: 1.x.x, repository: 'file://../s'}\n"},
		entry{name: "c/templates", header: tar.Header{Typeflag: tar.TypeDir}},
		entry{name: "c/templates/./a.yaml", text: "kind: A\n"},
		entry{name: `c\templates\w.yaml`, text: "kind: W\n"},
		entry{name: "c/.helmignore", text: "templates\n"},
		entry{name: "c/charts/s-1.0.0.tgz", text: string(sub)},
		entry{name: "c/charts/s-1.0.0.tgz.prov", text: "signature"},
	)))
	c, findings, err := Load("charts/x-1.0.0.tgz")
	require.NoError(t, err)
	require.NotNil(t, c, lines(findings))
	require.Empty(t, findings)
	sameAsHelms(t, "charts/x-1.0.0.tgz", c)
	require.Equal(t, "charts/x-1.0.0.tgz/templates/a.yaml", c.Path("c/templates/a.yaml"))
	require.Equal(t, "charts/x-1.0.0.tgz/templates/w.yaml", c.Path("c/templates/w.yaml"))
	require.Equal(t, "charts/x-1.0.0.tgz/charts/s-1.0.0.tgz/templates/b.yaml", c.Path("c/charts/s/templates/b.yaml"))
	require.Equal(t, "charts/x-1.0.0.tgz/Chart.yaml:4:1", c.Key("dependencies").String())
	require.Contains(t, c.Files(), "charts/x-1.0.0.tgz/charts/s-1.0.0.tgz/templates/b.yaml")

	write(t, "missing.tgz", zip(t, tarOf(t, entry{name: "c/Chart.yaml", text: chartText + "dependencies:\n- {name: s, version: 1.x.x, repository: 'file://../s'}\n"})))
	c, findings, err = Load("missing.tgz")
	require.NoError(t, err)
	require.Nil(t, c)
	require.Equal(t, []string{`missing.tgz/Chart.yaml:5:3: error: dependency "s" is not in charts/ [chart-dependency-missing] run helm dependency build on the chart's folder, then package it again`}, lines(findings))
}

// FuzzLoadArchive protects that no archive ends the process or passes the limits,
// and that what loads is what Helm loads. Data that is no gzip file is taken for
// what is inside of one: a checksum is hard to guess.
func FuzzLoadArchive(f *testing.F) {
	good := entry{name: "c/Chart.yaml", text: chartText}
	inner := tarOf(f, entry{name: "s/Chart.yaml", text: strings.ReplaceAll(chartText, ": c", ": s")})
	for _, entries := range [][]entry{
		{good}, {good, {name: "c/templates/a.yaml", text: "kind: A"}}, {{name: "Chart.yaml", text: chartText}}, {good, {name: "c/../x", text: "x"}},
		{good, {name: "c/charts/s-1.tgz", text: string(zip(f, inner))}}, {good, {name: "c/charts/s/Chart.yaml", text: chartText}}, {good, {name: "c/values.yaml", text: "a: [1"}},
		{good, {name: "c/l", header: tar.Header{Typeflag: tar.TypeSymlink, Linkname: "/etc"}}}, {good, {name: `c\templates\b.yaml`, text: "x"}}, {good, {name: "c/" + strings.Repeat("long/", 40) + "x", text: "y"}},
		{{name: "c/Chart.yaml", text: "apiVersion: v1\nname: c\nversion: 1"}, {name: "c/requirements.yaml", text: "dependencies: [{name: s}]"}},
	} {
		f.Add(tarOf(f, entries...))
		f.Add(zip(f, tarOf(f, entries...)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
			data = zip(t, data)
		}
		r := newReader()
		root, err := r.archive(bytes.NewReader(data), "x.tgz")
		require.NoError(t, err)
		require.LessOrEqual(t, r.entries, maxEntries+1)
		require.LessOrEqual(t, r.bytes, int64(maxBytes+maxFile))
		c, findings, err := r.finish("x.tgz", root, nil)
		require.NoError(t, err)
		for _, f := range findings {
			require.NotEmpty(t, f.Pos().File)
			require.NotEmpty(t, f.Message)
		}
		if c == nil {
			require.NotZero(t, finding.Count(findings, finding.Error))
			return
		}
		want, err := helmloader.LoadArchive(bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, want.Metadata, c.Helm().Metadata)
		require.Empty(t, cmp.Diff(want.Templates, c.Helm().Templates))
		require.Empty(t, cmp.Diff(want.Files, c.Helm().Files))
		require.Empty(t, cmp.Diff(want.Values, c.Helm().Values))
		require.Len(t, c.Helm().Dependencies(), len(want.Dependencies()))
	})
}
