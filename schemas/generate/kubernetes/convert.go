package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is the part of OpenAPI 2 that Kubernetes' document uses, and what of
// JSON Schema is written for it.
type schema struct {
	Ref                  string             `json:"$ref,omitempty"`
	Type                 any                `json:"type,omitempty"` // a string, or a list of them
	Format               string             `json:"format,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Minimum              *int64             `json:"minimum,omitempty"`
	Maximum              *int64             `json:"maximum,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	Required             []string           `json:"required,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // *schema or bool

	// Expected says in words what Pattern and Format ask for; see pkg/schema.
	Expected string `json:"x-expected,omitempty"`

	Kinds []groupVersionKind `json:"x-kubernetes-group-version-kind,omitempty"`
}

type groupVersionKind struct{ Group, Version, Kind string }

func (k groupVersionKind) String() string {
	if k.Group == "" {
		return k.Version + " " + k.Kind
	}
	return k.Group + "/" + k.Version + " " + k.Kind
}

// release is what is written for one version of Kubernetes; see schemas.Release.
type release struct {
	Kubernetes  string             `json:"kubernetes"`
	Kinds       map[string]string  `json:"kinds"`
	Definitions map[string]*schema `json:"definitions"`
}

// quantity is what resource.ParseQuantity takes, which reads "Gi" as zero.
const quantity = `^([+-]?[0-9]*\.?[0-9]*([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)|[+-]?[0-9]+\.?[0-9]*|[+-]?\.[0-9]*|[+-])$`

// base64 is what encoding/json takes for bytes: it skips line breaks.
const base64 = `^[\r\n]*(([A-Za-z0-9+/][\r\n]*){4})*((([A-Za-z0-9+/][\r\n]*){2}=[\r\n]*=|([A-Za-z0-9+/][\r\n]*){3}=)[\r\n]*)?$`

// special are definitions whose Go types read themselves from JSON, so that the
// document does not say what they take. An empty schema takes anything.
var special = map[string]schema{
	"io.k8s.apimachinery.pkg.api.resource.Quantity":                                              {Type: []string{"string", "number"}, Pattern: quantity, Expected: "a quantity such as 500m or 1Gi"},
	"io.k8s.apimachinery.pkg.util.intstr.IntOrString":                                            {Type: []string{"integer", "string"}},
	"io.k8s.apimachinery.pkg.runtime.RawExtension":                                               {},
	"io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1":                                              {},
	"io.k8s.apimachinery.pkg.apis.meta.v1.Patch":                                                 {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON":                              {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray":            {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool":             {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray":      {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSON":                         {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrArray":       {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrBool":        {},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrStringArray": {},
}

// optional are fields that the document calls required although the API server
// takes an object without them: it reads their zero value and is content.
var optional = map[string][]string{
	"io.k8s.api.core.v1.HTTPHeader":                                                            {"value"},
	"io.k8s.api.core.v1.ISCSIPersistentVolumeSource":                                           {"lun"},
	"io.k8s.api.core.v1.ISCSIVolumeSource":                                                     {"lun"},
	"io.k8s.api.core.v1.LimitRangeSpec":                                                        {"limits"},
	"io.k8s.api.core.v1.PreferredSchedulingTerm":                                               {"preference"},
	"io.k8s.api.core.v1.SleepAction":                                                           {"seconds"},
	"io.k8s.api.core.v1.Sysctl":                                                                {"value"},
	"io.k8s.api.batch.v1.PodFailurePolicy":                                                     {"rules"},
	"io.k8s.api.storage.v1.CSINodeSpec":                                                        {"drivers"},
	"io.k8s.api.storage.v1.TokenRequest":                                                       {"audience"},
	"io.k8s.apimachinery.pkg.apis.meta.v1.GroupResource":                                       {"group"},
	"io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion": {"served", "storage"},
}

func convert(version string, document []byte) (*release, error) {
	var in struct {
		Definitions map[string]*schema `json:"definitions"`
	}
	if err := json.Unmarshal(document, &in); err != nil {
		return nil, fmt.Errorf("read swagger.json: %w", err)
	}
	out := &release{Kubernetes: version, Kinds: map[string]string{}, Definitions: in.Definitions}
	for _, name := range slices.Sorted(maps.Keys(in.Definitions)) {
		for _, kind := range in.Definitions[name].Kinds {
			if other, taken := out.Kinds[kind.String()]; taken {
				return nil, fmt.Errorf("%s is defined by both %s and %s", kind, other, name)
			}
			out.Kinds[kind.String()] = name
		}
	}
	written := writable(in.Definitions)
	for name, s := range in.Definitions {
		s.Kinds = nil
		if replaced, ok := special[name]; ok {
			*s = replaced
			continue
		}
		if !written[name] {
			s.Required = nil // the API server writes status itself and ignores what it is sent
		}
		s.Required = slices.DeleteFunc(s.Required, func(field string) bool { return slices.Contains(optional[name], field) })
		if err := s.close(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

// close makes s strict and turns its formats into keywords.
func (s *schema) close() error {
	s.Ref = strings.Replace(s.Ref, "#/definitions/", "#/$defs/", 1)
	switch s.Format {
	case "int32":
		s.Minimum, s.Maximum = bounds(32)
		s.Format = ""
	case "int64":
		s.Minimum, s.Maximum = bounds(64)
		s.Format = ""
	case "byte":
		s.Pattern, s.Format, s.Expected = base64, "", "base64"
	case "double":
		s.Format = ""
	case "date-time":
		s.Expected = "a time such as 2006-01-02T15:04:05Z"
	case "":
	default:
		return fmt.Errorf("unknown format %q", s.Format)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if err := s.Properties[name].close(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if s.Items != nil {
		if err := s.Items.close(); err != nil {
			return err
		}
	}
	switch values := s.AdditionalProperties.(type) {
	case *schema:
		return values.close()
	case nil:
		if s.Properties != nil {
			s.AdditionalProperties = false
		}
	}
	return nil
}

func bounds(bits int) (lowest, highest *int64) {
	high := int64(1)<<(bits-1) - 1
	low := -high - 1
	return &low, &high
}

// UnmarshalJSON reads additionalProperties as the schema it always is here.
func (s *schema) UnmarshalJSON(text []byte) error {
	type plain schema
	in := struct {
		*plain
		AdditionalProperties *schema `json:"additionalProperties"`
	}{plain: (*plain)(s)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if in.AdditionalProperties != nil {
		s.AdditionalProperties = in.AdditionalProperties
	}
	return nil
}

// writable names the definitions that a user's manifest fills in: all that can
// be reached from a kind without going through its status or a list's items.
func writable(definitions map[string]*schema) map[string]bool {
	reached := map[string]bool{}
	var visit func(s *schema)
	enter := func(name string) {
		if s, ok := definitions[name]; ok && !reached[name] {
			reached[name] = true
			visit(s)
		}
	}
	visit = func(s *schema) {
		if s.Ref != "" {
			enter(strings.TrimPrefix(s.Ref, "#/definitions/"))
		}
		for name, property := range s.Properties {
			if name != "status" {
				visit(property)
			}
		}
		if s.Items != nil {
			visit(s.Items)
		}
		if values, ok := s.AdditionalProperties.(*schema); ok {
			visit(values)
		}
	}
	for name, s := range definitions {
		if len(s.Kinds) > 0 && !strings.HasSuffix(name, "List") {
			enter(name)
		}
	}
	return reached
}
