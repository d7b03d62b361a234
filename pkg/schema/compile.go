package schema

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

// compiled is a schema that validates. It is safe for concurrent use.
type compiled struct {
	root  any // the document; nobody changes it any more
	main  *gojsonschema.Schema
	draft gojsonschema.Draft

	mu       sync.Mutex
	loader   *gojsonschema.SchemaLoader // for branches
	branches map[string]*gojsonschema.Schema
}

// compile makes a validator of a document; the error says what is wrong with
// the schema.
func compile(root any, draft int) (c *compiled, err error) {
	defer recovered(&err)
	c = &compiled{root: root, draft: gojsonschema.Draft(draft), branches: map[string]*gojsonschema.Schema{}}
	c.main, err = c.newLoader().Compile(offline{gojsonschema.NewRawLoader(root)})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *compiled) newLoader() *gojsonschema.SchemaLoader {
	l := gojsonschema.NewSchemaLoader()
	l.AutoDetect = false // the document is in this draft already
	l.Draft = c.draft
	return l
}

// recovered turns a panic of gojsonschema, which takes some broken schemas for
// granted, into an error.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("cannot be used: %v", r)
	}
}

// branchRoot is the name of the document for references to a part of it.
const branchRoot = "schema://document"

// branch gives a validator for the schema at a pointer, nil when it has none.
func (c *compiled) branch(pointer string) *gojsonschema.Schema {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b, ok := c.branches[pointer]; ok {
		return b
	}
	b, err := c.compileBranch(pointer)
	if err != nil {
		b = nil
	}
	c.branches[pointer] = b
	return b
}

func (c *compiled) compileBranch(pointer string) (b *gojsonschema.Schema, err error) {
	defer recovered(&err)
	if c.loader == nil {
		l := c.newLoader()
		if err := l.AddSchema(branchRoot, gojsonschema.NewRawLoader(deepCopy(c.root))); err != nil {
			return nil, err
		}
		c.loader = l
	}
	ref := branchRoot + (&url.URL{Fragment: pointer}).String()
	return c.loader.Compile(offline{gojsonschema.NewReferenceLoader(ref)})
}

// deepCopy copies a schema, because the validator rewrites its references.
func deepCopy(node any) any {
	switch n := node.(type) {
	case map[string]any:
		out := make(map[string]any, len(n))
		for key, child := range n {
			out[key] = deepCopy(child)
		}
		return out
	case []any:
		out := make([]any, len(n))
		for i, child := range n {
			out[i] = deepCopy(child)
		}
		return out
	}
	return node
}

// offline keeps gojsonschema from fetching what a schema refers to.
type offline struct{ gojsonschema.JSONLoader }

func (offline) LoaderFactory() gojsonschema.JSONLoaderFactory { return refuse{} }

type refuse struct{}

func (refuse) New(source string) gojsonschema.JSONLoader {
	return refused{gojsonschema.NewRawLoader(nil), source}
}

type refused struct {
	gojsonschema.JSONLoader
	source string
}

func (r refused) LoadJSON() (any, error) {
	return nil, fmt.Errorf("refers to %q, which is never fetched", r.source)
}

// issue is one thing a validator found, at a path into the instance.
type issue struct {
	kind    string // as gojsonschema names it
	path    []string
	value   any
	details gojsonschema.ErrorDetails
}

// key tells issues apart that one schema finds.
func (i issue) key() string {
	property, _ := i.details["property"].(string)
	return strings.Join(append([]string{i.kind, property}, i.path...), "\x00")
}

// validate gives the issues of an instance as they stand in gojsonschema's
// result: the issues of a branch follow the issue about the branches.
func validate(s *gojsonschema.Schema, instance any) []issue {
	result, err := s.Validate(gojsonschema.NewRawLoader(instance))
	if err != nil {
		return []issue{{kind: "internal", details: gojsonschema.ErrorDetails{"error": err}}}
	}
	issues := make([]issue, 0, len(result.Errors()))
	for _, e := range result.Errors() {
		path := strings.Split(e.Context().String("\x00"), "\x00")[1:]
		issues = append(issues, issue{kind: e.Type(), path: path, value: e.Value(), details: e.Details()})
	}
	return issues
}

// site is a schema that applies to a place of the instance, and where it
// stands in the document.
type site struct {
	pointer string
	schema  map[string]any
}

// from gives the schemas that apply at path below a schema, those of all
// branches included, through references, in the order of the document.
func (c *compiled) from(pointer string, node any, path []string) []site {
	at := c.expand(pointer, node)
	for _, name := range path {
		var next []site
		for _, s := range at {
			next = append(next, c.step(s, name)...)
		}
		at = unique(next)
	}
	return at
}

// expand gives a schema and all that apply beside it.
func (c *compiled) expand(pointer string, node any) []site {
	var out []site
	seen := map[string]bool{}
	var visit func(pointer string, node any)
	visit = func(pointer string, node any) {
		m, ok := node.(map[string]any)
		if !ok || seen[pointer] {
			return
		}
		seen[pointer] = true
		if target, ok := refTarget(m); ok {
			if node, ok := lookup(c.root, target); ok {
				visit(target, node)
			}
			return
		}
		out = append(out, site{pointer, m})
		each(m, func(path string, child any, same bool) {
			if same && path != "/not" && path != "/if" {
				visit(pointer+path, child)
			}
		})
	}
	visit(pointer, node)
	return out
}

// step gives the schemas that s has for a key or item.
func (c *compiled) step(s site, name string) []site {
	var out []site
	add := func(path string, node any) { out = append(out, c.expand(s.pointer+path, node)...) }
	found := false
	if properties, ok := s.schema["properties"].(map[string]any); ok {
		if p, ok := properties[name]; ok {
			found = true
			add("/properties/"+escape(name), p)
		}
	}
	patterns, _ := s.schema["patternProperties"].(map[string]any)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		if matches(pattern, name) {
			found = true
			add("/patternProperties/"+escape(pattern), patterns[pattern])
		}
	}
	if !found && s.schema["additionalProperties"] != nil {
		add("/additionalProperties", s.schema["additionalProperties"])
	}
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 {
		return out
	}
	switch items := s.schema["items"].(type) {
	case map[string]any:
		add("/items", items)
	case []any:
		if i < len(items) {
			add("/items/"+name, items[i])
		} else if rest, ok := s.schema["additionalItems"]; ok {
			add("/additionalItems", rest)
		}
	}
	return out
}

func unique(sites []site) []site {
	seen := map[string]bool{}
	return slices.DeleteFunc(sites, func(s site) bool {
		if seen[s.pointer] {
			return true
		}
		seen[s.pointer] = true
		return false
	})
}

// matches says whether a key fits a pattern of patternProperties.
func matches(pattern, key string) bool {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(key)
}
