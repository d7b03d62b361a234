package apiserver

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/features"
)

// createAutoscaler says again what pkg/apis/autoscaling/validation says, in its
// words: that package would bring CEL and the server's storage with it. What the
// declarative rules find as well (sizes, and kind and name of the target) is left
// to them.
func createAutoscaler(a *autoscaling.HorizontalPodAutoscaler) field.ErrorList {
	spec := field.NewPath("spec")
	errs := corevalidation.ValidateObjectMeta(&a.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	if most := a.Spec.MaxReplicas; a.Spec.MinReplicas != nil && most > 0 && most < *a.Spec.MinReplicas {
		errs = append(errs, field.Invalid(spec.Child("maxReplicas"), most, "must be greater than or equal to `minReplicas`"))
	}
	// The one kind of the core group that can be scaled.
	core := a.Spec.ScaleTargetRef.Kind == "ReplicationController"
	errs = append(errs, scaled(a.Spec.ScaleTargetRef, spec.Child("scaleTargetRef"), core)...)
	onlyOwn := true // metrics that a pod has to run for
	for i, m := range a.Spec.Metrics {
		errs = append(errs, metric(m, spec.Child("metrics").Index(i))...)
		onlyOwn = onlyOwn && m.Type != autoscaling.ObjectMetricSourceType && m.Type != autoscaling.ExternalMetricSourceType
	}
	if a.Spec.MinReplicas != nil && *a.Spec.MinReplicas == 0 && onlyOwn {
		errs = append(errs, field.Forbidden(spec.Child("metrics"), "must specify at least one Object or External metric to support scaling to zero replicas"))
	}
	if b := a.Spec.Behavior; b != nil {
		errs = append(errs, scaling(b.ScaleUp, spec.Child("behavior", "scaleUp"))...)
		errs = append(errs, scaling(b.ScaleDown, spec.Child("behavior", "scaleDown"))...)
	}
	return errs
}

// scaled checks what of a reference to an object can be wrong when it is there.
func scaled(ref autoscaling.CrossVersionObjectReference, at *field.Path, core bool) field.ErrorList {
	errs := segment(ref.Kind, at.Child("kind"))
	errs = append(errs, segment(ref.Name, at.Child("name"))...)
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err == nil && gv.Group == "" && !core {
		err = errors.New("apiVersion must specify API group")
	}
	if err != nil {
		errs = append(errs, field.Invalid(at.Child("apiVersion"), ref.APIVersion, err.Error()))
	}
	return errs
}

func segment(name string, at *field.Path) (errs field.ErrorList) {
	if name == "" {
		return nil
	}
	for _, reason := range content.IsPathSegmentName(name) {
		errs = append(errs, field.Invalid(at, name, reason))
	}
	return errs
}

func needed(name, reason string, at *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(at, reason)}
	}
	return nil
}

// bodies gives the field that goes with each type of metric.
var bodies = map[autoscaling.MetricSourceType]string{
	autoscaling.ObjectMetricSourceType:            "object",
	autoscaling.PodsMetricSourceType:              "pods",
	autoscaling.ResourceMetricSourceType:          "resource",
	autoscaling.ExternalMetricSourceType:          "external",
	autoscaling.ContainerResourceMetricSourceType: "containerResource",
}

func metric(m autoscaling.MetricSpec, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	want, known := bodies[m.Type]
	if !known {
		errs = append(errs, field.NotSupported(at.Child("type"), m.Type, slices.Sorted(maps.Keys(bodies))))
	}
	given := []string{}
	// The server looks into the first body only.
	first := func(name string, check func(at *field.Path) field.ErrorList) {
		if given = append(given, name); len(given) == 1 {
			errs = append(errs, check(at.Child(name))...)
		}
	}
	if m.Object != nil {
		first("object", func(at *field.Path) field.ErrorList { return objectMetric(m.Object, at) })
	}
	if m.External != nil {
		first("external", func(at *field.Path) field.ErrorList {
			return append(identified(m.External.Metric, at), raw(m.External.Target, true, at.Child("target"))...)
		})
	}
	if m.Pods != nil {
		first("pods", func(at *field.Path) field.ErrorList {
			errs := append(identified(m.Pods.Metric, at), target(m.Pods.Target, at.Child("target"))...)
			if m.Pods.Target.AverageValue == nil {
				errs = append(errs, field.Required(at.Child("target", "averageValue"), "must specify a positive target averageValue"))
			}
			return errs
		})
	}
	if m.Resource != nil {
		first("resource", func(at *field.Path) field.ErrorList {
			errs := needed(string(m.Resource.Name), "must specify a resource name", at.Child("name"))
			return append(errs, used(m.Resource.Target, at.Child("target"))...)
		})
	}
	if m.ContainerResource != nil {
		first("containerResource", func(at *field.Path) field.ErrorList { return containerMetric(m.ContainerResource, at) })
	}
	if known && !slices.Contains(given, want) {
		errs = append(errs, field.Required(at.Child(want), "must populate information for the given metric source"))
	}
	if len(given) != 1 {
		for _, name := range given {
			if name != want {
				errs = append(errs, field.Forbidden(at.Child(name), "must populate the given metric source only"))
			}
		}
	}
	return errs
}

func objectMetric(m *autoscaling.ObjectMetricSource, at *field.Path) field.ErrorList {
	described := at.Child("describedObject")
	errs := needed(m.DescribedObject.Kind, "", described.Child("kind"))
	errs = append(errs, needed(m.DescribedObject.Name, "", described.Child("name"))...)
	errs = append(errs, scaled(m.DescribedObject, described, true)...)
	errs = append(errs, identified(m.Metric, at)...)
	return append(errs, raw(m.Target, false, at.Child("target"))...)
}

func containerMetric(m *autoscaling.ContainerResourceMetricSource, at *field.Path) field.ErrorList {
	errs := needed(string(m.Name), "must specify a resource name", at.Child("name"))
	if m.Name != "" {
		errs = append(errs, corevalidation.ValidateContainerResourceName(m.Name, at.Child("name"))...)
	}
	errs = append(errs, needed(m.Container, "must specify a container", at.Child("container"))...)
	if m.Container != "" {
		errs = append(errs, corevalidation.ValidateDNS1123Label(m.Container, at.Child("container"))...)
	}
	return append(errs, used(m.Target, at.Child("target"))...)
}

func identified(id autoscaling.MetricIdentifier, at *field.Path) field.ErrorList {
	at = at.Child("metric", "name")
	return append(needed(id.Name, "must specify a metric name", at), segment(id.Name, at)...)
}

// raw checks a target that is a number, one for all pods or one for each.
func raw(t autoscaling.MetricTarget, either bool, at *field.Path) field.ErrorList {
	errs := target(t, at)
	switch {
	case t.Value == nil && t.AverageValue == nil:
		errs = append(errs, field.Required(at.Child("averageValue"), "must set either a target value or averageValue"))
	case t.Value != nil && t.AverageValue != nil && either:
		errs = append(errs, field.Forbidden(at.Child("value"), "may not set both a target value for metric and a per-pod target"))
	}
	return errs
}

// used checks a target for the use of a resource.
func used(t autoscaling.MetricTarget, at *field.Path) field.ErrorList {
	errs := target(t, at)
	switch {
	case t.AverageUtilization == nil && t.AverageValue == nil:
		errs = append(errs, field.Required(at.Child("averageUtilization"), "must set either a target raw value or a target utilization"))
	case t.AverageUtilization != nil && t.AverageValue != nil:
		errs = append(errs, field.Forbidden(at.Child("averageValue"), "may not set both a target raw value and a target utilization"))
	}
	return errs
}

func target(t autoscaling.MetricTarget, at *field.Path) field.ErrorList {
	errs := needed(string(t.Type), "must specify a metric target type", at.Child("type"))
	switch t.Type {
	case "", autoscaling.UtilizationMetricType, autoscaling.ValueMetricType, autoscaling.AverageValueMetricType:
	default:
		errs = append(errs, field.Invalid(at.Child("type"), t.Type, "must be either Utilization, Value, or AverageValue"))
	}
	if t.Value != nil && t.Value.Sign() != 1 {
		errs = append(errs, field.Invalid(at.Child("value"), t.Value, "must be positive"))
	}
	if t.AverageValue != nil && t.AverageValue.Sign() != 1 {
		errs = append(errs, field.Invalid(at.Child("averageValue"), t.AverageValue, "must be positive"))
	}
	if t.AverageUtilization != nil && *t.AverageUtilization < 1 {
		errs = append(errs, field.Invalid(at.Child("averageUtilization"), t.AverageUtilization, "must be greater than 0"))
	}
	return errs
}

// Limits of the server, in seconds.
const (
	longestPeriod = 1800
	longestWindow = 3600
)

var (
	selections  = []autoscaling.ScalingPolicySelect{autoscaling.DisabledPolicySelect, autoscaling.MaxPolicySelect, autoscaling.MinPolicySelect}
	policyTypes = []autoscaling.HPAScalingPolicyType{autoscaling.PercentScalingPolicy, autoscaling.PodsScalingPolicy}
)

func scaling(r *autoscaling.HPAScalingRules, at *field.Path) field.ErrorList {
	if r == nil {
		return nil
	}
	var errs field.ErrorList
	if w := r.StabilizationWindowSeconds; w != nil {
		errs = append(errs, within(*w, 0, longestWindow, at.Child("stabilizationWindowSeconds"))...)
	}
	if r.SelectPolicy != nil && !slices.Contains(selections, *r.SelectPolicy) {
		errs = append(errs, field.NotSupported(at.Child("selectPolicy"), *r.SelectPolicy, selections))
	}
	policies := at.Child("policies")
	if len(r.Policies) == 0 {
		errs = append(errs, field.Required(policies, "must specify at least one Policy"))
	}
	for i, p := range r.Policies {
		if !slices.Contains(policyTypes, p.Type) {
			errs = append(errs, field.NotSupported(policies.Index(i).Child("type"), p.Type, policyTypes))
		}
		if p.Value <= 0 {
			errs = append(errs, field.Invalid(policies.Index(i).Child("value"), p.Value, "must be greater than zero"))
		}
		errs = append(errs, within(p.PeriodSeconds, 1, longestPeriod, policies.Index(i).Child("periodSeconds"))...)
	}
	if r.Tolerance != nil && enabled(features.HPAConfigurableTolerance) {
		errs = append(errs, corevalidation.ValidateNonnegativeQuantity(*r.Tolerance, at.Child("tolerance"))...)
	}
	return errs
}

func within(n, least, most int32, at *field.Path) field.ErrorList {
	switch {
	case n < least:
		return field.ErrorList{field.Invalid(at, n, fmt.Sprintf("must be greater than or equal to %d", least))}
	case n > most:
		return field.ErrorList{field.Invalid(at, n, fmt.Sprintf("must be less than or equal to %d", most))}
	}
	return nil
}
