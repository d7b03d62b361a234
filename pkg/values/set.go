package values

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"helm.sh/helm/v3/pkg/strvals"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// InvalidSet is the rule that --set arguments can be read.
var InvalidSet = finding.Rule{
	ID:       "invalid-set",
	Title:    "--set arguments say which key gets which value",
	Severity: finding.Error,
	Doc: "Helm stops at a `--set`, `--set-string` or `--set-file` argument it cannot read, " +
		"and at one that sets a key below a value that has no keys.",
	Hint: `write a.b=value, a.list[0]=value or a.list={x,y}; put a backslash before a comma, dot or bracket that is part of the text`,
}

// setFlag is a flag whose arguments set values, and the name of the virtual
// file that they make up.
type setFlag string

const (
	flagSet       setFlag = "--set"
	flagSetString setFlag = "--set-string"
	flagSetFile   setFlag = "--set-file"
)

// set merges the arguments of one flag over what is loaded.
func (l *loader) set(flag setFlag, args []string) error {
	if len(args) == 0 {
		return nil
	}
	lines := strings.NewReplacer("\r", "␍", "\n", "␊") // one character for one, so that columns stay
	var text strings.Builder
	for i, arg := range args {
		text.WriteString(lines.Replace(string([]rune(arg))) + "\n")
		a := argument{file: string(flag), line: i + 1, text: []rune(arg)}
		if err := l.argument(flag, a, arg); err != nil {
			return err
		}
	}
	l.files[string(flag)] = []byte(text.String())
	return nil
}

func (l *loader) argument(flag setFlag, a argument, arg string) error {
	assignments, failed := a.parse()
	var err, toolErr error
	switch flag {
	case flagSet:
		err = strvals.ParseInto(arg, l.values.Map)
	case flagSetString:
		err = strvals.ParseIntoString(arg, l.values.Map)
	case flagSetFile:
		err = strvals.ParseIntoFile(arg, l.values.Map, func(name []rune) (any, error) {
			text, problem, err := l.read(string(name))
			if err != nil {
				toolErr = err
				return nil, err
			}
			if problem != nil {
				at := finding.At(finding.Values, a.valueNamed(assignments, string(name)))
				l.findings = append(l.findings, problem.finding(at, "file", string(name)))
			}
			return string(text), nil
		})
	}
	if toolErr != nil {
		return toolErr
	}
	if l.values.root == nil {
		l.values.root = &node{kind: mapping, span: source.Span{Pos: source.Pos{File: a.file}}}
	}
	if err != nil {
		l.findings = append(l.findings, l.invalidSet(a, assignments, failed, err))
		return nil
	}
	for _, s := range assignments {
		if _, exists := l.values.find(s.name()); exists && s.partial {
			continue
		}
		l.values.root = l.values.root.with(s.path, s.node())
	}
	return nil
}

// invalidSet says what is wrong with an argument that Helm refuses with err.
func (l *loader) invalidSet(a argument, assignments []assignment, failed source.Span, err error) finding.Finding {
	for _, s := range assignments {
		if at, what, ok := l.conflict(s); ok {
			return InvalidSet.Finding(finding.At(finding.Values, at), "%s", what).
				WithHint("set the key itself, or remove the value it has")
		}
	}
	message := err.Error()
	switch {
	case strings.Contains(message, "strconv.Atoi"):
		message = "a list index must be a whole number"
	case strings.Contains(message, "unable to parse key"):
		message = "the key cannot be read"
	}
	return InvalidSet.Finding(finding.At(finding.Values, failed), "%s %s: %s", a.file, shorten(string(a.text)), message)
}

// conflict finds where an assignment goes below a value that has no keys or is
// no list.
func (l *loader) conflict(s assignment) (at source.Span, what string, found bool) {
	var value any = l.values.Map
	for i, step := range s.path {
		next, exists, fits := step.enter(value)
		switch {
		case exists:
			value = next
			continue
		case fits, i == 0, s.path[i-1].index && !step.index: // Helm replaces a list item that has no keys
			return source.Span{}, "", false
		}
		expected := "keys below it"
		if step.index {
			expected = "a list"
		}
		path := s.name()[:i]
		set := ""
		if span, known := l.values.Value(path); known {
			set = ", set at " + span.String()
		}
		return step.span, fmt.Sprintf("%s cannot be set: %s is %s%s, expected %s", s.name(), path, kindOf(value), set, expected), true
	}
	return source.Span{}, "", false
}

// enter goes from a value to what the step names; fits says that the value is
// one that such a step can go into.
func (s step) enter(value any) (next any, exists, fits bool) {
	switch v := value.(type) {
	case map[string]any:
		if s.index {
			return nil, false, false
		}
		next, exists = v[s.name]
		return next, exists, true
	case []any:
		n, err := strconv.Atoi(s.name)
		if !s.index || err != nil {
			return nil, false, s.index
		}
		if n < 0 || n >= len(v) || v[n] == nil {
			return nil, false, true
		}
		return v[n], true, true
	}
	return nil, false, false
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case string:
		return "a text"
	case bool:
		return "true or false"
	}
	return "a number"
}

// step is one key or list index of an assignment.
type step struct {
	name  string
	index bool
	span  source.Span
}

// assignment is one key=value of an argument.
type assignment struct {
	path  []step
	value source.Span
	text  string // of the value, without backslashes
	list  bool   // the value is written {a,b}
	items []item

	partial bool // no value follows: it makes what is missing and sets nothing
}

type item struct {
	span source.Span
	text string
}

func (s assignment) name() Path {
	var p Path
	for _, step := range s.path {
		p = append(p, step.name)
	}
	return p
}

func (s assignment) node() *node {
	n := &node{span: s.value}
	if s.list {
		n.kind = list
		for _, it := range s.items {
			n.items = append(n.items, field{key: it.span, value: &node{span: it.span}})
		}
	}
	return n
}

// with gives the tree with leaf at path; n stays as it is.
func (n *node) with(path []step, leaf *node) *node {
	if len(path) == 0 {
		return leaf
	}
	at := path[0]
	if at.name == "" && !at.index {
		return n // Helm ignores an empty key
	}
	next := &node{span: at.span}
	if n != nil {
		next.span = n.span
	}
	if !at.index {
		next.kind = mapping
		next.fields = map[string]field{}
		if n != nil && n.kind == mapping {
			for name, f := range n.fields {
				next.fields[name] = f
			}
		}
		next.fields[at.name] = under(next.fields[at.name], path, leaf)
		return next
	}
	next.kind = list
	if n != nil && n.kind == list {
		next.items = append(next.items, n.items...)
	}
	i, err := strconv.Atoi(at.name)
	if err != nil || i < 0 || i > strvals.MaxIndex {
		return n
	}
	for len(next.items) <= i {
		next.items = append(next.items, field{key: at.span, value: &node{span: at.span}})
	}
	next.items[i] = under(next.items[i], path, leaf)
	return next
}

// under replaces what stands below a field. A field that gets new children
// only keeps the place of its key.
func under(f field, path []step, leaf *node) field {
	if f.value == nil || len(path) == 1 || f.value.kind == scalar {
		f.key = path[0].span
		f.value = &node{span: path[0].span}
	}
	f.value = f.value.with(path[1:], leaf)
	return f
}

// argument is one --set argument: a line of a virtual file.
type argument struct {
	file string
	line int
	text []rune
}

func (a argument) span(start, end int) source.Span {
	return source.Span{Pos: source.Pos{File: a.file, Line: a.line, Col: start + 1}, EndCol: end + 1}
}

// valueNamed gives the place of the value with this text.
func (a argument) valueNamed(assignments []assignment, text string) source.Span {
	for _, s := range assignments {
		if !s.list && s.text == text {
			return s.value
		}
		for _, it := range s.items {
			if it.text == text {
				return it.span
			}
		}
	}
	return a.span(0, len(a.text))
}

// until reads to the first of stops that no backslash protects. It gives the
// text without backslashes, the index of the stop and which it is, 0 at the end.
func (a argument) until(from int, stops string) (text string, at int, stop rune) {
	var b strings.Builder
	for i := from; i < len(a.text); i++ {
		r := a.text[i]
		switch {
		case strings.ContainsRune(stops, r) && r != utf8.RuneError:
			return b.String(), i, r
		case r == '\\':
			if i++; i < len(a.text) {
				b.WriteRune(a.text[i])
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), len(a.text), 0
}

// parse reads the argument by the grammar of Helm's strvals. When it is not in
// the grammar, failed is where reading stopped.
func (a argument) parse() (assignments []assignment, failed source.Span) {
	whole := a.span(0, len(a.text))
	for at := 0; at < len(a.text); {
		var s assignment
		start := at
		for more := true; more; {
			stops := "=[,."
			index := len(s.path) > 0 && a.text[at-1] == ']'
			if index {
				stops = "[.="
			}
			name, stopAt, stop := a.until(at, stops)
			if index && name != "" || stop == 0 || stop == ',' {
				failed = a.span(start, max(stopAt, start+1))
				if len(s.path) > 0 { // Helm takes "a[0]." and makes the list
					s.value, s.partial = failed, true
					assignments = append(assignments, s)
				}
				return assignments, failed
			}
			if !index {
				s.path = append(s.path, step{name: name, span: a.span(at, stopAt)})
			}
			at = stopAt + 1
			switch stop {
			case '=':
				more = false
			case '[':
				number, end, stop := a.until(at, "]")
				if stop == 0 {
					return assignments, a.span(stopAt, len(a.text))
				}
				if _, err := strconv.Atoi(number); err != nil {
					return append(assignments, s), a.span(stopAt, end+1)
				}
				s.path = append(s.path, step{name: number, index: true, span: a.span(stopAt, end+1)})
				at = end + 1
				if at == len(a.text) {
					s.value, s.partial = whole, true
					return append(assignments, s), whole
				}
			}
		}
		var ok bool
		if at, ok = a.value(&s, at); !ok {
			return append(assignments, s), s.value
		}
		assignments = append(assignments, s)
	}
	return assignments, whole
}

// value reads what stands behind the =, and the comma after it.
func (a argument) value(s *assignment, at int) (next int, ok bool) {
	if at >= len(a.text) || a.text[at] != '{' {
		text, end, _ := a.until(at, ",")
		s.text, s.value = text, a.span(at, end)
		return end + 1, true
	}
	s.list = true
	for from := at + 1; ; {
		text, end, stop := a.until(from, ",}")
		s.value = a.span(at, min(end+1, len(a.text)))
		if stop == 0 {
			return 0, false
		}
		s.items = append(s.items, item{a.span(from, end), text})
		from = end + 1
		if stop == '}' {
			if from < len(a.text) && a.text[from] == ',' {
				from++
			}
			return from, true
		}
	}
}
