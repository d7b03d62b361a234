package render

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"unicode/utf8"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// TemplateParseError is reported for a template that is no Go template.
var TemplateParseError = finding.Rule{
	ID:       "template-parse-error",
	Title:    "Templates can be parsed",
	Severity: finding.Error,
	Doc:      "An action that is not closed, a function that does not exist or an `end` too many keeps Helm from rendering any template of the chart.",
}

// TemplateError is reported for a template that ends with an error, and for what
// a chart refuses with fail or required.
var TemplateError = finding.Rule{
	ID:       "template-error",
	Title:    "Templates render with these values",
	Severity: finding.Error,
	Doc: "A template read a field of something that is not set, gave a function what it does not take, or called `fail` or `required`: " +
		"`helm install` and `helm upgrade` stop there. What a chart says with `fail` or `required` is the message, unchanged. " +
		"The first place is the innermost template, the next ones are what included it.",
}

// Timeout is reported for a render that was stopped.
var Timeout = finding.Rule{
	ID:       "render-timeout",
	Title:    "A chart renders in time",
	Severity: finding.Error,
	Doc:      "The chart was still rendering when the time for it was over, or the run was cancelled. A loop over millions of elements does that.",
	Hint:     "look for a loop that the values make very long",
}

// maxFrames is how many templates of a chain of includes are reported, from the
// innermost on.
const maxFrames = 8

// failure is why a render ended. It is an error only to travel through
// text/template, which would write the whole chain at each level of it.
type failure struct {
	file   string  // the template that Helm was rendering
	frames []frame // innermost first
	cause  error
}

func (f *failure) Error() string { return "failed" }

// frame is one template of the chain.
type frame struct {
	executing string // name of the template or define
	file      string // as Helm names it; rootName inside of a text of tpl
	line      int
	byteCol   int    // from 0
	action    string // the part of the template that failed, as text/template prints it
	text      string // the text, when tpl was given it
}

// undefined says that there is no template of a name.
type undefined struct{ name string }

func (u *undefined) Error() string { return fmt.Sprintf("no template is named %q", u.name) }

// badText says that tpl was given what is no template.
type badText struct {
	text string
	err  error
}

func (b *badText) Error() string { return "tpl: " + b.err.Error() }

// failed adds to a failure the level of the template that err comes from, and
// begins one where it is the innermost.
func failed(err error) *failure {
	var f *failure
	known := errors.As(err, &f)
	if !known {
		f = &failure{cause: err}
	}
	fr := frame{}
	var exec template.ExecError
	if errors.As(err, &exec) {
		var message string
		fr, message = parseFrame(exec)
		if !known {
			f.cause = cause(exec, message)
		}
	}
	var s *stop
	if errors.As(f.cause, &s) && !known && s.place != "" {
		fr.put(s.place)
		fr.action = ""
	}
	if len(f.frames) <= maxFrames {
		f.frames = append(f.frames, fr)
	} else {
		f.frames[maxFrames] = fr
	}
	return f
}

var placePattern = regexp.MustCompile(`^(.*):(\d+):(\d+)$`)

// put sets the place of a frame, as text/template prints it.
func (fr *frame) put(place string) {
	if m := placePattern.FindStringSubmatch(place); m != nil {
		fr.file = m[1]
		fr.line, _ = strconv.Atoi(m[2])
		fr.byteCol, _ = strconv.Atoi(m[3])
	}
}

// parseFrame takes apart what text/template says:
//
//	template: FILE:LINE:COL: executing "NAME" at <ACTION>: MESSAGE
func parseFrame(exec template.ExecError) (frame, string) {
	fr := frame{executing: exec.Name}
	where, rest, found := strings.Cut(exec.Error(), ": executing "+strconv.Quote(exec.Name)+" at <")
	if !found {
		return fr, exec.Error()
	}
	fr.put(strings.TrimPrefix(where, "template: "))
	const end = ">: "
	at := strings.Index(rest, end)
	if inner := errors.Unwrap(exec.Err); inner != nil { // both texts may hold what stands between them
		at = strings.LastIndex(strings.TrimSuffix(rest, inner.Error()), end)
	}
	if at < 0 {
		return fr, rest
	}
	fr.action = rest[:at]
	return fr, rest[at+len(end):]
}

// cause finds what a function said, or else gives what text/template says.
func cause(exec template.ExecError, message string) error {
	if inner := errors.Unwrap(exec.Err); inner != nil {
		var refused *refusal
		var stopped *stop
		var missing *undefined
		var bad *badText
		if errors.As(inner, &refused) || errors.As(inner, &stopped) || errors.As(inner, &missing) || errors.As(inner, &bad) {
			return inner
		}
	}
	return errors.New(message)
}

// finding says what f is about, at the innermost template that is a file of the
// chart first.
func (f *failure) finding(p *Program) finding.Finding {
	rule, message, hint := f.words()
	var at []finding.Location
	for _, fr := range f.frames {
		if l, ok := p.locate(fr); ok && len(at) < maxFrames && (len(at) == 0 || at[len(at)-1] != l) {
			at = append(at, l)
		}
	}
	if len(at) == 0 {
		at = finding.At(finding.Template, source.Span{Pos: source.Pos{File: p.chart.Path(f.file)}})
	}
	found := rule.Finding(at, "%s", message)
	if hint != "" {
		found.Hint = hint
	}
	return found
}

// words gives rule, message and hint for the cause of a failure.
func (f *failure) words() (rule finding.Rule, message, hint string) {
	var refused *refusal
	var stopped *stop
	var missing *undefined
	var bad *badText
	inText := ""
	if len(f.frames) > 0 && f.frames[0].text != "" {
		inText = "in the text given to tpl, " + quoteShort(f.frames[0].text) + ": "
	}
	switch {
	case errors.As(f.cause, &refused):
		return TemplateError, refused.message, ""
	case errors.As(f.cause, &stopped) && stopped.timeout:
		return Timeout, "rendering was stopped: " + stopped.message, ""
	case errors.As(f.cause, &stopped):
		return TemplateError, stopped.message, stopped.hint
	case errors.As(f.cause, &missing):
		return TemplateError, inText + missing.Error(), "check the spelling, and that the chart which defines it is among the dependencies"
	case errors.As(f.cause, &bad):
		_, why := parseMessage(bad.err)
		return TemplateError, fmt.Sprintf("the text given to tpl is no template, %s: %s", quoteShort(bad.text), why), ""
	}
	action := ""
	if len(f.frames) > 0 {
		action = f.frames[0].action
	}
	message, hint = plain(f.cause.Error(), action)
	return TemplateError, inText + message, hint
}

var (
	nilPointer  = regexp.MustCompile(`^nil pointer evaluating (\S.*)\.([^.]+)$`)
	noField     = regexp.MustCompile(`^can't evaluate field (\S+) in type (.+)$`)
	wrongType   = regexp.MustCompile(`^(?:wrong type for value|invalid value); expected (.+?)(?:; got (.+))?$`)
	assignNil   = regexp.MustCompile(`^cannot assign nil to (.+)$`)
	noRange     = regexp.MustCompile(`^range can't iterate over (?s:(.*))$`)
	calling     = regexp.MustCompile(`^error calling (\w+): (?s:(.*))$`)
	notDefined  = regexp.MustCompile(`^template ("(?:[^"\\]|\\.)*") not defined$`)
	pathPattern = regexp.MustCompile(`^(\$\w*)?(\.\w+)+$`)
)

// plain puts what text/template says into words for people who do not write Go.
func plain(message, action string) (text, hint string) {
	if m := nilPointer.FindStringSubmatch(message); m != nil {
		if parent, ok := parentOf(action, m[2]); ok {
			return fmt.Sprintf("%s is not set, so %s.%s cannot be read", parent, parent, m[2]),
				fmt.Sprintf("set it, or guard the template: {{ with %s }}", parent)
		}
		return fmt.Sprintf("cannot read %q of something that is not set, in %s", m[2], action), "set it, or guard the template with {{ with }}"
	}
	if m := noField.FindStringSubmatch(message); m != nil {
		what := typeName(m[2])
		if m[2] == "interface {}" {
			what = "no map" // text/template does not say what it is instead
		}
		if parent, ok := parentOf(action, m[1]); ok {
			return fmt.Sprintf("%s is %s, so %s.%s cannot be read", parent, what, parent, m[1]), ""
		}
		return fmt.Sprintf("cannot read %q of what is %s, in %s", m[1], what, action), ""
	}
	if m := wrongType.FindStringSubmatch(message); m != nil {
		got := "nothing"
		if m[2] != "" {
			got = typeName(m[2])
		}
		return fmt.Sprintf("%s is %s, %s was expected", action, got, typeName(m[1])), ""
	}
	if m := assignNil.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("nil is given, %s was expected", typeName(m[1])), ""
	}
	if m := noRange.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("range cannot go through %s, a list or a map was expected", quoteShort(m[1])), ""
	}
	if m := notDefined.FindStringSubmatch(message); m != nil {
		name, _ := strconv.Unquote(m[1])
		return (&undefined{name}).Error(), "check the spelling, and that the chart which defines it is among the dependencies"
	}
	if m := calling.FindStringSubmatch(message); m != nil {
		return m[1] + ": " + m[2], ""
	}
	return message, ""
}

// parentOf gives what stands before the field in a path such as .Values.a.b, if
// the field stands in it once.
func parentOf(path, field string) (string, bool) {
	if !pathPattern.MatchString(path) || strings.Count(path+".", "."+field+".") != 1 {
		return "", false
	}
	parent, _, _ := strings.Cut(path+".", "."+field+".")
	return parent, parent != ""
}

func typeName(goType string) string {
	switch {
	case goType == "string":
		return "text"
	case goType == "bool":
		return "true or false"
	case goType == "interface {}":
		return "nothing"
	case strings.HasPrefix(goType, "int"), strings.HasPrefix(goType, "float"):
		return "a number"
	case strings.HasPrefix(goType, "map["), goType == "chartutil.Values":
		return "a map"
	case strings.HasPrefix(goType, "[]"):
		return "a list"
	}
	return "a value of type " + goType
}

func quoteShort(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "..."
	}
	return strconv.Quote(text)
}

// locate finds a frame in the file of the chart; false for a text of tpl.
func (p *Program) locate(fr frame) (finding.Location, bool) {
	path := p.chart.Path(fr.file)
	text, ok := p.chart.Files()[path]
	if !ok || fr.line == 0 {
		return finding.Location{}, false
	}
	span := source.Span{Pos: source.Pos{File: path, Line: fr.line}}
	lines := strings.SplitAfterN(string(text), "\n", fr.line+1)
	if fr.line <= len(lines) {
		span.Col, span.EndCol = columns(lines[fr.line-1], fr.byteCol, fr.action)
	}
	return finding.Location{Span: span, Text: finding.Template}, true
}

// columns gives where an action stands in its line. text/template points into the
// middle of it at times, at the second part of .Values.a for one.
func columns(line string, byteCol int, action string) (col, endCol int) {
	byteCol = min(byteCol, len(line))
	start := max(0, byteCol-len(action))
	if i := strings.LastIndex(line[:min(len(line), byteCol+len(action))], action); i >= start && action != "" {
		col = utf8.RuneCountInString(line[:i]) + 1
		return col, col + utf8.RuneCountInString(action)
	}
	return utf8.RuneCountInString(line[:byteCol]) + 1, 0
}

var parsePlace = regexp.MustCompile(`^template: (.*?):(\d+)(?::\d+)?: `)

// parseMessage gives the line and the message of an error of parsing.
func parseMessage(err error) (line int, message string) {
	message = err.Error()
	if m := parsePlace.FindStringSubmatchIndex(message); m != nil {
		line, _ = strconv.Atoi(message[m[4]:m[5]])
		message = message[m[1]:]
	}
	return line, strings.TrimPrefix(message, "template: ")
}

// parseFinding reports a template that cannot be parsed.
func (p *Program) parseFinding(name string, err error) finding.Finding {
	line, message := parseMessage(err)
	at := source.Span{Pos: source.Pos{File: p.chart.Path(name), Line: line}}
	return TemplateParseError.Finding(finding.At(finding.Template, at), "%s", message)
}
