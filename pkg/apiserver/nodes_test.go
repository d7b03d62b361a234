package apiserver

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/manifest"
)

// rich objects hold as many fields as the validation looks at together.
var rich = []string{
	statefulSet,
	pod(`restartPolicy: Always, hostNetwork: true, securityContext: {fsGroup: 1, runAsUser: 2, sysctls: [{name: a, value: b}], seccompProfile: {type: RuntimeDefault}},
  affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {a: b}}}]},
    nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}},
  topologySpreadConstraints: [{maxSkew: 1, topologyKey: a, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {a: b}}}],
  tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 3}],
  resources: {limits: {cpu: 1, memory: 1Gi}},
  volumes: [{name: a, emptyDir: {medium: Memory, sizeLimit: 1Gi}}, {name: b, secret: {secretName: a, defaultMode: 288, items: [{key: a, path: b}]}},
    {name: c, projected: {sources: [{serviceAccountToken: {path: a, expirationSeconds: 600}}, {configMap: {name: a}}, {downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.name}}]}}]}},
    {name: d, persistentVolumeClaim: {claimName: a}}, {name: e, hostPath: {path: /a, type: Directory}}, {name: f, csi: {driver: a}},
    {name: g, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}],
  initContainers: [{name: i, image: a, restartPolicy: Always}],
  containers: [{name: a, image: a, command: [a], args: [b], workingDir: /a, envFrom: [{prefix: A_, secretRef: {name: a}}], env: [{name: A, valueFrom: {secretKeyRef: {name: a, key: b}}}],
    ports: [{name: a, containerPort: 1, hostPort: 1, protocol: TCP}], resources: {requests: {cpu: 100m}, limits: {cpu: 200m}},
    volumeMounts: [{name: a, mountPath: /a, subPath: b}], lifecycle: {preStop: {exec: {command: [a]}}, postStart: {sleep: {seconds: 1}}},
    readinessProbe: {httpGet: {path: /a, port: 1, httpHeaders: [{name: A, value: b}]}, periodSeconds: 1}, startupProbe: {grpc: {port: 1}}, livenessProbe: {exec: {command: [a]}},
    securityContext: {capabilities: {drop: [ALL], add: [NET_ADMIN]}, runAsNonRoot: true, readOnlyRootFilesystem: true}}]`),
	job("restartPolicy: OnFailure, " + container),
	cronJob("a", "@daily"),
	object("apps/v1", "Deployment", "spec: {replicas: 2, strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 50%}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {"+container+"}}}"),
	object("apps/v1", "DaemonSet", "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1}}, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {"+container+"}}}"),
	object("apps/v1", "ReplicaSet", "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {"+container+"}}}"),
	object("v1", "ReplicationController", "spec: {replicas: 1, selector: {a: b}, template: {metadata: {labels: {a: b}}, spec: {"+container+"}}}"),
	object("v1", "Service", "spec: {type: LoadBalancer, clusterIP: 10.0.0.1, ipFamilies: [IPv4], sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 3}}, ports: [{name: a, port: 1, targetPort: b, nodePort: 30000, protocol: TCP}], selector: {a: b}, externalIPs: [1.2.3.4], loadBalancerSourceRanges: [10.0.0.0/8]}"),
	object("v1", "PersistentVolumeClaim", "spec: {accessModes: [ReadWriteOnce], storageClassName: a, volumeMode: Filesystem, dataSource: {kind: PersistentVolumeClaim, name: a}, resources: {requests: {storage: 1Gi}, limits: {storage: 2Gi}}, selector: {matchLabels: {a: b}}}"),
	object("v1", "PersistentVolume", "spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], persistentVolumeReclaimPolicy: Retain, local: {path: /a}, nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}}"),
	object("v1", "Secret", "type: kubernetes.io/tls\ndata: {tls.crt: YQ==, tls.key: YQ==}"),
	object("v1", "ConfigMap", "data: {a: b}\nbinaryData: {c: YQ==}\nimmutable: true"),
	object("v1", "LimitRange", "spec: {limits: [{type: Container, default: {memory: 1Gi}, max: {memory: 2Gi}}]}"),
	object("v1", "ResourceQuota", "spec: {hard: {pods: 3}, scopes: [BestEffort]}"),
	object("v1", "Endpoints", "subsets: [{addresses: [{ip: 1.2.3.4}], ports: [{port: 1}]}]"),
	object("discovery.k8s.io/v1", "EndpointSlice", "addressType: IPv4\nendpoints: [{addresses: [1.2.3.4], conditions: {ready: true}}]\nports: [{port: 1, name: a}]"),
	object("policy/v1", "PodDisruptionBudget", "spec: {maxUnavailable: 50%, selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}, unhealthyPodEvictionPolicy: AlwaysAllow}"),
	object("networking.k8s.io/v1", "NetworkPolicy", "spec: {podSelector: {matchLabels: {a: b}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 1, endPort: 2, protocol: TCP}]}], egress: [{to: [{namespaceSelector: {}}]}]}"),
	object("networking.k8s.io/v1", "Ingress", "spec: {ingressClassName: a, tls: [{hosts: [a.b], secretName: c}], rules: [{host: a.b, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 1}}}}]}}]}"),
	object("rbac.authorization.k8s.io/v1", "ClusterRole", "rules: [{apiGroups: [''], resources: [pods], verbs: [get]}]\naggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}"),
	object("rbac.authorization.k8s.io/v1", "RoleBinding", "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: a}\nsubjects: [{kind: ServiceAccount, name: a, namespace: b}]"),
	object("autoscaling/v2", "HorizontalPodAutoscaler", "spec: {minReplicas: 1, maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: a}, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}], behavior: {scaleDown: {policies: [{type: Pods, value: 1, periodSeconds: 3}]}}}"),
	object("storage.k8s.io/v1", "StorageClass", "provisioner: a\nparameters: {a: b}\nreclaimPolicy: Retain\nallowedTopologies: [{matchLabelExpressions: [{key: a, values: [b]}]}]"),
	object("scheduling.k8s.io/v1", "PriorityClass", "value: 3\npreemptionPolicy: Never"),
	object("coordination.k8s.io/v1", "Lease", "spec: {holderIdentity: a, leaseDurationSeconds: 3}"),
	object("v1", "Namespace", "spec: {finalizers: [a/b]}"),
	object("v1", "ServiceAccount", "secrets: [{name: a}]\nimagePullSecrets: [{name: b}]"),
}

// TestNoValueAnywhereStopsTheValidation puts values that do not belong there in
// the place of every node of every rich object.
func TestNoValueAnywhereStopsTheValidation(t *testing.T) {
	strange := []any{nil, "", "-", int64(-1), int64(1) << 40, true, []any{}, []any{nil}, map[string]any{}, map[string]any{"": nil}}
	for _, text := range rich {
		require.Empty(t, said(validate1(t, text)), text)
		var tree any
		require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
		var visit func(node any, put func(any))
		visit = func(node any, put func(any)) {
			for _, value := range strange {
				put(value)
				data, err := json.Marshal(tree)
				require.NoError(t, err)
				objects, _ := manifest.Parse("m.yaml", data)
				for _, o := range objects {
					require.NotPanics(t, func() {
						for _, f := range Validate(o, "shop") {
							require.Positive(t, f.Pos().Line)
						}
					}, string(data))
				}
			}
			put(node)
			switch node := node.(type) {
			case map[string]any:
				for key, child := range node {
					if key != "apiVersion" && key != "kind" {
						visit(child, func(v any) { node[key] = v })
					}
				}
			case []any:
				for i, child := range node {
					visit(child, func(v any) { node[i] = v })
				}
			}
		}
		visit(tree, func(v any) { tree = v })
	}
}
