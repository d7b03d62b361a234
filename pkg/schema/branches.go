package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// branch is one of the schemas of an anyOf or oneOf, and what it has against
// the value.
type branch struct {
	site   site
	issues []issue
}

// branches explains why a value fits none of the branches at its path, or too
// many. The issues that follow belong, merged ones first, to the branch that
// gojsonschema holds for the nearest.
func (e *explainer) branches(is issue, rest []issue) (problems []problem, merged int) {
	keyword := map[string]string{"number_any_of": "anyOf", "number_one_of": "oneOf"}[is.kind]
	for _, s := range e.sites(is.path) {
		list, _ := s.schema[keyword].([]any)
		pointer := s.pointer + "/" + keyword
		if *e.tries -= len(list); len(list) == 0 || e.used[pointer] || *e.tries < 0 {
			continue
		}
		fits, fails := e.try(pointer, list, is)
		switch {
		case len(fits) == 0:
			n, ok := mergedBranch(fails, rest)
			if !ok {
				continue // another schema at the same path failed
			}
			e.used[pointer] = true
			return e.none(is, fails), n
		case keyword == "oneOf" && len(fits) > 1:
			e.used[pointer] = true
			return []problem{e.tooMany(is, fits)}, 0
		}
	}
	return nil, 0
}

// try validates the value by each branch.
func (e *explainer) try(pointer string, list []any, is issue) (fits, fails []branch) {
	for n, node := range list {
		at := pointer + "/" + strconv.Itoa(n)
		m, _ := node.(map[string]any)
		b := branch{site: site{at, m}}
		v := e.branch(at)
		if v == nil {
			continue
		}
		for _, i := range validate(v, is.value) {
			i.path = append(slices.Clip(is.path), i.path...)
			b.issues = append(b.issues, i)
		}
		if len(b.issues) == 0 {
			fits = append(fits, b)
		} else {
			fails = append(fails, b)
		}
	}
	return fits, fails
}

// mergedBranch says how many of rest are the issues of one of the branches.
// They stand together, but the order among them differs from run to run.
func mergedBranch(fails []branch, rest []issue) (int, bool) {
	longest, found := 0, false
	for _, b := range fails {
		n := len(b.issues)
		if n <= len(rest) && n > longest && maps.Equal(tally(b.issues), tally(rest[:n])) {
			longest, found = n, true
		}
	}
	return longest, found
}

func tally(issues []issue) map[string]int {
	t := make(map[string]int, len(issues))
	for _, i := range issues {
		t[i.key()]++
	}
	return t
}

// none explains a value that fits no branch: what all of them say alike, else
// what the nearest one says.
func (e *explainer) none(is issue, fails []branch) []problem {
	if p, ok := e.alike(is, fails); ok {
		return []problem{p}
	}
	if p, ok := e.noKind(is, fails); ok {
		return []problem{p}
	}
	var best []problem
	least := 1 << 30
	for _, b := range fails {
		within := *e
		within.branchAt, within.branchDepth = b.site.pointer, len(is.path)
		problems := within.problems(b.issues)
		if cost := distanceOf(is, b, problems); cost < least {
			best, least = problems, cost
		}
	}
	return best
}

// distanceOf says how far a value is from a branch. A value of another type,
// or with another value in a key that tells branches apart, is very far.
func distanceOf(is issue, b branch, problems []problem) int {
	cost := len(problems)
	for _, i := range b.issues {
		depth := len(i.path) - len(is.path)
		switch i.kind {
		case "invalid_type", "enum", "const", "false":
			if depth == 0 {
				cost += 1000
			} else if depth == 1 && i.kind != "invalid_type" {
				cost += 100
			}
		case "required":
			if depth == 0 {
				cost += 2
			}
		}
	}
	return cost
}

// alike joins what branches say when all refuse the value as a whole, by its
// type or as none of a list, or when all miss a key.
func (e *explainer) alike(is issue, fails []branch) (problem, bool) {
	var types, missing []string
	var values []any
	for _, b := range fails {
		var keys []string
		for _, i := range b.issues {
			switch {
			case len(i.path) > len(is.path):
				return problem{}, false
			case i.kind == "invalid_type":
				types = append(types, e.typesOf(i)...)
			case i.kind == "enum" || i.kind == "const":
				values = append(values, e.allowedIn(b, i, len(is.path))...)
			case i.kind == "required":
				keys = append(keys, fmt.Sprint(i.details["property"]))
			default:
				return problem{}, false
			}
		}
		if len(keys) > 0 {
			slices.Sort(keys)
			missing = append(missing, alternatives(keys, "and"))
		}
	}
	types = distinct(types)
	switch {
	case len(missing) == len(fails) && len(types)+len(values) == 0:
		return problem{path: is.path, hint: e.description(is.path),
			message: fmt.Sprintf("%s %s %s", e.subject(is.path), e.verb(is.path, "needs", "need"), alternatives(distinct(missing), "or"))}, true
	case len(missing) > 0:
		return problem{}, false
	case len(values) == 0:
		return e.wrongType(is, types), true
	}
	if _, ok := is.value.(string); ok && !slices.Contains(types, "string") {
		types = nil // it is one of the texts that was meant
	}
	return e.notListed(is, values, types), true
}

// noKind joins branches that are told apart by a key, such as "kind", when the
// value has in it what no branch does.
func (e *explainer) noKind(is issue, fails []branch) (problem, bool) {
	var first *issue
	var values []any
	for _, b := range fails {
		found := false
		for _, i := range b.issues {
			if (i.kind == "const" || i.kind == "enum") && len(i.path) == len(is.path)+1 && (first == nil || slices.Equal(i.path, first.path)) {
				first, found = &i, true
				values = append(values, e.allowedIn(b, i, len(is.path))...)
				break
			}
		}
		if !found {
			return problem{}, false
		}
	}
	if first == nil {
		return problem{}, false
	}
	return e.notListed(*first, values, nil), true
}

func (e *explainer) allowedIn(b branch, i issue, depth int) []any {
	within := *e
	within.branchAt, within.branchDepth = b.site.pointer, depth
	return within.allowed(i)
}

func distinct(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// tooMany explains a value that fits more than one branch of a oneOf.
func (e *explainer) tooMany(is issue, fits []branch) problem {
	var names []string
	for _, b := range fits {
		required, _ := b.site.schema["required"].([]any)
		for _, name := range required {
			names = append(names, fmt.Sprint(name))
		}
	}
	if names = distinct(names); len(names) > 1 {
		return problem{path: is.path, hint: "remove all but one of them",
			message: fmt.Sprintf("%s %s %s, expected only one of them", e.subject(is.path), e.verb(is.path, "has", "have"), strings.Join(names, " and "))}
	}
	return problem{path: is.path, hint: e.description(is.path),
		message: fmt.Sprintf("%s %s %d of the forms that the schema offers, expected exactly one", e.subject(is.path), e.verb(is.path, "fits", "fit"), len(fits))}
}
