package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// problem is an issue in words.
type problem struct {
	path    []string // of the value it is about
	key     string   // of a map at path: one that is unknown or missing
	unknown bool
	meant   string // the key that an unknown one was meant to be
	null    bool   // the value is null
	message string
	hint    string
}

// voice says what instances and their parts are called.
type voice struct {
	key   string // "key" or "field"
	whole string // what the empty path is: "the values"
	many  bool   // whole is a plural
	name  func(path []string) string
	hide  func(path []string) bool
}

// explainer turns the issues of one instance into problems.
type explainer struct {
	*compiled
	voice
	instance any
	used     map[string]bool // pointers of branches that are explained already
	tries    *int            // how many branches may still be tried

	// When the issues are those of one branch: where it stands, and how deep
	// in the instance.
	branchAt    string
	branchDepth int
}

// mostTries bounds the work on branches within branches, which doubles with
// each level. Past it the issues are explained as gojsonschema picked them.
const mostTries = 2000

// explain says what is wrong with an instance; nothing when it is valid.
func (c *compiled) explain(v voice, instance any) []problem {
	issues := validate(c.main, instance)
	if len(issues) == 0 {
		return nil
	}
	tries := mostTries
	e := &explainer{compiled: c, voice: v, instance: instance, used: map[string]bool{}, tries: &tries}
	return withoutEchoes(e.problems(issues))
}

// withoutEchoes drops the complaint about a missing key where the same map has
// it misspelt.
func withoutEchoes(problems []problem) []problem {
	meant := map[string]bool{}
	at := func(p problem, key string) string { return strings.Join(append(slices.Clip(p.path), key), "\x00") }
	for _, p := range problems {
		if p.meant != "" {
			meant[at(p, p.meant)] = true
		}
	}
	return slices.DeleteFunc(problems, func(p problem) bool { return p.key != "" && !p.unknown && meant[at(p, p.key)] })
}

// sites gives the schemas that apply at path: within a branch those of the
// branch, when it has any.
func (e *explainer) sites(path []string) []site {
	if e.branchAt != "" && len(path) >= e.branchDepth {
		if node, ok := lookup(e.root, e.branchAt); ok {
			if s := e.from(e.branchAt, node, path[e.branchDepth:]); len(s) > 0 {
				return s
			}
		}
	}
	return e.from("", e.root, path)
}

func (e *explainer) problems(issues []issue) []problem {
	var out []problem
	for i := 0; i < len(issues); i++ {
		is := issues[i]
		rest := issues[i+1:]
		switch is.kind {
		case "number_all_of", "condition_then", "condition_else":
			// What is wrong follows as issues of its own.
		case "number_any_of", "number_one_of":
			explained, merged := e.branches(is, rest)
			out = append(out, explained...)
			i += merged
		case "invalid_property_name":
			n := 0
			for n < len(rest) && rest[n].value == is.details["property"] && slices.Equal(rest[n].path, is.path) {
				n++
			}
			out = append(out, e.badName(is, rest[:n]))
			i += n
		case "contains":
			n := 0
			for n < len(rest) && len(rest[n].path) > len(is.path) && slices.Equal(rest[n].path[:len(is.path)], is.path) {
				n++
			}
			out = append(out, e.is(is, "without an item that the schema asks for"))
			i += n
		default:
			out = append(out, e.problem(is))
		}
	}
	return out
}

// subject names what stands at path.
func (e *explainer) subject(path []string) string {
	if len(path) == 0 {
		return e.whole
	}
	return e.name(path)
}

// verb goes with subject.
func (e *explainer) verb(path []string, one, many string) string {
	if len(path) == 0 && e.many {
		return many
	}
	return one
}

// is makes a problem of the form "replicas is 0, expected at least 1".
func (e *explainer) is(i issue, expected string) problem {
	what := shown(i.value)
	if e.hidden(i.path) {
		switch i.value.(type) {
		case string, json.Number, bool:
			what = kindOf(i.value) + " (not shown)"
		}
	}
	return e.says(i, what, expected)
}

func (e *explainer) says(i issue, what, expected string) problem {
	return problem{
		path:    i.path,
		null:    i.value == nil,
		message: fmt.Sprintf("%s %s %s, expected %s", e.subject(i.path), e.verb(i.path, "is", "are"), what, expected),
		hint:    e.description(i.path),
	}
}

// hidden says whether the value at path may be a secret: by the names of its
// keys, or by the name beside it, as in a list of environment variables.
func (e *explainer) hidden(path []string) bool {
	if secret(path) || e.hide(path) {
		return true
	}
	if len(path) < 2 || path[len(path)-1] != "value" {
		return false
	}
	parent, _ := e.value(path[:len(path)-1]).(map[string]any)
	name, _ := parent["name"].(string)
	return secretName.MatchString(name)
}

func (e *explainer) value(path []string) any {
	node := e.instance
	for _, name := range path {
		switch n := node.(type) {
		case map[string]any:
			node = n[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(n) {
				return nil
			}
			node = n[i]
		default:
			return nil
		}
	}
	return node
}

// problem explains an issue that stands alone.
func (e *explainer) problem(i issue) problem {
	limit := func(name string) string { return bound(i.details[name]) }
	number := func(name string) int { n, _ := i.details[name].(int); return n }
	switch i.kind {
	case "additional_property_not_allowed":
		return e.unknownKey(i)
	case "required":
		key, _ := i.details["property"].(string)
		return problem{path: i.path, key: key, message: fmt.Sprintf("%s %s the %s %s",
			e.subject(i.path), e.verb(i.path, "needs", "need"), e.key, key), hint: e.description(append(slices.Clip(i.path), key))}
	case "missing_dependency":
		return e.dependency(i)
	case "invalid_type":
		return e.wrongType(i, e.typesOf(i))
	case "enum", "const":
		return e.notListed(i, e.allowed(i), nil)
	case "pattern":
		pattern, _ := i.details["pattern"].(*regexp.Regexp)
		return e.unlike(i, "pattern", fmt.Sprint(pattern), fmt.Sprintf("to match %s", pattern))
	case "format":
		format, _ := i.details["format"].(string)
		return e.unlike(i, "format", format, formatWords(format))
	case "number_gte":
		return e.is(i, "at least "+limit("min"))
	case "number_gt":
		return e.is(i, "more than "+limit("min"))
	case "number_lte":
		return e.is(i, "at most "+limit("max"))
	case "number_lt":
		return e.is(i, "less than "+limit("max"))
	case "multiple_of":
		return e.is(i, "a multiple of "+limit("multiple"))
	case "string_gte":
		return e.is(i, "at least "+count(number("min"), "character"))
	case "string_lte":
		length := utf8.RuneCountInString(fmt.Sprint(i.value))
		return e.is(i, fmt.Sprintf("at most %s, not %d", count(number("max"), "character"), length))
	}
	return e.collection(i, number)
}

// collection explains issues about the size and make-up of lists and maps.
func (e *explainer) collection(i issue, number func(string) int) problem {
	has := func(format string, args ...any) problem {
		return problem{path: i.path, hint: e.description(i.path),
			message: e.subject(i.path) + " " + e.verb(i.path, "has", "have") + " " + fmt.Sprintf(format, args...)}
	}
	items, _ := i.value.([]any)
	fields, _ := i.value.(map[string]any)
	switch i.kind {
	case "array_min_items":
		return has("%s, expected at least %d", count(len(items), "item"), number("min"))
	case "array_max_items":
		return has("%s, expected at most %d", count(len(items), "item"), number("max"))
	case "array_no_additional_items":
		return has("%s, more than the schema allows", count(len(items), "item"))
	case "array_min_properties":
		return has("%s, expected at least %d", count(len(fields), e.key), number("min"))
	case "array_max_properties":
		return has("%s, expected at most %d", count(len(fields), e.key), number("max"))
	case "unique":
		p := has("the same item twice, at [%d] and [%d]", number("i"), number("j"))
		p.path = append(slices.Clip(i.path), strconv.Itoa(number("j")))
		p.hint = "remove one of the two"
		return p
	case "number_not":
		return e.forbidden(i)
	case "false":
		return problem{path: i.path, message: e.subject(i.path) + " is not allowed here", hint: e.description(i.path)}
	}
	return problem{path: i.path, message: fmt.Sprintf("%s does not fit the schema (%s)", e.subject(i.path), i.kind)}
}

func (e *explainer) unknownKey(i issue) problem {
	key, _ := i.details["property"].(string)
	names := keys(e.sites(i.path), key)
	p := problem{path: i.path, key: key, unknown: true, message: fmt.Sprintf("unknown %s %q", e.key, key)}
	if len(i.path) > 0 || !e.many {
		p.message += " under " + e.subject(i.path)
	}
	near := nearest(key, names)
	if near != "" {
		p.meant = near
		p.message += fmt.Sprintf(", did you mean %q?", near)
	}
	hints := []string{}
	if where := e.home(i.path, key); where != "" && near == "" {
		hints = append(hints, where)
	}
	if list := expected(key, names); list != "" {
		hints = append(hints, list)
	}
	if len(names) == 0 {
		hints = append(hints, "remove it: "+e.subject(i.path)+" "+e.verb(i.path, "takes", "take")+" no "+e.key+"s")
	}
	p.hint = strings.Join(hints, "; ")
	return p
}

// home says where else a key of this name belongs.
func (e *explainer) home(path []string, key string) string {
	var where []string
	for _, at := range e.elsewhere(path, key) {
		if len(at) == 0 {
			where = append(where, "at the top")
		} else {
			where = append(where, "under "+strings.ReplaceAll(strings.Join(at, "."), ".[]", "[]"))
		}
		if len(where) == 2 {
			break
		}
	}
	if len(where) == 0 {
		return ""
	}
	return key + " exists " + alternatives(where, "and")
}

func (e *explainer) badName(i issue, why []issue) problem {
	key, _ := i.details["property"].(string)
	expected := ""
	for _, w := range why {
		if pattern, ok := w.details["pattern"].(*regexp.Regexp); ok {
			expected = ", expected to match " + pattern.String()
		}
	}
	p := problem{path: append(slices.Clip(i.path), key), message: fmt.Sprintf("%s %q", e.key, key)}
	if len(i.path) > 0 || !e.many {
		p.message += " under " + e.subject(i.path)
	}
	p.message += " is no name that the schema takes" + expected
	p.hint = "rename the " + e.key
	return p
}

func (e *explainer) dependency(i issue) problem {
	missing, _ := i.details["dependency"].(string)
	fields, _ := i.value.(map[string]any)
	p := problem{path: i.path, key: missing, hint: e.description(append(slices.Clip(i.path), missing))}
	p.message = fmt.Sprintf("%s %s the %s %s", e.subject(i.path), e.verb(i.path, "needs", "need"), e.key, missing)
	for _, s := range e.sites(i.path) {
		all, _ := s.schema["dependencies"].(map[string]any)
		for key, needs := range all {
			list, _ := needs.([]any)
			if _, set := fields[key]; set && slices.Contains(list, any(missing)) {
				p.message += ", because " + key + " is set"
				return p
			}
		}
	}
	return p
}

// forbidden explains a "not".
func (e *explainer) forbidden(i issue) problem {
	for _, s := range e.sites(i.path) {
		not, _ := s.schema["not"].(map[string]any)
		required, _ := not["required"].([]any)
		if len(not) != 1 || len(required) == 0 {
			continue
		}
		names := make([]string, len(required))
		for n, name := range required {
			names[n] = fmt.Sprint(name)
		}
		if len(names) == 1 {
			return problem{path: append(slices.Clip(i.path), names[0]), message: e.subject(append(slices.Clip(i.path), names[0])) + " is not allowed here",
				hint: "remove it"}
		}
		return problem{path: i.path, hint: "remove one of them",
			message: e.subject(i.path) + " cannot have " + alternatives(names, "and") + " together"}
	}
	return e.is(i, "something else: the schema forbids this")
}
