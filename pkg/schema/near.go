package schema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// fold makes names equal that differ in case and separators only.
func fold(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r == '.' || r == ' ' {
			return -1
		}
		return r
	}, name))
}

// distance says how far a wrong name is from a right one: 0 when they differ
// in case and separators only.
func distance(wrong, right string) int {
	return levenshtein.Distance(fold(wrong), fold(right), nil)
}

// closest gives the name that was probably misspelt, empty when none is near: a
// third of it may be wrong.
func closest(wrong string, names []string) string {
	best, least := "", 1<<30
	for _, name := range names {
		if d := distance(wrong, name); d < least || d == least && name < best {
			best, least = name, d
		}
	}
	if best != "" && (least == 0 || least <= (len([]rune(fold(wrong)))+1)/3 && least < len([]rune(fold(best)))) {
		return best
	}
	return ""
}

// nearest gives the name that was probably meant: the closest one, or the only
// one that holds what is written.
func nearest(wrong string, names []string) string {
	if best := closest(wrong, names); best != "" {
		return best
	}
	folded := fold(wrong)
	longer := ""
	for _, name := range names {
		if f := fold(name); !begins(f, folded) && !begins(folded, f) && (len(folded) < 4 || !strings.Contains(f, folded)) {
			continue
		}
		if longer != "" {
			return ""
		}
		longer = name
	}
	return longer
}

func begins(name, with string) bool { return len(with) >= 3 && strings.HasPrefix(name, with) }

// listed is how many names a hint lists at most.
const listed = 15

// expected says which names would have been right: all, or the nearest.
func expected(wrong string, names []string) string {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	switch {
	case len(names) == 0:
		return ""
	case len(names) == 1:
		return "expected " + names[0]
	case len(names) <= listed:
		return "expected one of " + strings.Join(names, ", ")
	}
	more := len(names) - listed
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(distance(wrong, a), distance(wrong, b)) })
	near := slices.Sorted(slices.Values(names[:listed]))
	return fmt.Sprintf("expected one of %s and %d more", strings.Join(near, ", "), more)
}

// keys gives the names that the closed ones of the schemas would have taken.
func keys(sites []site, wrong string) []string {
	var closed, all []string
	for _, s := range sites {
		properties, _ := s.schema["properties"].(map[string]any)
		names := slices.Collect(maps.Keys(properties))
		all = append(all, names...)
		if _, known := properties[wrong]; !known && s.schema["additionalProperties"] == false {
			closed = append(closed, names...)
		}
	}
	if len(closed) > 0 {
		return closed
	}
	return all
}

// elsewhere gives the paths of maps, other than the one at path, that a key of
// this name may stand in; those near path come first. Lists are written "[]".
func (c *compiled) elsewhere(path []string, name string) [][]string {
	type place struct {
		path []string
		node any
		at   string
	}
	var found [][]string
	seen := map[string]bool{}
	queue := []place{{node: c.root}}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		for _, s := range c.expand(p.at, p.node) {
			if seen[s.pointer] {
				continue
			}
			seen[s.pointer] = true
			properties, _ := s.schema["properties"].(map[string]any)
			if properties[name] != nil && !sameKeys(p.path, path) {
				found = append(found, p.path)
			}
			for _, key := range slices.Sorted(maps.Keys(properties)) {
				queue = append(queue, place{append(slices.Clip(p.path), key), properties[key], s.pointer + "/properties/" + escape(key)})
			}
			if items, ok := s.schema["items"].(map[string]any); ok {
				queue = append(queue, place{append(slices.Clip(p.path), "[]"), items, s.pointer + "/items"})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b []string) int {
		return cmp.Or(cmp.Compare(apart(a, path), apart(b, path)), cmp.Compare(len(a), len(b)))
	})
	return slices.CompactFunc(found, slices.Equal)
}

// sameKeys compares a path of the schema with one of the instance.
func sameKeys(pattern, path []string) bool { return apart(pattern, path) == 0 }

// apart counts the steps up and down from one path to the other.
func apart(pattern, path []string) int {
	common := 0
	for common < len(pattern) && common < len(path) && (pattern[common] == path[common] || pattern[common] == "[]") {
		common++
	}
	return len(pattern) - common + len(path) - common
}
