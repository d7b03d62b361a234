package schema

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
	generated "github.com/stateward/stateward/schemas"
)

// UnknownField is the rule that every field of an object is one that its kind
// has.
var UnknownField = finding.Rule{
	ID:       "unknown-field",
	Title:    "Every field of an object is one that its kind has",
	Severity: finding.Error,
	Doc: "The API server drops a field that it does not know, with a warning at most, so the setting is not in force; " +
		"`helm install` and `kubectl apply` refuse the object. Most often the name is misspelt or the indentation puts it one level too high.",
	Hint: "remove the field, or move it to where it belongs",
}

// ObjectSchema is the rule that fields hold what their type allows.
var ObjectSchema = finding.Rule{
	ID:       "object-schema",
	Title:    "Fields of an object hold what their type allows",
	Severity: finding.Error,
	Doc:      "The API server cannot read the object: a field holds another type than its kind has there, or one that it needs is missing.",
	Hint:     "see `kubectl explain` for the field",
}

// release is what is known of one version of Kubernetes, read when first used.
type release struct {
	once        sync.Once
	kinds       map[string]string // "apps/v1 StatefulSet" -> definition
	definitions map[string]json.RawMessage

	mu       sync.Mutex
	compiled map[string]*kind
}

// kind is the schema of one definition, compiled when first used.
type kind struct {
	once     sync.Once
	compiled *compiled
}

var releases = func() map[string]*release {
	all := map[string]*release{}
	for _, version := range generated.Kubernetes() {
		all[version] = &release{compiled: map[string]*kind{}}
	}
	return all
}()

// Versions lists the versions of Kubernetes that objects can be checked
// against, as "1.37", oldest first.
func Versions() []string { return generated.Kubernetes() }

// Known says whether a version of Kubernetes, as in Versions, itself has a
// kind. False for kinds of custom resources, which ValidateObject passes over,
// and for those it reports as removed.
func Known(apiVersion, kind, version string) bool {
	r := releaseOf(version)
	return r != nil && r.kinds[apiVersion+" "+kind] != ""
}

// releaseOf gives a version that is "1.37" or more exact; nil for one that
// there are no schemas for.
func releaseOf(version string) *release {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	r, ok := releases[strings.Join(parts[:min(len(parts), 2)], ".")]
	if !ok {
		return nil
	}
	r.once.Do(func() { r.read(strings.Join(parts[:2], ".")) })
	return r
}

// read unpacks the release. What is embedded was generated and tested, so an
// error here can only be a broken build.
func (r *release) read(version string) {
	text, err := generated.Release(version)
	if err != nil {
		panic(err)
	}
	var in struct {
		Kinds       map[string]string          `json:"kinds"`
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		panic(fmt.Errorf("read schemas of Kubernetes %s: %w", version, err))
	}
	r.kinds, r.definitions = in.Kinds, in.Definitions
}

// schema gives the compiled schema of a definition.
func (r *release) schema(definition string) *compiled {
	r.mu.Lock()
	k, ok := r.compiled[definition]
	if !ok {
		k = &kind{}
		r.compiled[definition] = k
	}
	r.mu.Unlock()
	k.once.Do(func() {
		c, err := compile(r.document(definition), 7)
		if err != nil {
			panic(fmt.Errorf("compile %s: %w", definition, err))
		}
		k.compiled = c
	})
	return k.compiled
}

var reference = regexp.MustCompile(`"#/\$defs/([^"]+)"`)

// document puts a definition and all that it refers to into one schema. They
// stand under $defs, which gojsonschema compiles only as far as it is used; it
// would compile definitions once more on their own.
func (r *release) document(definition string) map[string]any {
	definitions := map[string]any{}
	names := []string{definition}
	for len(names) > 0 {
		name := names[len(names)-1]
		names = names[:len(names)-1]
		if definitions[name] != nil {
			continue
		}
		text := r.definitions[name]
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var schema map[string]any
		if err := d.Decode(&schema); err != nil {
			panic(fmt.Errorf("read definition %s: %w", name, err))
		}
		definitions[name] = schema
		for _, m := range reference.FindAllSubmatch(text, -1) {
			names = append(names, string(m[1]))
		}
	}
	return map[string]any{"$ref": "#/$defs/" + definition, "$defs": definitions}
}

// ValidateObject checks an object against the schema that a version of
// Kubernetes, as in Versions, has for its kind. It reports kinds that this
// version does not have any more, and says nothing of custom resources.
func ValidateObject(o *manifest.Object, version string) []finding.Finding {
	r := releaseOf(version)
	if r == nil {
		return nil
	}
	definition, ok := r.kinds[o.APIVersion+" "+o.Kind]
	if !ok {
		return r.removed(o, version)
	}
	instance, err := decode(o.JSON())
	if err != nil {
		return []finding.Finding{o.Finding(ObjectSchema, "", "the object cannot be read: %v", err)}
	}
	instance = withoutNulls(instance)
	c := r.schema(definition)
	v := voice{
		key:   "field",
		whole: o.Kind,
		name:  c.fieldPath,
		hide: func(path []string) bool {
			return o.Kind == "Secret" && len(path) > 0 && (path[0] == "data" || path[0] == "stringData")
		},
	}
	var findings []finding.Finding
	for _, p := range c.explain(v, instance) {
		if p.null {
			continue // an item of a list, which the API server reads as its zero value
		}
		findings = append(findings, c.finding(o, p))
	}
	return finding.Sort(findings)
}

func (c *compiled) finding(o *manifest.Object, p problem) finding.Finding {
	rule, path := ObjectSchema, p.path
	if p.key != "" {
		path = append(slices.Clip(path), p.key)
	}
	if p.unknown {
		rule = UnknownField
	}
	at := c.fieldPath(path)
	f := o.Finding(rule, at, "%s", p.message)
	f.Hint = cmp.Or(p.hint, c.explainHint(o.Kind, path))
	if p.unknown {
		f.Locations[len(f.Locations)-1].Span = o.Key(at)
	}
	return f
}

// explainHint names the command that says what a field takes. It goes down to
// the last field of Kubernetes': below come keys of the user's own.
func (c *compiled) explainHint(kind string, path []string) string {
	fields := []string{strings.ToLower(kind)}
	for i, name := range path {
		own := slices.ContainsFunc(c.from("", c.root, path[:i]), func(s site) bool {
			properties, _ := s.schema["properties"].(map[string]any)
			return properties[name] != nil
		})
		if own {
			fields = append(fields, name)
		}
	}
	return "see `kubectl explain " + strings.Join(fields, ".") + "`"
}

// withoutNulls drops the keys that are null: the API server treats them as
// absent.
func withoutNulls(node any) any {
	switch n := node.(type) {
	case map[string]any:
		for key, child := range n {
			if child == nil {
				delete(n, key)
			} else {
				withoutNulls(child)
			}
		}
	case []any:
		for _, child := range n {
			withoutNulls(child)
		}
	}
	return node
}

var plainField = regexp.MustCompile(`^[A-Za-z$_][A-Za-z0-9$_-]*$`)

// fieldPath writes a path as the API server does: items of lists and keys of the
// user's own, such as the name of a label, in brackets.
func (c *compiled) fieldPath(path []string) string {
	var b strings.Builder
	for i, name := range path {
		switch {
		case !plainField.MatchString(name) || c.ownKey(path[:i], name):
			b.WriteString("[" + name + "]")
		case i > 0:
			b.WriteString("." + name)
		default:
			b.WriteString(name)
		}
	}
	return b.String()
}

// ownKey says whether the map at path takes keys that the user names, and this is
// none of Kubernetes'.
func (c *compiled) ownKey(path []string, name string) bool {
	free := false
	for _, s := range c.from("", c.root, path) {
		if properties, _ := s.schema["properties"].(map[string]any); properties[name] != nil {
			return false
		}
		_, schema := s.schema["additionalProperties"].(map[string]any)
		free = free || schema
	}
	return free
}
