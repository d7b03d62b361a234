package chart

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/ignore"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// What a chart may hold at most, subcharts and file:// dependencies included.
// The sizes are Helm's, which counts each archive by itself.
const (
	maxEntries = 50_000
	maxBytes   = 100 << 20
	maxFile    = 5 << 20
)

// LinkOutside is reported for links in a chart's folder that lead out of it.
var LinkOutside = finding.Rule{
	ID:       "chart-link-outside",
	Title:    "A chart's folder holds all of the chart",
	Severity: finding.Info,
	Doc: "Helm follows symbolic links: what the link points at becomes part of the chart, `helm package` copies it, " +
		"and templates can read it with `.Files`. A chart from somebody else can bring in any file of your machine this way.",
	Hint: "copy what the link points at into the chart",
}

// place is where the files of a chart are.
type place struct {
	fsys fs.FS
	dir  string // the chart's folder in fsys
	path string // the same for people
	disk string // the same on disk; empty inside an fs.FS
}

// file gives the path for people of a file of the chart.
func (p place) file(name string) string {
	if p.fsys == nil {
		return p.path + "/" + name // inside an archive
	}
	return filepath.Join(p.path, filepath.FromSlash(name))
}

// in gives the place of a vendored subchart.
func (p place) in(name string) place {
	p.path = p.file("charts/" + name)
	if p.fsys != nil {
		p.dir = path.Join(p.dir, "charts", name)
	}
	if p.disk != "" {
		p.disk = filepath.Join(p.disk, "charts", name)
	}
	return p
}

// reader gathers what is read and what is wrong with it.
type reader struct {
	findings []finding.Finding
	files    source.Files
	entries  int
	bytes    int64
	full     bool
	err      error
	loading  []string // the folders of the charts that are being loaded, outermost first
}

func newReader() *reader { return &reader{files: source.Files{}} }

func file(name string) source.Span { return source.Span{Pos: source.Pos{File: name}} }

func (r *reader) report(rule finding.Rule, at source.Span, format string, args ...any) *finding.Finding {
	r.findings = append(r.findings, rule.Finding(finding.At(finding.Chart, at), format, args...))
	return &r.findings[len(r.findings)-1]
}

// take counts one more file or folder; false, with a finding, when the chart has
// too many or is too big.
func (r *reader) take(rule finding.Rule, at source.Span, size int64) bool {
	r.entries++
	r.bytes += size
	switch {
	case r.full:
		return false
	case r.entries > maxEntries:
		r.full = true
		r.report(rule, at, "the chart has more than %d files and folders", maxEntries).
			Hint = "list in .helmignore what is not part of the chart"
		return false
	case r.bytes > maxBytes:
		r.full = true
		r.report(rule, at, "the files of the chart are larger than %d MiB together", maxBytes>>20).
			Hint = "list in .helmignore what is not part of the chart"
		return false
	}
	return true
}

var utf8BOM = []byte("\xef\xbb\xbf")

// folder reads the chart in a folder; nil when findings say why it cannot be.
func (r *reader) folder(at place) (*node, error) {
	w := walk{reader: r, at: at, ignored: ignore.Empty()}
	text, err := fs.ReadFile(at.fsys, path.Join(at.dir, ignore.HelmIgnore))
	switch {
	case err == nil:
		if w.ignored, err = ignore.Parse(bytes.NewReader(text)); err != nil {
			r.files[at.file(ignore.HelmIgnore)] = text
			r.report(Invalid, ignoreLine(at.file(ignore.HelmIgnore), text), "%s", err).
				Hint = "a line holds a pattern of one path, without **"
			return nil, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	w.ignored.AddDefaults()
	if ok, err := w.enter("."); !ok {
		return nil, err
	}
	return r.build(at, w.files), nil
}

// ignoreLine finds the first line that Helm's reader of .helmignore refuses.
func ignoreLine(name string, text []byte) source.Span {
	for i, line := range strings.Split(string(text), "\n") {
		if _, err := ignore.Parse(strings.NewReader(line)); err != nil {
			return source.Span{Pos: source.Pos{File: name, Line: i + 1}}
		}
	}
	return file(name)
}

// walk reads the files of one folder that .helmignore leaves, following links as
// Helm does.
type walk struct {
	*reader
	at      place
	ignored *ignore.Rules
	files   []*loader.BufferedFile
}

// enter reads the folder name; false when the chart cannot be used.
func (w *walk) enter(name string) (bool, error) {
	entries, err := fs.ReadDir(w.at.fsys, path.Join(w.at.dir, name))
	if err != nil {
		return w.unreadable(name, err)
	}
	for _, entry := range entries {
		if ok, err := w.visit(path.Join(name, entry.Name()), entry); !ok {
			return false, err
		}
	}
	return true, nil
}

func (w *walk) visit(name string, entry fs.DirEntry) (bool, error) {
	info, err := fs.Stat(w.at.fsys, path.Join(w.at.dir, name))
	if err != nil {
		return w.unreadable(name, err)
	}
	if w.ignored.Ignore(name, info) {
		return true, nil
	}
	if entry.Type()&fs.ModeSymlink != 0 {
		w.link(name)
	}
	at := file(w.at.file(name))
	switch {
	case info.IsDir():
		if !w.take(Invalid, file(w.at.path), 0) {
			return false, nil
		}
		return w.enter(name)
	case !info.Mode().IsRegular():
		w.report(Invalid, at, "is a %s, a file was expected", kindOf(info.Mode())).
			Hint = "remove it, or list it in .helmignore"
		return false, nil
	case info.Size() > maxFile:
		w.report(Invalid, at, "is larger than %d MiB, the most that Helm reads", maxFile>>20).
			Hint = "list it in .helmignore when no template needs it"
		return false, nil
	case !w.take(Invalid, file(w.at.path), info.Size()):
		return false, nil
	}
	data, err := fs.ReadFile(w.at.fsys, path.Join(w.at.dir, name))
	if err != nil {
		return w.unreadable(name, err)
	}
	w.files = append(w.files, &loader.BufferedFile{Name: name, Data: bytes.TrimPrefix(data, utf8BOM)})
	return true, nil
}

// unreadable tells what is wrong with the chart from what is wrong with the machine.
func (w *walk) unreadable(name string, err error) (bool, error) {
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ELOOP) && !errors.Is(err, syscall.ENAMETOOLONG) {
		return false, fmt.Errorf("read chart %s: %w", w.at.path, err)
	}
	w.report(Invalid, file(w.at.file(name)), "is a symbolic link that leads nowhere").
		Hint = "remove the link, or list it in .helmignore"
	return false, nil
}

func (w *walk) link(name string) {
	if w.at.disk == "" {
		return
	}
	top, err := filepath.EvalSymlinks(w.at.disk)
	if err != nil {
		return
	}
	target, err := filepath.EvalSymlinks(filepath.Join(w.at.disk, filepath.FromSlash(name)))
	if err != nil {
		return
	}
	if rel, err := filepath.Rel(top, target); err != nil || !filepath.IsLocal(rel) {
		w.report(LinkOutside, file(w.at.file(name)), "is a symbolic link to %q, outside of the chart", target)
	}
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}
