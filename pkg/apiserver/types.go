package apiserver

import (
	stdjson "encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

// wrongTypes reports every field whose value has a type that the server cannot
// decode into the API's Go type. The decoder itself stops at the first one and
// knows no list indexes.
func wrongTypes(o *manifest.Object, data []byte, versioned any) []finding.Finding {
	var tree any
	var w walker
	if err := json.Unmarshal(data, &tree); err == nil {
		w.walk(nil, tree, reflect.TypeOf(versioned))
	}
	var findings []finding.Finding
	for _, m := range w.found {
		at := m.at.String()
		f := o.Finding(Rejects, at, "%s is %s, expected %s", leaf(at), describe(m.got, secret(o.Kind, at)), m.want)
		findings = append(findings, explained(f, o.Kind, at))
	}
	if findings == nil {
		return []finding.Finding{o.Finding(Rejects, "", "the API server cannot read the object as %s %s", o.APIVersion, o.Kind)}
	}
	return findings
}

// mismatch is a value that does not fit its field.
type mismatch struct {
	at   *field.Path
	got  any
	want string
}

// walker compares a decoded document with a Go type.
type walker struct{ found []mismatch }

func (w *walker) report(at *field.Path, got any, want string) {
	w.found = append(w.found, mismatch{at, got, want})
}

var unmarshaler = reflect.TypeFor[stdjson.Unmarshaler]()

// words says what the types that read themselves accept.
var words = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():  "a quantity such as 500m, 2 or 10Gi",
	reflect.TypeFor[intstr.IntOrString](): "a number or text",
	reflect.TypeFor[metav1.Time]():        "a time such as 2026-01-31T12:00:00Z",
	reflect.TypeFor[metav1.MicroTime]():   "a time such as 2026-01-31T12:00:00.000000Z",
	reflect.TypeFor[metav1.Duration]():    "a duration such as 1m30s",
}

func (w *walker) walk(at *field.Path, v any, t reflect.Type) {
	if v == nil {
		return
	}
	if reflect.PointerTo(t).Implements(unmarshaler) {
		w.leaf(at, v, t)
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		w.walk(at, v, t.Elem())
	case reflect.Struct:
		w.structure(at, v, t)
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			w.report(at, v, "a mapping")
			return
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			w.walk(at.Key(key), m[key], t.Elem())
		}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			w.leaf(at, v, t)
			return
		}
		list, ok := v.([]any)
		if !ok {
			w.report(at, v, "a list")
			return
		}
		for i, item := range list {
			w.walk(at.Index(i), item, t.Elem())
		}
	case reflect.Interface:
	default:
		w.leaf(at, v, t)
	}
}

func (w *walker) structure(at *field.Path, v any, t reflect.Type) {
	m, ok := v.(map[string]any)
	if !ok {
		w.report(at, v, "a mapping")
		return
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case name == "" && (f.Anonymous || options == "inline"):
			w.walk(at, v, f.Type)
		default:
			w.walk(at.Child(name), m[name], f.Type)
		}
	}
}

// leaf tries to read a value as the server would read it alone.
func (w *walker) leaf(at *field.Path, v any, t reflect.Type) {
	data, err := json.Marshal(v)
	if err != nil || json.Unmarshal(data, reflect.New(t).Interface()) == nil {
		return
	}
	want, ok := words[t]
	switch {
	case ok:
	case t.Kind() == reflect.String:
		want = "text: put it in quotes"
		if _, scalar := number(v); !scalar {
			want = "text"
		}
	case t.Kind() == reflect.Bool:
		want = "true or false"
	case t.Kind() == reflect.Slice:
		want = "text in base64"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64:
		want = fmt.Sprintf("a whole number of %d bits", t.Bits())
		if _, fits := v.(int64); !fits || t.Bits() == 64 {
			want = "a whole number"
		}
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		want = "a number"
	default:
		want = "something else"
	}
	w.report(at, v, want)
}

// describe says what a value is; a scalar is shown unless it is secret.
func describe(v any, secret bool) string {
	value, what := shown(v), ""
	switch v := v.(type) {
	case map[string]any:
		return "a mapping"
	case []any:
		return "a list"
	case string:
		what = "text"
		if v == "" {
			return "empty text"
		}
	case bool:
		what = "a truth value"
	default:
		what = "a number"
	}
	if secret || value == "" {
		return what
	}
	return fmt.Sprintf("%s (%s)", what, value)
}

// number says whether YAML read a scalar as a number or truth value.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case bool:
		return math.NaN(), true
	}
	return 0, false
}
