package apiserver

import (
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/component-base/featuregate"
	claims "k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	pods "k8s.io/kubernetes/pkg/api/pod"
	services "k8s.io/kubernetes/pkg/api/service"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	coordinationvalidation "k8s.io/kubernetes/pkg/apis/coordination/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	discoveryvalidation "k8s.io/kubernetes/pkg/apis/discovery/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	schedulingvalidation "k8s.io/kubernetes/pkg/apis/scheduling/validation"
	storagevalidation "k8s.io/kubernetes/pkg/apis/storage/validation"
	"k8s.io/kubernetes/pkg/features"
	volumevalidation "k8s.io/kubernetes/pkg/volume/validation"
)

// kind is how the API server takes in one kind of object.
type kind struct {
	namespaced bool
	create     func(runtime.Object) field.ErrorList // completes the object as the server does, then validates it
	options    map[string]bool                      // what the declarative rules of the kind ask for
	declared   bool                                 // create leaves to the declarative rules what they find, so all of them count
}

// kinds holds the kinds of charts, in the versions that are still served. What
// each function does beside calling the validation is what the strategy of the
// kind does on create (k8s.io/kubernetes/pkg/registry/<group>/<kind>/strategy.go),
// as far as it can change the verdict. The strategies themselves would bring the
// server's storage into the program, twice its size.
var kinds = map[schema.GroupVersionKind]kind{
	v1("", "Pod"):                   namespaced(createPod),
	v1("", "PodTemplate"):           namespaced(createPodTemplate),
	v1("", "ReplicationController"): namespaced(createReplicationController),
	v1("", "Service"):               namespaced(createService),
	v1("", "Endpoints"):             namespaced(corevalidation.ValidateEndpointsCreate),
	v1("", "ConfigMap"):             namespaced(corevalidation.ValidateConfigMap),
	v1("", "Secret"):                namespaced(corevalidation.ValidateSecret),
	v1("", "ServiceAccount"):        namespaced(corevalidation.ValidateServiceAccount),
	v1("", "LimitRange"):            namespaced(corevalidation.ValidateLimitRange),
	v1("", "ResourceQuota"):         namespaced(corevalidation.ValidateResourceQuota),
	v1("", "PersistentVolumeClaim"): namespaced(createClaim),
	v1("", "PersistentVolume"):      clusterWide(createVolume),
	v1("", "Namespace"):             clusterWide(corevalidation.ValidateNamespace),

	v1("apps", "StatefulSet"): namespaced(createStatefulSet),
	v1("apps", "Deployment"):  namespaced(createDeployment),
	v1("apps", "DaemonSet"):   namespaced(createDaemonSet),
	v1("apps", "ReplicaSet"):  namespaced(createReplicaSet),

	v1("batch", "Job"):     namespaced(createJob).with(features.WorkloadWithJob),
	v1("batch", "CronJob"): namespaced(createCronJob).with(features.WorkloadWithJob),

	v1("policy", "PodDisruptionBudget"): namespaced(createBudget),

	v1("networking.k8s.io", "NetworkPolicy"): namespaced(createNetworkPolicy),
	v1("networking.k8s.io", "Ingress"):       namespaced(networkingvalidation.ValidateIngressCreate),
	v1("networking.k8s.io", "IngressClass"):  clusterWide(networkingvalidation.ValidateIngressClass),

	v1("autoscaling", "HorizontalPodAutoscaler"):                           namespaced(createAutoscaler).with(features.HPAScaleToZero).declaredOnly(),
	{Group: "autoscaling", Version: "v2", Kind: "HorizontalPodAutoscaler"}: namespaced(createAutoscaler).with(features.HPAScaleToZero).declaredOnly(),

	v1("rbac.authorization.k8s.io", "Role"):               namespaced(rbacvalidation.ValidateRole),
	v1("rbac.authorization.k8s.io", "RoleBinding"):        namespaced(rbacvalidation.ValidateRoleBinding),
	v1("rbac.authorization.k8s.io", "ClusterRole"):        clusterWide(createClusterRole),
	v1("rbac.authorization.k8s.io", "ClusterRoleBinding"): clusterWide(rbacvalidation.ValidateClusterRoleBinding),

	v1("storage.k8s.io", "StorageClass"):          clusterWide(storagevalidation.ValidateStorageClass),
	v1("storage.k8s.io", "VolumeAttributesClass"): clusterWide(storagevalidation.ValidateVolumeAttributesClass),
	v1("storage.k8s.io", "CSIDriver"):             clusterWide(storagevalidation.ValidateCSIDriver),

	v1("scheduling.k8s.io", "PriorityClass"): clusterWide(schedulingvalidation.ValidatePriorityClass),
	v1("coordination.k8s.io", "Lease"):       namespaced(coordinationvalidation.ValidateLease),
	v1("discovery.k8s.io", "EndpointSlice"):  namespaced(discoveryvalidation.ValidateEndpointSliceCreate),
}

func v1(group, kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}
}

func namespaced[T any](create func(*T) field.ErrorList) kind {
	return kind{namespaced: true, create: func(o runtime.Object) field.ErrorList { return create(any(o).(*T)) }}
}

func clusterWide[T any](create func(*T) field.ErrorList) kind {
	k := namespaced(create)
	k.namespaced = false
	return k
}

// declaredOnly says that create leaves out what the declarative rules find.
func (k kind) declaredOnly() kind {
	k.declared = true
	return k
}

// with tells the declarative rules whether a feature is on by default.
func (k kind) with(feature featuregate.Feature) kind {
	k.options = map[string]bool{string(feature): utilfeature.DefaultFeatureGate.Enabled(feature)}
	return k
}

func createPod(p *core.Pod) field.ErrorList {
	p.Generation = 1
	p.Status = core.PodStatus{Phase: core.PodPending}
	// An admission plugin that every cluster runs does this before the validation.
	if p.Spec.ServiceAccountName == "" {
		p.Spec.ServiceAccountName, p.Spec.DeprecatedServiceAccount = "default", "default" //nolint:staticcheck // the validation compares the two
	}
	pods.DropDisabledPodFields(p, nil)
	pods.DefaultPodLevelResources(p)
	opts := pods.GetValidationOptionsFromPodSpecAndMeta(&p.Spec, nil, &p.ObjectMeta, nil)
	opts.ResourceIsPod = true
	return corevalidation.ValidatePodCreate(p, opts)
}

// template drops what is off by default, as the server does without a word, and
// gives the options for what is left.
func template(t *core.PodTemplateSpec) corevalidation.PodValidationOptions {
	pods.DropDisabledTemplateFields(t, nil)
	return pods.GetValidationOptionsFromPodTemplate(t, nil)
}

func createPodTemplate(t *core.PodTemplate) field.ErrorList {
	t.Generation = 1
	return corevalidation.ValidatePodTemplate(t, template(&t.Template))
}

func createReplicationController(r *core.ReplicationController) field.ErrorList {
	r.Generation, r.Status = 1, core.ReplicationControllerStatus{}
	return corevalidation.ValidateReplicationController(r, template(r.Spec.Template))
}

func createStatefulSet(s *apps.StatefulSet) field.ErrorList {
	s.Generation, s.Status = 1, apps.StatefulSetStatus{}
	if r := s.Spec.UpdateStrategy.RollingUpdate; r != nil && !enabled(features.MaxUnavailableStatefulSet) {
		r.MaxUnavailable = nil
	}
	opts := appsvalidation.StatefulSetValidationOptions{AllowStatefulSetRecreateStrategy: enabled(features.StatefulSetRecreateStrategy)}
	return placed(&s.Spec, appsvalidation.ValidateStatefulSet(s, opts, template(&s.Spec.Template)))
}

func createDeployment(d *apps.Deployment) field.ErrorList {
	d.Generation, d.Status = 1, apps.DeploymentStatus{}
	return appsvalidation.ValidateDeployment(d, template(&d.Spec.Template))
}

func createDaemonSet(d *apps.DaemonSet) field.ErrorList {
	d.Generation, d.Status = 1, apps.DaemonSetStatus{}
	d.Spec.TemplateGeneration = max(d.Spec.TemplateGeneration, 1)
	return appsvalidation.ValidateDaemonSet(d, template(&d.Spec.Template))
}

func createReplicaSet(r *apps.ReplicaSet) field.ErrorList {
	r.Generation, r.Status = 1, apps.ReplicaSetStatus{}
	return appsvalidation.ValidateReplicaSet(r, template(&r.Spec.Template))
}

func createJob(j *batch.Job) field.ErrorList {
	j.Generation, j.Status = 1, batch.JobStatus{}
	if manual := j.Spec.ManualSelector; manual == nil || !*manual {
		labelJob(j)
	}
	opts := batchvalidation.JobValidationOptions{
		PodValidationOptions:  template(&j.Spec.Template),
		RequirePrefixedLabels: true,
	}
	return batchvalidation.ValidateJobCreate(j, opts)
}

func createCronJob(c *batch.CronJob) field.ErrorList {
	c.Generation, c.Status = 1, batch.CronJobStatus{}
	return batchvalidation.ValidateCronJobCreate(c, template(&c.Spec.JobTemplate.Spec.Template))
}

// createService allocates no addresses and ports, except for the one port that
// the validation wants: the server has made it by then.
func createService(s *core.Service) field.ErrorList {
	s.Status = core.ServiceStatus{}
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
	if s.Spec.HealthCheckNodePort == 0 && services.NeedsHealthCheck(s) {
		s.Spec.HealthCheckNodePort = 30000
	}
	return corevalidation.ValidateServiceCreate(s)
}

func createClaim(c *core.PersistentVolumeClaim) field.ErrorList {
	c.Status = core.PersistentVolumeClaimStatus{}
	claims.DropDisabledFields(&c.Spec, nil)
	claims.EnforceDataSourceBackwardsCompatibility(&c.Spec, nil)
	claims.NormalizeDataSources(&c.Spec)
	return corevalidation.ValidatePersistentVolumeClaim(c, corevalidation.ValidationOptionsForPersistentVolumeClaim(c, nil))
}

func createVolume(v *core.PersistentVolume) field.ErrorList {
	v.Status = core.PersistentVolumeStatus{Phase: core.VolumePending}
	errs := corevalidation.ValidatePersistentVolume(v, corevalidation.ValidationOptionsForPersistentVolume(v, nil))
	return append(errs, volumevalidation.ValidatePersistentVolume(v)...)
}

func createBudget(b *policy.PodDisruptionBudget) field.ErrorList {
	b.Generation, b.Status = 1, policy.PodDisruptionBudgetStatus{}
	return policyvalidation.ValidatePodDisruptionBudget(b, policyvalidation.PodDisruptionBudgetValidationOptions{})
}

func createNetworkPolicy(p *networking.NetworkPolicy) field.ErrorList {
	p.Generation = 1
	return networkingvalidation.ValidateNetworkPolicy(p, networkingvalidation.ValidationOptionsForNetworking(p, nil))
}

func createClusterRole(r *rbac.ClusterRole) field.ErrorList {
	return rbacvalidation.ValidateClusterRole(r, rbacvalidation.ClusterRoleValidationOptions{})
}

func enabled(feature featuregate.Feature) bool {
	return utilfeature.DefaultFeatureGate.Enabled(feature)
}
