package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// document is a JSON Schema made ready for a validator of draft-07: later
// drafts are turned into it, every $ref is local, nothing has an $id and no
// schema leads back to itself on the same instance.
type document struct {
	root  any // map[string]any or bool
	draft int // 4, 6 or 7
}

// flaw is something that is wrong with a schema itself: at a byte of its text
// when offset is not negative, else at a JSON pointer.
type flaw struct {
	message, hint string
	offset        int
	pointer       string
}

// mode says by which draft a schema is written.
type mode struct {
	draft    int
	later    bool // 2019-09 or 2020-12
	siblings bool // $ref counts beside other keywords
	formats  bool // format is checked
}

// modeOf gives the draft that "$schema" names. Helm takes a schema that names
// none for one of 2020-12.
func modeOf(root any) (mode, bool) {
	modern := mode{draft: 7, later: true, siblings: true}
	m, _ := root.(map[string]any)
	name, named := m["$schema"].(string)
	if !named {
		return modern, true
	}
	name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(name, "#"), "https:"), "http:")
	switch name {
	case "//json-schema.org/draft-07/schema":
		return mode{draft: 7, formats: true}, true
	case "//json-schema.org/draft-06/schema":
		return mode{draft: 6, formats: true}, true
	case "//json-schema.org/draft-04/schema":
		return mode{draft: 4, formats: true}, true
	case "//json-schema.org/draft/2019-09/schema", "//json-schema.org/draft/2020-12/schema", "//json-schema.org/schema":
		return modern, true
	}
	return modern, false
}

// read decodes a schema and makes it ready. Flaws of single places leave a
// schema that checks the rest; without a document nothing can be checked.
func read(text []byte) (*document, []flaw) {
	root, err := decode(text)
	if err != nil {
		f := flaw{message: "is not JSON: " + err.Error(), hint: "repair the JSON", offset: len(text)}
		var syntax *json.SyntaxError
		var behind textBehind
		switch {
		case errors.As(err, &syntax):
			f.offset = max(int(syntax.Offset)-1, 0)
		case errors.As(err, &behind):
			f.offset = int(behind)
		}
		return nil, []flaw{f}
	}
	switch root.(type) {
	case map[string]any, bool:
	default:
		return nil, []flaw{{message: "is " + kindOf(root) + ", expected a JSON object", hint: `write {"type": "object", "properties": {...}}`, offset: -1}}
	}
	m, known := modeOf(root)
	r := &reader{mode: m, root: root, ids: map[string]string{here: ""}, seen: map[string]bool{}}
	if pointer, huge := hugeNumber("", root); huge {
		r.flaw(pointer, "write a smaller number", "holds a number out of range")
		return nil, r.flaws
	}
	if !known {
		r.flaw("/$schema", "use http://json-schema.org/draft-07/schema#", "names a draft in $schema that Helm would have to fetch")
	}
	base := here
	if m, ok := root.(map[string]any); ok {
		base = r.enter(m, here)
	}
	r.index("", root, here)
	r.visit("", root, here)
	for len(r.targets) > 0 {
		target := r.targets[0]
		r.targets = r.targets[1:]
		if node, ok := lookup(root, target); ok {
			r.visit(target, node, base)
		}
	}
	if r.cycle() {
		return nil, r.flaws
	}
	return &document{root: root, draft: m.draft}, r.flaws
}

// here is the URI of a schema that has no $id.
const here = "schema:///values.schema.json"

// textBehind says that something follows a JSON value, and where.
type textBehind int

func (textBehind) Error() string { return "text follows behind its end" }

// decode reads one JSON value, numbers as json.Number.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, errors.New("it ends too early")
		}
		return nil, err
	}
	end := int(d.InputOffset())
	if rest := bytes.TrimLeft(text[end:], " \t\r\n"); len(rest) > 0 {
		return nil, textBehind(len(text) - len(rest))
	}
	return root, nil
}

// reader walks the schemas of a document and changes them in place.
type reader struct {
	mode
	root    any
	ids     map[string]string // absolute URI -> pointer
	seen    map[string]bool   // pointers visited
	targets []string          // pointers that a $ref leads to
	flaws   []flaw
}

func (r *reader) flaw(pointer, hint, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if pointer != "" {
		message = "at #" + pointer + " " + message
	}
	r.flaws = append(r.flaws, flaw{message: message, hint: hint, offset: -1, pointer: pointer})
}

// index notes what each $id and anchor names.
func (r *reader) index(pointer string, node any, base string) {
	m, ok := node.(map[string]any)
	if !ok {
		return
	}
	base = r.enter(m, base)
	if id, ok := m[r.idKey()].(string); ok {
		if anchor, isAnchor := strings.CutPrefix(id, "#"); isAnchor {
			r.ids[stripFragment(base)+"#"+anchor] = pointer
		} else {
			r.ids[stripFragment(base)] = pointer
		}
	}
	for _, key := range []string{"$anchor", "$dynamicAnchor"} {
		if anchor, ok := m[key].(string); ok {
			r.ids[stripFragment(base)+"#"+anchor] = pointer
		}
	}
	each(m, func(path string, child any, _ bool) { r.index(pointer+path, child, base) })
}

func (r *reader) idKey() string {
	if r.draft == 4 {
		return "id"
	}
	return "$id"
}

// enter gives the base URI inside of m.
func (r *reader) enter(m map[string]any, base string) string {
	id, ok := m[r.idKey()].(string)
	if !ok || strings.HasPrefix(id, "#") {
		return base
	}
	return resolve(base, id)
}

func resolve(base, ref string) string {
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	u, err := b.Parse(ref)
	if err != nil {
		return ref
	}
	return u.String()
}

func stripFragment(uri string) string {
	uri, _, _ = strings.Cut(uri, "#")
	return uri
}

// visit makes one schema and all below it ready.
func (r *reader) visit(pointer string, node any, base string) {
	m, ok := node.(map[string]any)
	if !ok || r.seen[pointer] {
		return
	}
	r.seen[pointer] = true
	base = r.enter(m, base)
	delete(m, r.idKey())
	if !r.formats {
		delete(m, "format")
	}
	if r.later {
		modernize(m)
	}
	if ref, ok := m["$ref"].(string); ok {
		r.reference(pointer, m, ref, base)
	}
	each(m, func(path string, child any, _ bool) { r.visit(pointer+path, child, base) })
}

// modernize says with the words of draft-07 what later drafts say otherwise.
func modernize(m map[string]any) {
	for _, key := range []string{"$dynamicRef", "$recursiveRef"} {
		if ref, ok := m[key]; ok && m["$ref"] == nil {
			m["$ref"] = ref
		}
		delete(m, key)
	}
	if prefix, ok := m["prefixItems"].([]any); ok {
		if rest, ok := m["items"]; ok {
			m["additionalItems"] = rest
		}
		m["items"] = prefix
	}
	for _, key := range []string{"dependentRequired", "dependentSchemas"} {
		dependent, ok := m[key].(map[string]any)
		if !ok {
			continue
		}
		all, ok := m["dependencies"].(map[string]any)
		if !ok {
			all = map[string]any{}
			m["dependencies"] = all
		}
		maps.Copy(all, dependent)
		delete(m, key)
	}
}

// reference makes the $ref of m local.
func (r *reader) reference(pointer string, m map[string]any, ref, base string) {
	target, ok := r.local(ref, base)
	if !ok {
		delete(m, "$ref")
		r.flaw(pointer, "put the schema into this file, under definitions", "refers to %q, which is not in this file and is never fetched", ref)
		return
	}
	if _, exists := lookup(r.root, target); !exists {
		delete(m, "$ref")
		r.flaw(pointer, "check the name", "refers to %q, which does not exist", ref)
		return
	}
	r.targets = append(r.targets, target)
	local := "#"
	if target != "" {
		local = (&url.URL{Fragment: target}).String()
	}
	if !r.siblings || len(m) == 1 {
		m["$ref"] = local
		return
	}
	delete(m, "$ref")
	all, _ := m["allOf"].([]any)
	m["allOf"] = append(slices.Clip(all), map[string]any{"$ref": local})
	r.seen[pointer+"/allOf/"+strconv.Itoa(len(all))] = true
}

// local gives the pointer that ref leads to, false when that is in another
// file. A name that nothing has leads to a pointer that does not exist.
func (r *reader) local(ref, base string) (string, bool) {
	uri := resolve(base, ref)
	if pointer, ok := r.ids[uri]; ok {
		return pointer, true
	}
	file, fragment, _ := strings.Cut(uri, "#")
	at, ok := r.ids[file]
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(fragment)
	if err != nil || name != "" && name[0] != '/' {
		return "/no anchor " + fragment, true
	}
	return at + name, true
}

// hugeNumber finds a number whose exponent takes the validator all memory to
// write out.
func hugeNumber(pointer string, node any) (string, bool) {
	switch n := node.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(n.String()), "e")
		size, err := strconv.Atoi(exponent)
		return pointer, exponent != "" && (err != nil || size > 400 || size < -400)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			if at, huge := hugeNumber(pointer+"/"+escape(key), n[key]); huge {
				return at, true
			}
		}
	case []any:
		for i, item := range n {
			if at, huge := hugeNumber(pointer+"/"+strconv.Itoa(i), item); huge {
				return at, true
			}
		}
	}
	return "", false
}

// cycle finds a schema that leads back to itself without going down into the
// instance: no validation by it would end.
func (r *reader) cycle() bool {
	const open, done = 1, 2
	state := map[string]int{}
	var follow func(pointer string) bool
	follow = func(pointer string) bool {
		switch state[pointer] {
		case open:
			return true
		case done:
			return false
		}
		state[pointer] = open
		defer func() { state[pointer] = done }()
		node, _ := lookup(r.root, pointer)
		m, _ := node.(map[string]any)
		found := false
		if target, ok := refTarget(m); ok {
			found = follow(target)
		} else {
			each(m, func(path string, _ any, same bool) { found = found || same && follow(pointer+path) })
		}
		return found
	}
	for _, pointer := range slices.Sorted(maps.Keys(r.seen)) {
		if follow(pointer) {
			r.flaw(pointer, "let the $ref lead to another schema", "leads back to itself and would never end")
			return true
		}
	}
	return false
}

// refTarget gives the pointer that the $ref of a schema made ready leads to.
func refTarget(m map[string]any) (string, bool) {
	ref, ok := m["$ref"].(string)
	if !ok {
		return "", false
	}
	target, err := url.PathUnescape(strings.TrimPrefix(ref, "#"))
	return target, err == nil
}

// each calls f for every schema directly in m with its path from m. Same says
// that it applies to the same instance as m.
func each(m map[string]any, f func(path string, child any, same bool)) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		path := "/" + escape(key)
		switch key {
		case "not", "if", "then", "else":
			f(path, m[key], true)
		case "additionalProperties", "propertyNames", "additionalItems", "contains", "unevaluatedProperties", "unevaluatedItems":
			f(path, m[key], false)
		case "allOf", "anyOf", "oneOf", "items":
			list, ok := m[key].([]any)
			if !ok {
				f(path, m[key], false) // items
			}
			for i, child := range list {
				f(path+"/"+strconv.Itoa(i), child, key != "items")
			}
		case "properties", "patternProperties", "definitions", "$defs", "dependencies":
			children, _ := m[key].(map[string]any)
			for _, name := range slices.Sorted(maps.Keys(children)) {
				f(path+"/"+escape(name), children[name], key == "dependencies")
			}
		}
	}
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

func escape(key string) string { return escaper.Replace(key) }

// lookup follows a JSON pointer.
func lookup(root any, pointer string) (any, bool) {
	node := root
	for pointer != "" {
		key, rest, more := strings.Cut(pointer[1:], "/")
		pointer = ""
		if more {
			pointer = "/" + rest
		}
		key = unescaper.Replace(key)
		switch n := node.(type) {
		case map[string]any:
			child, ok := n[key]
			if !ok {
				return nil, false
			}
			node = child
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(n) {
				return nil, false
			}
			node = n[i]
		default:
			return nil, false
		}
	}
	return node, true
}
