// Package apiserver says what a Kubernetes API server would refuse: it runs the
// server's own defaulting and validation for create, at the version of the
// k8s.io/kubernetes module that is built in, with feature gates at their
// defaults. In goes an object of a manifest; out come findings at the fields the
// server names. What admission plugins and controllers would say is not checked,
// nor is anything that takes a cluster: addresses, quotas, other objects.
package apiserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/validate"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apiserverfeatures "k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/capabilities"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

// Rejects is the rule about objects that an API server would refuse.
var Rejects = finding.Rule{
	ID:       "api-server-rejects",
	Title:    "The API server accepts every object",
	Severity: finding.Error,
	Doc: `The object is refused by the validation code of the API server itself, which is built into
this program. ` + "`helm upgrade`" + ` applies objects one after the other, so the ones before it are already
changed when it fails: the release is left half upgraded and has to be rolled back. Schemas do
not show these errors: they know the type of a field, not that a selector must match its pod
template, that a mount needs its volume, or that a request may not exceed its limit.

See [API concepts](https://kubernetes.io/docs/reference/using-api/api-concepts/).`,
	Hint: "see `kubectl explain` of the field",
}

// Rules lists the rules of this package.
func Rules() []finding.Rule { return []finding.Rule{Rejects} }

// Knows says whether objects of a kind are checked. Others get no findings:
// custom resources, versions that are not served any more, rare kinds.
func Knows(apiVersion, kind string) bool {
	_, ok := lookUp(apiVersion, kind)
	return ok
}

func lookUp(apiVersion, kindName string) (kind, bool) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return kind{}, false
	}
	k, ok := kinds[gv.WithKind(kindName)]
	return k, ok
}

// Validate checks an object as if it were created in the namespace, unless it
// names one itself. It is safe for concurrent use.
func Validate(o *manifest.Object, namespace string) []finding.Finding {
	k, ok := lookUp(o.APIVersion, o.Kind)
	if !ok {
		return nil
	}
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	versioned, err := legacyscheme.Scheme.New(gvk)
	if err != nil {
		return nil
	}
	allowPrivileged()
	if err := json.Unmarshal(o.JSON(), versioned); err != nil {
		return wrongTypes(o, o.JSON(), versioned)
	}
	errs, err := recovering(func() (field.ErrorList, error) { return create(k, gvk, versioned, namespace) })
	if errors.Is(err, errPanic) {
		return []finding.Finding{o.Finding(Rejects, "", "the API server fails on the object: its own validation panics").
			WithHint("a field that another one takes for granted is missing; see `kubectl explain %s.spec`", strings.ToLower(o.Kind))}
	}
	if err != nil {
		return []finding.Finding{o.Finding(Rejects, "", "the API server cannot read the object as %s", o.APIVersion)}
	}
	var findings []finding.Finding
	for _, e := range errs {
		findings = append(findings, refusal(o, e))
	}
	return findings
}

var errPanic = errors.New("validation panics")

// recovering makes an error of a panic in Kubernetes' code, as the server does: it
// answers 500 to the one request. An Indexed Job with a success policy and no
// completions is such an object.
func recovering(create func() (field.ErrorList, error)) (errs field.ErrorList, err error) {
	defer func() {
		if recover() != nil {
			errs, err = nil, errPanic
		}
	}()
	return create()
}

// allowPrivileged sets the one flag of the server that decides a validation and
// whose default no cluster keeps: --allow-privileged.
var allowPrivileged = sync.OnceFunc(func() { capabilities.Setup(true, 0) })

// create does with a decoded object what the server does before it stores it.
func create(k kind, gvk schema.GroupVersionKind, versioned runtime.Object, namespace string) (field.ErrorList, error) {
	legacyscheme.Scheme.Default(versioned)
	internalVersion := schema.GroupVersion{Group: gvk.Group, Version: runtime.APIVersionInternal}
	internal, err := legacyscheme.Scheme.ConvertToVersion(versioned, internalVersion)
	if err != nil {
		return nil, fmt.Errorf("convert %s: %w", gvk.Kind, err)
	}
	object, err := meta.Accessor(internal)
	if err != nil {
		return nil, fmt.Errorf("read metadata of %s: %w", gvk.Kind, err)
	}
	switch {
	case !k.namespaced:
		object.SetNamespace("")
	case object.GetNamespace() == "":
		object.SetNamespace(namespace)
	}
	if object.GetName() == "" && object.GetGenerateName() != "" {
		object.SetName(object.GetGenerateName() + "00000") // the server adds five characters
	}
	object.SetUID("00000000-0000-0000-0000-000000000000")

	errs := k.create(internal)
	if len(errs) == 0 {
		errs = apivalidation.ValidateObjectMetaAccessor(object, k.namespaced, pathSegment, field.NewPath("metadata"))
	}
	return declarative(k, gvk.GroupVersion(), internal, errs)
}

// pathSegment says why a name cannot be part of a URL.
func pathSegment(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}

// declarative adds what the rules generated from the API's types find, with the
// precedence that the server gives them over the hand-written ones.
func declarative(k kind, version schema.GroupVersion, internal runtime.Object, errs field.ErrorList) (field.ErrorList, error) {
	versioned, err := legacyscheme.Scheme.ConvertToVersion(internal, version)
	if err != nil {
		return nil, fmt.Errorf("convert to %s: %w", version, err)
	}
	ctx := context.Background()
	beta := utilfeature.DefaultFeatureGate.Enabled(apiserverfeatures.DeclarativeValidationBeta)
	found := legacyscheme.Scheme.Validate(ctx, k.options, versioned)
	if !k.declared {
		found = validate.FilterEnforcedDeclarativeErrors(ctx, found, beta)
	}
	errs = validate.FilterCoveredHandwrittenErrors(ctx, errs.MarkFromImperative(), found, beta)
	return append(errs, found...), nil
}
