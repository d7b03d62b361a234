package apiserver

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

// refusal makes a finding of what the API server says about a field.
func refusal(o *manifest.Object, e *field.Error) finding.Finding {
	at := written(o, e.Field)
	f := o.Finding(Rejects, at, "%s", sentence(at, e, secret(o.Kind, at)))
	return explained(f, o.Kind, at)
}

// written gives the field as the manifest has it: the server looks at the object
// after it has moved some fields.
func written(o *manifest.Object, at string) string {
	switch {
	case at == "<nil>":
		return ""
	case o.Kind == "Secret" && strings.HasPrefix(at, "data") && !o.Has(at) && o.Has("stringData"):
		return "stringData" + strings.TrimPrefix(at, "data")
	case o.Kind == "Service" && strings.HasPrefix(at, "spec.clusterIPs") && !o.Has("spec.clusterIPs"):
		return "spec.clusterIP"
	}
	return at
}

// explained gives the finding a hint that names the command that documents the
// field.
func explained(f finding.Finding, kind, at string) finding.Finding {
	if at == "" {
		return f
	}
	return f.WithHint("see `kubectl explain %s.%s`", strings.ToLower(kind), withoutIndexes(at))
}

func sentence(at string, e *field.Error, secret bool) string {
	name, value, detail := leaf(at), shown(e.BadValue), plain(e.Detail)
	if secret {
		value = ""
	}
	subject := name
	if value != "" {
		subject += " " + value
	}
	switch e.Type {
	case field.ErrorTypeRequired:
		return with(name+" is required", detail)
	case field.ErrorTypeNotFound:
		switch {
		case strings.Contains(at, "volumeMounts[") || strings.Contains(at, "volumeDevices["):
			return with("the pod has no volume "+value, detail)
		case strings.Contains(at, "resources.claims["):
			return with("the pod has no resource claim "+value, detail)
		}
		return with(subject+" is not found", detail)
	case field.ErrorTypeDuplicate:
		return with(subject+" is given twice", detail)
	case field.ErrorTypeForbidden:
		return with(name+" is not allowed here", detail)
	case field.ErrorTypeNotSupported:
		if allowed, ok := strings.CutPrefix(detail, "supported values: "); ok {
			return subject + " is not supported, expected one of " + allowed
		}
		return with(subject+" is not supported", detail)
	case field.ErrorTypeTooLong:
		return with(name+" is too long", detail)
	case field.ErrorTypeTooShort:
		return with(name+" is too short", detail)
	case field.ErrorTypeTooMany:
		return with(name+" has too many entries", detail)
	case field.ErrorTypeTooFew:
		return with(name+" has too few entries", detail)
	case field.ErrorTypeTypeInvalid:
		return with(subject+" has the wrong type", detail)
	case field.ErrorTypeInternal:
		return with("the API server fails on "+name, detail)
	}
	return with(subject+" is not valid", detail)
}

func with(said, detail string) string {
	if detail == "" {
		return said
	}
	return said + ": " + detail
}

// expression is how the API server ends an explanation of a name's form; the
// words before it say the same.
var expression = regexp.MustCompile(`, regex used for validation is '.*'\)`)

// goText is what Go's JSON decoder says.
var goText = regexp.MustCompile(`^(?:invalid character|json:|unexpected end of JSON)`)

// plain makes a detail of the API server one line without a full stop.
func plain(detail string) string {
	if goText.MatchString(detail) {
		return "not JSON of the expected form"
	}
	detail = strings.Join(strings.Fields(detail), " ")
	return strings.TrimRight(expression.ReplaceAllString(detail, ")"), ". ")
}

// leaf gives the last part of a field path, with its index.
func leaf(at string) string {
	depth := 0
	for i := len(at) - 1; i >= 0; i-- {
		switch at[i] {
		case ']':
			depth++
		case '[':
			depth--
		case '.':
			if depth == 0 {
				return at[i+1:]
			}
		}
	}
	if at == "" {
		return "the object"
	}
	return at
}

var indexes = regexp.MustCompile(`\[[^\]]*\]`)

func withoutIndexes(at string) string { return indexes.ReplaceAllString(at, "") }

const longest = 60

// shown writes a value that was refused, shortened; nothing for a value that is
// no scalar.
func shown(value any) string {
	switch v := value.(type) {
	case nil, field.OmitValueType:
		return ""
	case string:
		return quoted(v)
	case resource.Quantity:
		return quoted(v.String())
	case *resource.Quantity:
		return quoted(v.String())
	case intstr.IntOrString:
		return quoted(v.String())
	case *intstr.IntOrString:
		return quoted(v.String())
	}
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return quoted(v.String())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return fmt.Sprint(v.Interface())
	}
	return ""
}

func quoted(s string) string {
	if r := []rune(s); len(r) > longest {
		s = string(r[:longest]) + "..."
	}
	return strconv.Quote(s)
}

var envValue = regexp.MustCompile(`\.env\[\d+\]\.value$`)

// secret says whether the value of a field may be a secret and is not repeated.
func secret(kind, at string) bool {
	return kind == "Secret" && (strings.HasPrefix(at, "data") || strings.HasPrefix(at, "stringData")) || envValue.MatchString(at)
}
