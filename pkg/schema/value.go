package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// typesOf gives the types that an invalid_type issue expected.
func (e *explainer) typesOf(i issue) []string {
	text, _ := i.details["expected"].(string)
	return strings.Split(strings.Trim(text, "[]"), ",")
}

func inWords(types []string) []string {
	var words []string
	for _, t := range types {
		if t == "null" && len(types) > 1 {
			continue // it is never what the user should write
		}
		word, ok := typeWords[t]
		if !ok {
			word = t
		}
		words = append(words, word)
	}
	return words
}

func (e *explainer) wrongType(i issue, types []string) problem {
	p := e.is(i, alternatives(inWords(types), "or"))
	if text, ok := i.value.(string); ok && !e.hidden(i.path) {
		p = e.says(i, quote(text)+" (a string)", alternatives(inWords(types), "or"))
	}
	if hint := e.rewrite(i, types); hint != "" {
		p.hint = hint
	}
	return p
}

var numeric = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// rewrite says how to write the value so that its type fits.
func (e *explainer) rewrite(i issue, types []string) string {
	wants := func(t string) bool { return slices.Contains(types, t) }
	hidden := e.hidden(i.path)
	switch v := i.value.(type) {
	case string:
		switch {
		case (wants("integer") || wants("number")) && numeric.MatchString(v):
			return "remove the quotes"
		case wants("boolean") && slices.Contains([]string{"true", "false", "yes", "no", "on", "off"}, strings.ToLower(v)):
			return "write true or false without quotes"
		case wants("array") && !hidden:
			return fmt.Sprintf("write it as a list: [%s]", brief(v))
		}
	case bool:
		if wants("string") {
			return "quote it; a bare y, yes, on, n, no or off is true or false too"
		}
	case json.Number:
		switch {
		case wants("integer") || wants("number") || !wants("string"):
		case hidden:
			return "quote it"
		default:
			return fmt.Sprintf("quote it: %q", v.String())
		}
	case map[string]any:
		if wants("array") {
			return "write each item on a line of its own that begins with -"
		}
	case []any:
		if wants("object") {
			return "write key: value lines, without the -"
		}
	case nil:
		return "give it a value, or remove the " + e.key
	}
	return ""
}

// allowed gives the values that an enum or const issue allows.
func (e *explainer) allowed(i issue) []any {
	for _, s := range e.sites(i.path) {
		list, ok := s.schema["enum"].([]any)
		if c, has := s.schema["const"]; has && i.kind == "const" {
			list, ok = []any{c}, true
		}
		if ok && !slices.ContainsFunc(list, func(v any) bool { return equal(v, i.value) }) {
			return list
		}
	}
	text, _ := i.details["allowed"].(string)
	return []any{json.RawMessage(text)}
}

func equal(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// notListed makes the problem of a value that is none of those allowed, nor of
// one of the types.
func (e *explainer) notListed(i issue, allowed []any, types []string) problem {
	words := make([]string, len(allowed))
	names := []string{}
	for n, v := range allowed {
		words[n] = brief(v)
		if s, ok := v.(string); ok {
			names = append(names, s)
		}
	}
	const most = 20
	if len(words) > most {
		words = append(words[:most], fmt.Sprintf("%d more", len(words)-most))
	}
	list := alternatives(words, "or")
	if len(words) > 1 {
		list = "one of " + strings.Join(words, ", ")
	}
	if len(types) > 0 {
		list = alternatives(inWords(types), "or") + ", or " + list
	}
	p := e.is(i, list)
	if s, ok := i.value.(string); ok {
		if near := nearest(s, names); near != "" && !e.hidden(i.path) {
			p.hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	return p
}

// unlike makes the problem of a text that a pattern or format refuses. The
// schema may say in its own words what it expects (x-expected), or give an
// example: these are easier to read than a pattern.
func (e *explainer) unlike(i issue, keyword, wanted, words string) problem {
	hint := ""
	for _, s := range e.sites(i.path) {
		if text, _ := s.schema[keyword].(string); text != wanted {
			continue
		}
		if say, ok := s.schema["x-expected"].(string); ok {
			words = say
		}
		if examples, ok := s.schema["examples"].([]any); ok && len(examples) > 0 {
			hint = "for example " + brief(examples[0])
		}
	}
	p := e.is(i, words)
	if hint != "" {
		p.hint = hint
	}
	return p
}

const longestHint = 160

// description gives the first sentence that the schema says about path.
func (e *explainer) description(path []string) string {
	for _, s := range e.sites(path) {
		text, ok := s.schema["description"].(string)
		if !ok {
			continue
		}
		text, _, _ = strings.Cut(text, "\n")
		text, _, _ = strings.Cut(text, ". ")
		text = strings.TrimSuffix(strings.TrimSpace(text), ".")
		if text != "" && utf8.RuneCountInString(text) <= longestHint && len(path) > 0 {
			return path[len(path)-1] + ": " + text
		}
	}
	return ""
}
