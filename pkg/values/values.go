// Package values reads values files and --set arguments. In go their names and
// text; out come the merged values, exactly as Helm merges them, and for every
// key the file, line and column that set it.
package values

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// FileMissing is the rule that values files named in the call can be read.
var FileMissing = finding.Rule{
	ID:       "values-file-missing",
	Title:    "Values files exist and can be read",
	Severity: finding.Error,
	Doc: "A values file named with `-f`, or a file named in `--set-file`, does not exist or cannot be read. " +
		"Helm stops at this. Values files at a URL are not fetched, so that a check needs no network.",
	Hint: "check the path; it is relative to where the command runs",
}

// stdin is the name that positions in values from standard input carry.
const stdin = "<stdin>"

// Options names what to merge, later entries over earlier ones: first Files,
// then Set, SetString and SetFile, as the flags of helm template do.
type Options struct {
	Files     []string // values files; "-" is standard input
	Set       []string // --set arguments: typed values
	SetString []string // --set-string arguments: values stay strings
	SetFile   []string // --set-file arguments: values are names of files
	Stdin     io.Reader
}

// Values are merged values and the positions of their keys. Map may be shared
// with other Values, so it must not be changed. The zero Values is empty.
type Values struct {
	Map  map[string]any
	root *node
}

// Rules lists what this package checks.
func Rules() []finding.Rule {
	return []finding.Rule{InvalidYAML, DuplicateKey, BoolTrap, NotAMap, ExtraDocument, FileMissing, InvalidSet}
}

// Load reads and merges all that o names. The texts that positions point into
// come back too: each file under its name, standard input under "<stdin>", and
// the arguments as virtual files "--set", "--set-string" and "--set-file"
// whose n-th line is the n-th argument. A Go error means that standard input
// could not be read.
func Load(o Options) (*Values, source.Files, []finding.Finding, error) {
	l := loader{
		values: &Values{Map: map[string]any{}},
		files:  source.Files{},
		stdin:  o.Stdin,
	}
	for _, name := range o.Files {
		if err := l.file(name); err != nil {
			return nil, nil, nil, err
		}
	}
	for _, set := range []struct {
		flag setFlag
		args []string
	}{{flagSet, o.Set}, {flagSetString, o.SetString}, {flagSetFile, o.SetFile}} {
		if err := l.set(set.flag, set.args); err != nil {
			return nil, nil, nil, err
		}
	}
	return l.values, l.files, finding.Sort(l.findings), nil
}

// Over puts v over base, as Helm puts a user's values over a chart's defaults:
// maps merge key by key, anything else replaces, and null removes a default.
// Positions of a removing null stay known.
func (v *Values) Over(base *Values) *Values {
	return &Values{
		Map:  coalesce(v.Map, base.Map, true),
		root: merge(base.root, v.root),
	}
}

type loader struct {
	values   *Values
	files    source.Files
	findings []finding.Finding
	stdin    io.Reader
}

func (l *loader) file(name string) error {
	shown := name
	if strings.TrimSpace(name) == "-" {
		shown = stdin
	}
	raw, problem, err := l.read(name)
	if err != nil {
		return err
	}
	if problem != nil {
		at := finding.At(finding.Values, source.Span{Pos: source.Pos{File: shown}})
		l.findings = append(l.findings, problem.finding(at, "values file", name))
		return nil
	}
	text := normalize(raw)
	l.files[shown] = text
	parsed, findings := Parse(shown, text)
	l.findings = append(l.findings, findings...)
	l.values = &Values{
		Map:  overlay(l.values.Map, parsed.Map),
		root: merge(l.values.root, parsed.root),
	}
	return nil
}

// noFile says why a file named by the user gives no text.
type noFile struct{ why, hint string }

func (u *noFile) finding(at []finding.Location, what, name string) finding.Finding {
	f := FileMissing.Finding(at, "%s %q %s", what, name, u.why)
	if u.hint != "" {
		f.Hint = u.hint
	}
	return f
}

// read gives a file's text, or why there is none; the error is the tool's own.
func (l *loader) read(name string) ([]byte, *noFile, error) {
	if strings.TrimSpace(name) == "-" {
		if l.stdin == nil {
			return nil, nil, nil
		}
		text, err := io.ReadAll(l.stdin)
		if err != nil {
			return nil, nil, fmt.Errorf("read values from standard input: %w", err)
		}
		return text, nil, nil
	}
	text, err := os.ReadFile(name)
	switch {
	case err == nil:
		return text, nil, nil
	case strings.Contains(name, "://"):
		return nil, &noFile{"is a URL", "fetch it first and name the local file"}, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &noFile{"does not exist", ""}, nil
	}
	if info, statErr := os.Stat(name); statErr == nil && info.IsDir() {
		return nil, &noFile{"is a directory, expected a file", ""}, nil
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return nil, &noFile{"cannot be read: " + err.Error(), ""}, nil
}

// overlay merges over into base without changing either, as Helm merges one
// values file over the one before: null is a value like any other.
func overlay(base, over map[string]any) map[string]any {
	out := make(map[string]any, len(base)+len(over))
	for k, v := range base {
		out[k] = v
	}
	for k, v := range over {
		if m, ok := v.(map[string]any); ok {
			if b, ok := out[k].(map[string]any); ok {
				v = overlay(b, m)
			}
		}
		out[k] = v
	}
	return out
}

// coalesce puts user values over defaults. A null removes the default it
// stands over; at the top it does so even where the default is null itself.
func coalesce(user, defaults map[string]any, top bool) map[string]any {
	out := make(map[string]any, len(user)+len(defaults))
	for k, v := range user {
		out[k] = v
	}
	for k, d := range defaults {
		v, set := out[k]
		if !set {
			out[k] = d
			continue
		}
		if v == nil {
			if top || d != nil {
				delete(out, k)
			}
			continue
		}
		if vm, ok := v.(map[string]any); ok {
			if dm, ok := d.(map[string]any); ok {
				out[k] = coalesce(vm, dm, false)
			}
		}
	}
	return out
}
