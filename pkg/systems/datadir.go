package systems

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Start is how a container is started, as far as that is known.
type Start struct {
	Command []string // in place of the image's entry point
	Args    []string
	Env     map[string]string
	Unknown func(env string) bool // true for variables that are set to what cannot be known
	Config  []string              // the text of configuration files the container sees
	Opaque  bool                  // it may read configuration files that are not in Config
}

// Dir is a directory that a server keeps data in.
type Dir struct {
	Path string // absolute
	Open bool   // the data is in a directory below Path whose name is known at run time only
	Env  string // the variable that says so, if one does
	Flag string // the flag or argument that says so, if one does
}

// DataDirs gives the directories that must outlive the container. Where the
// version decides and is not known, there is more than one alternative, and each
// is a full list. It gives nil when it cannot be known, and when the container
// does not run the server or runs it without keeping anything.
func (m Match) DataDirs(s Start) [][]Dir {
	line := newLine(s)
	serves := line.runs(m.programs)
	if line.has(m.modes) || !serves && line.runs(m.others) || m.needs != nil && !line.says(m.needs) {
		return nil
	}
	if m.volatile != nil && line.says(m.volatile) && !line.says(m.durable) {
		return nil
	}
	// A command of one's own starts the server only if it says so; what is moved
	// by a flag or a variable must be meant for it all the same.
	defaults := m.image != nil && !s.Opaque
	if len(s.Command) > 0 && !serves && !line.entrypoint() {
		defaults = false
	}
	var alternatives [][]Dir
	for _, l := range m.layouts() {
		dirs, ok := m.dirs(l, line, defaults)
		if !ok {
			return nil
		}
		if !slices.ContainsFunc(alternatives, func(a []Dir) bool { return slices.Equal(a, dirs) }) {
			alternatives = append(alternatives, dirs)
		}
	}
	return alternatives
}

// layouts gives the layouts that the version leaves possible.
func (m Match) layouts() []layout {
	unknown := layout{paths: make([]string, len(m.knobs))}
	if m.image == nil || len(m.image.layouts) == 0 {
		return []layout{unknown}
	}
	var possible []layout
	for _, l := range m.image.layouts {
		if m.Major == 0 || (l.from == 0 || m.Major >= l.from) && (l.to == 0 || m.Major <= l.to) {
			possible = append(possible, l)
		}
	}
	if len(possible) == 0 {
		return []layout{unknown}
	}
	return possible
}

func (m Match) dirs(l layout, line line, defaults bool) ([]Dir, bool) {
	var dirs []Dir
	for i, k := range m.knobs {
		found, known := k.turn(line)
		switch {
		case !known:
			return nil, false
		case found == nil && !defaults:
			return nil, false
		case found == nil:
			p := l.paths[i]
			if m.Major > 0 {
				p = strings.ReplaceAll(p, "{major}", strconv.Itoa(m.Major))
			}
			if found, known = paths(p, Dir{}); !known {
				return nil, false
			}
		}
		dirs = append(dirs, found...)
	}
	return dirs, true
}

// turn reads where a knob stands: nil when it was not touched, not known when
// it was turned to what cannot be read.
func (k knob) turn(line line) (dirs []Dir, known bool) {
	for _, flag := range k.flags {
		if value, ok := line.flag(flag); ok {
			return paths(value, Dir{Flag: flag})
		}
	}
	if dirs, ok := k.arguments(line); ok {
		return dirs, dirs != nil
	}
	for _, name := range k.env {
		if value, ok := line.env[name]; ok && value != "" {
			return paths(value, Dir{Env: name})
		}
		if line.unknown != nil && line.unknown(name) {
			return nil, false
		}
	}
	if k.directive == nil {
		return nil, true
	}
	for _, text := range line.config {
		for _, found := range k.directive.FindAllStringSubmatch(text, -1) {
			p, ok := paths(found[1], Dir{})
			if !ok || dirs != nil && !slices.Equal(p, dirs) {
				return nil, false
			}
			dirs = p
		}
	}
	return dirs, true
}

// arguments reads the paths after the knob's word: false when the word is not
// there, nil when none of what follows is a path.
func (k knob) arguments(line line) (dirs []Dir, ok bool) {
	at := slices.Index(line.words, k.argument)
	if k.argument == "" || at < 0 {
		return nil, false
	}
	for i, word := range line.words[at+1:] {
		before := line.words[at+i]
		if strings.HasPrefix(before, "--") && !strings.Contains(before, "=") {
			continue // the value of a flag
		}
		if _, after, isURL := strings.Cut(word, "://"); isURL {
			word = after[max(strings.Index(after, "/"), 0):]
		}
		if found, known := paths(word, Dir{Flag: k.argument}); known {
			dirs = append(dirs, found...)
		}
	}
	return dirs, true
}

// paths reads a list of absolute paths. Of a path that a variable completes at
// run time the fixed beginning is kept.
func paths(value string, like Dir) ([]Dir, bool) {
	var dirs []Dir
	for _, p := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		like.Open = false
		p = strings.Trim(p, `"'`)
		if i := strings.IndexAny(p, "$`{"); i >= 0 {
			p, like.Open = p[:strings.LastIndex(p[:i], "/")+1], true
		}
		if p = path.Clean(p); !path.IsAbs(p) || p == "/" {
			return nil, false
		}
		like.Path = p
		dirs = append(dirs, like)
	}
	return dirs, len(dirs) > 0
}

// line is a command line taken apart, with what else steers the server.
type line struct {
	text    string
	words   []string
	env     map[string]string
	unknown func(string) bool
	config  []string
}

func newLine(s Start) line {
	all := slices.Concat(s.Command, s.Args)
	for i, word := range all {
		all[i] = expand(word, s.Env)
	}
	l := line{text: strings.Join(all, " "), env: s.Env, unknown: s.Unknown, config: s.Config}
	for _, word := range all {
		for _, w := range strings.Fields(word) {
			l.words = append(l.words, strings.Trim(w, `"';&`))
		}
	}
	return l
}

var reference = regexp.MustCompile(`\$\(([A-Za-z_][A-Za-z0-9_]*)\)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces $(NAME) as Kubernetes does and ${NAME} as a shell does, where
// the value is known.
func expand(text string, env map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		if value, ok := env[strings.Trim(ref, "${}()")]; ok {
			return value
		}
		return ref
	})
}

// runs says whether one of the programs is among the words that can be one: not
// flags and not their values, which are hosts and paths of the same name.
func (l line) runs(programs []string) bool {
	for i, w := range l.words {
		value := i > 0 && strings.HasPrefix(l.words[i-1], "-") && !strings.HasSuffix(l.words[i-1], "c")
		if !value && !strings.HasPrefix(w, "-") && !strings.Contains(w, "=") && slices.Contains(programs, path.Base(w)) {
			return true
		}
	}
	return false
}

// has says whether one of the words stands in the command line.
func (l line) has(words []string) bool {
	return slices.ContainsFunc(l.words, func(w string) bool { return slices.Contains(words, w) })
}

// says looks in the command line and in the configuration.
func (l line) says(what *regexp.Regexp) bool {
	return what.MatchString(l.text) || slices.ContainsFunc(l.config, what.MatchString)
}

// entrypoint says whether the command is the usual entry point of an image,
// which starts the server as if there were no command.
func (l line) entrypoint() bool {
	for _, w := range l.words {
		if base := path.Base(w); strings.HasSuffix(base, "entrypoint.sh") || base == "tini" || base == "dumb-init" {
			return true
		}
	}
	return false
}

// flag finds the value of a flag, written as one word or two; one dash or two
// make no difference for the long ones.
func (l line) flag(name string) (value string, ok bool) {
	for i, w := range l.words {
		switch {
		case w == name && i+1 < len(l.words):
			value, ok = l.words[i+1], true
		case strings.HasPrefix(w, name+"="):
			value, ok = w[len(name)+1:], true
		case len(name) == 2 && strings.HasPrefix(w, name+"/"):
			value, ok = w[2:], true
		}
	}
	return value, ok
}
