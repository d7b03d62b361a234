package values

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// InvalidYAML is the rule that a values file can be read.
var InvalidYAML = finding.Rule{
	ID:       "invalid-yaml",
	Title:    "Values files are YAML that Helm can read",
	Severity: finding.Error,
	Doc:      "Helm stops at a values file it cannot read. The position is where the reader noticed; the cause may stand a line above.",
	Hint:     "check the indentation and the quotes of this line and the one above",
}

var errorLine = regexp.MustCompile(`^line (\d+): `)

// splitError gives a YAML reader's message without its wrappers, and the line
// it names, 0 when it names none.
func splitError(err error) (message string, line int) {
	message = err.Error()
	for _, wrapper := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "while decoding JSON: ", "yaml: "} {
		message = strings.TrimPrefix(message, wrapper)
	}
	if m := errorLine.FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1])
		message = message[len(m[0]):]
	}
	return message, line
}

// syntaxErrors says in words what the reader's messages mean. The reader
// counts lines from 0 in the messages of its parser and names no column, so
// each entry also says how to find the place.
var syntaxErrors = []struct {
	message string // the reader's message contains it
	parser  bool   // its line counts from 0
	context bool   // the reader of nodes names the better line: where the construct began
	explain func(t *text, line int) (at source.Span, what, hint string)
}{
	{"found character that cannot start any token", false, false, (*text).badStart},
	{"found a tab character", false, false, (*text).tab},
	{"mapping values are not allowed", false, false, (*text).colon},
	{"did not find expected key", true, false, (*text).noKey},
	{"did not find expected '-' indicator", true, false, say("a list ends here although its indentation goes on", "start each item of the list with - in the same column, and indent other keys less")},
	{"could not find expected ':'", false, true, (*text).noColon},
	{"found unexpected end of stream", false, true, (*text).openQuote},
	{"did not find expected ',' or ']'", true, false, openBracket('[', ']')},
	{"did not find expected ',' or '}'", true, false, openBracket('{', '}')},
	{"did not find expected node content", true, false, (*text).noContent},
	{"did not find expected alphabetic or numeric character", false, false, (*text).nameless},
	{"found unknown escape character", false, false, (*text).escape},
	{"block sequence entries are not allowed", false, false, say("a list cannot start on the line of its key", "put the - on the next line, or quote the value")},
	{"mapping keys are not allowed", false, false, say("a ? cannot stand here", "quote the value")},
	{"found incompatible YAML document", true, false, say("Helm reads YAML 1.1 only", "remove the %YAML line")},
	{"found undefined tag handle", true, false, say("a tag (!name!) is used that the file does not declare", "quote the value when the ! is part of it")},
}

// invalid makes the finding for a text that Helm's reader refuses with helm,
// and the reader of nodes with node or, when that is nil, reads as doc.
func (t *text) invalid(helm, node error, doc *yaml.Node) finding.Finding {
	message, line := splitError(helm)
	if node == nil {
		if f, ok := t.unreadable(message, doc); ok {
			return f
		}
	}
	if f, ok := t.badBytes(message); ok {
		return f
	}
	if name, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		name, _, _ = strings.Cut(name, "'")
		at := t.search(regexp.MustCompile(`\*` + regexp.QuoteMeta(name)))
		return syntax(at, "*"+name+" names an anchor (&"+name+") that does not stand above it", "define the anchor first, or quote the value when the * is part of it")
	}
	for _, e := range syntaxErrors {
		if !strings.Contains(message, e.message) {
			continue
		}
		if e.context && node != nil {
			_, line = splitError(node)
		}
		if e.parser {
			line++
		}
		at, what, hint := e.explain(t, t.clamp(line))
		return syntax(at, what, hint)
	}
	return syntax(t.lineSpan(t.clamp(line)), message, "")
}

func syntax(at source.Span, what, hint string) finding.Finding {
	f := InvalidYAML.Finding(finding.At(finding.Values, at), "not valid YAML: %s", what)
	if hint != "" {
		f.Hint = hint
	}
	return f
}

// clamp gives the line, counted in \n, of a line of the reader's, which names
// none for the first and one past the end for an open quote.
func (t *text) clamp(line int) int {
	line = min(max(line, 1), len(t.starts))
	return t.pos(t.starts[line-1]).Line
}

// lineSpan is a line without its indentation.
func (t *text) lineSpan(line int) source.Span {
	text := t.line(line)
	s := t.at(line, len(text)-len(strings.TrimLeft(text, " \t")))
	s.EndCol = max(s.Col, 1+utf8.RuneCountInString(strings.TrimRight(text, " \t")))
	return s
}

// search gives the first match of re outside of comments, else the whole file.
func (t *text) search(re *regexp.Regexp) source.Span {
	for n := range t.lines {
		line := t.line(n + 1)
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			continue
		}
		if m := re.FindStringIndex(line); m != nil {
			s := t.at(n+1, m[0])
			s.EndCol = s.Col + utf8.RuneCountInString(line[m[0]:m[1]])
			return s
		}
	}
	return source.Span{Pos: source.Pos{File: t.file}}
}

func say(what, hint string) func(*text, int) (source.Span, string, string) {
	return func(t *text, line int) (source.Span, string, string) { return t.lineSpan(line), what, hint }
}

const templateHint = "values files are not templates: write the value itself, or quote it"

// marked recognizes lines that were never meant to be YAML.
func (t *text) marked(line int) (what, hint string, ok bool) {
	text := strings.TrimSpace(t.line(line))
	switch {
	case strings.HasPrefix(text, "<<<<<<<"), strings.HasPrefix(text, "======="), strings.HasPrefix(text, ">>>>>>>"):
		return "a merge conflict is left in the file", "settle the conflict and remove the marker lines", true
	case strings.Contains(text, "{{"):
		return "a template expression", templateHint, true
	}
	return "", "", false
}

func (t *text) badStart(line int) (source.Span, string, string) {
	text := t.line(line)
	indent := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
	if strings.Contains(indent, "\t") {
		return t.tab(line)
	}
	if m := regexp.MustCompile("(^|[:\\-,\\[{] ?)\\s*([@`%])").FindStringSubmatchIndex(text); m != nil {
		s := t.at(line, m[4])
		s.EndCol = s.Col + 1
		return s, "a value cannot begin with " + text[m[4]:m[5]], "quote the value"
	}
	return t.tab(line)
}

func (t *text) tab(line int) (source.Span, string, string) {
	text := t.line(line)
	i := strings.IndexByte(text, '\t')
	if i < 0 {
		return t.lineSpan(line), "a character that cannot start a value", "quote the value"
	}
	s := t.at(line, i)
	s.EndCol = s.Col + 1
	return s, "a tab where YAML takes spaces only", "indent with spaces"
}

var colonInValue = regexp.MustCompile(`:\s+[^\s'"#][^#]*?(:)(\s|$)`)

func (t *text) colon(line int) (source.Span, string, string) {
	text := t.line(line)
	if what, hint, ok := t.marked(line); ok {
		return t.lineSpan(line), what, hint
	}
	if m := colonInValue.FindStringSubmatchIndex(text); m != nil {
		s := t.at(line, m[2])
		s.EndCol = s.Col + 1
		return s, "a second colon in one line", "quote the value, or put the nested key on its own line"
	}
	for above := line - 1; above > 0; above-- {
		before := strings.TrimSpace(t.line(above))
		if before == "" || strings.HasPrefix(before, "#") {
			continue
		}
		if i := strings.IndexByte(before, ':'); i > 0 && !strings.Contains(before, ": ") && i < len(before)-1 {
			return t.lineSpan(above), "no space after the colon", "write " + before[:i] + ": " + before[i+1:]
		}
		break
	}
	return t.lineSpan(line), "this line is indented below a key that already has a value",
		"give it the indentation of the key above, or remove that key's value"
}

var afterQuote = regexp.MustCompile(`:\s+(?:'[^']*'|"[^"\\]*")\s*([^\s#,'"])`)

func (t *text) noKey(line int) (source.Span, string, string) {
	text := t.line(line)
	if what, hint, ok := t.marked(line); ok {
		return t.lineSpan(line), what, hint
	}
	if m := afterQuote.FindStringSubmatchIndex(text); m != nil {
		return t.at(line, m[2]), "text behind the closing quote", `quote the whole value; inside '...' write '' for a quote, inside "..." write \"`
	}
	if strings.HasPrefix(strings.TrimSpace(text), "- ") {
		return t.lineSpan(line), "a list item among keys", "give the list a key of its own, and indent its items alike"
	}
	return t.lineSpan(line), "the indentation fits no line above", "give the line the indentation of its neighbours"
}

func (t *text) noColon(line int) (source.Span, string, string) {
	if what, hint, ok := t.marked(line); ok {
		return t.lineSpan(line), what, hint
	}
	return t.lineSpan(line), "a line without a colon among keys", "write key: value, with a space after the colon"
}

func (t *text) openQuote(line int) (source.Span, string, string) {
	text := t.line(line)
	if m := regexp.MustCompile(`(?:^|[:\-,\[{?] ?)\s*(["'])`).FindAllStringSubmatchIndex(text, -1); m != nil {
		s := t.at(line, m[len(m)-1][2])
		s.EndCol = s.Col + 1
		return s, "the quote that opens here is never closed", "close the quote"
	}
	return t.lineSpan(line), "a quote that opens here is never closed", "close the quote"
}

func openBracket(open, shut byte) func(*text, int) (source.Span, string, string) {
	return func(t *text, line int) (source.Span, string, string) {
		if at, ok := t.unclosed(line, open, shut); ok {
			return at, "the " + string(open) + " that opens here is not closed by line " + strconv.Itoa(line), closeHint(shut)
		}
		return t.lineSpan(line), "items between brackets need commas", closeHint(shut)
	}
}

func closeHint(shut byte) string {
	return "close it with " + string(shut) + ", and separate its items with commas"
}

// unclosed gives the last bracket up to a line that nothing closes.
func (t *text) unclosed(line int, open, shut byte) (source.Span, bool) {
	for ; line > 0; line-- {
		text, depth := t.line(line), 0
		for i := len(text) - 1; i >= 0; i-- {
			switch text[i] {
			case shut:
				depth++
			case open:
				if depth--; depth < 0 {
					s := t.at(line, i)
					s.EndCol = s.Col + 1
					return s, true
				}
			}
		}
	}
	return source.Span{}, false
}

// noContent explains a value that does not begin: most often the file ends
// before a bracket is closed.
func (t *text) noContent(line int) (source.Span, string, string) {
	if len(bytes.TrimSpace(t.data[t.lines[min(line, len(t.lines))-1]:])) == 0 {
		for _, pair := range []string{"[]", "{}"} {
			if at, ok := t.unclosed(line, pair[0], pair[1]); ok {
				return at, "the " + pair[:1] + " that opens here is never closed", closeHint(pair[1])
			}
		}
	}
	return t.lineSpan(line), "a value is missing, or begins with a character that YAML keeps for itself", "quote the value"
}

func (t *text) nameless(line int) (source.Span, string, string) {
	text := t.line(line)
	if m := regexp.MustCompile(`(?:^|[\s:\-,\[{])([*&])`).FindStringSubmatchIndex(text); m != nil {
		s := t.at(line, m[2])
		s.EndCol = s.Col + 1
		return s, "a value cannot begin with " + text[m[2]:m[3]] + " unless a name follows (an anchor or alias)", "quote the value"
	}
	return t.lineSpan(line), "an anchor or alias without a name", "quote the value"
}

func (t *text) escape(line int) (source.Span, string, string) {
	at := t.lineSpan(line)
	text := t.line(line)
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; !strings.ContainsRune("0abt\tnvfre \"/\\N_LPxuU", rune(text[i])) {
			at = t.at(line, i-1)
			at.EndCol = at.Col + 2
			break
		}
	}
	return at, "an unknown escape in a double-quoted text", `write \\ for a backslash, or use single quotes`
}
