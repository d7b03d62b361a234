package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

func read(t testing.TB, text string) *Graph {
	t.Helper()
	objects, findings := manifest.Parse("m.yaml", []byte(text))
	require.Empty(t, findings)
	return New(objects, "shop")
}

const release = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, annotations: {stateward.dev/preset: postgresql}}
spec:
  serviceName: db-headless
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db, tier: data}}
    spec:
      initContainers:
      - {name: prepare, image: busybox:1}
      - name: shipper
        image: fluent-bit:3
        restartPolicy: Always
        volumeMounts: [{name: logs, mountPath: /logs}, {name: nowhere, mountPath: /x}]
      containers:
      - name: server
        image: registry.example/our/db:1
        envFrom:
        - {configMapRef: {name: settings}, prefix: P_}
        - {secretRef: {name: password}}
        - {secretRef: {name: elsewhere}}
        env:
        - {name: ROOT, value: /var/lib}
        - {name: PGDATA, value: $(ROOT)/pg/$(POD)/$$x}
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}
        - {name: GONE, valueFrom: {configMapKeyRef: {name: settings, key: none}}}
        volumeMounts:
        - {name: data, mountPath: /var/lib}
        - {name: logs, mountPath: /var/lib/pg/log/}
        - {name: config, mountPath: /etc/db/db.conf, subPath: db.conf}
        - {name: shared, mountPath: /shared}
      volumes:
      - {name: data, emptyDir: {}}
      - {name: logs, emptyDir: {}}
      - {name: config, projected: {sources: [{configMap: {name: settings}}, {secret: {name: password}}]}}
      - {name: shared, persistentVolumeClaim: {claimName: shared}}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}], terminationGracePeriodSeconds: 5}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: other}
spec:
  schedule: "@daily"
  jobTemplate: {spec: {template: {metadata: {labels: {app: db}}, spec: {restartPolicy: Never, containers: [{name: dump, image: "dump:1"}]}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: try, labels: {app: db}, annotations: {helm.sh/hook: "test, test-failure"}}
spec: {containers: [{name: try, image: "try:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: db-headless}
spec: {clusterIP: None, selector: {app: db}}
---
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {type: ExternalName, clusterIP: None, externalName: db.example.com}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: data}
spec: {maxUnavailable: 1, selector: {matchLabels: {tier: data}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: none}
spec: {maxUnavailable: 1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: all}
spec: {podSelector: {}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {maxReplicas: 7, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {mode: fast, db.conf: "x = 1\n"}}
---
{apiVersion: v1, kind: Secret, metadata: {name: password}, stringData: {PGPASSWORD: hunter2}, data: {more: aHVudGVyMw==}}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: shared}, spec: {accessModes: [ReadWriteMany]}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: broken, labels: {a: 1, b: c}}, spec: {replicas: three}}
---
{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: web}, spec: {scaleTargetRef: {name: other}, maxReplicaCount: 4}}
---
{apiVersion: example.com/v1, kind: Custom, metadata: {name: thing}}
`

func names[W fmt.Stringer](list []W) string {
	var out []string
	for _, w := range list {
		out = append(out, w.String())
	}
	return strings.Join(out, " ")
}

func (o *Object) String() string { return o.Kind + "/" + o.Name }

func TestNewKeepsEveryObjectAndTypesThoseItCan(t *testing.T) {
	g := read(t, release)
	require.Len(t, g.Objects, 16)
	require.Equal(t, "StatefulSet/db Deployment/web CronJob/backup Pod/try", names(g.Workloads()))
	require.Equal(t, "StatefulSet/db", names(g.StatefulSets()))
	require.Equal(t, "Service/db-headless Service/outside", names(g.Services()))
	require.Equal(t, "PersistentVolumeClaim/shared", names(g.Claims()))
	require.Equal(t, map[string]string{"b": "c"}, g.Objects[13].Labels)
	require.Equal(t, "shop", g.Objects[0].Namespace)
	require.Equal(t, "other", g.Objects[2].Namespace)
	require.Equal(t, "fast", g.ConfigMap("shop", "settings").Data["mode"])
	require.Nil(t, g.ConfigMap("other", "settings"))
	require.NotNil(t, g.Secret("shop", "password"))
}

func TestSelectorsPickPodsByLabelsInOneNamespace(t *testing.T) {
	g := read(t, release)
	db, web, backup, try := g.Workloads()[0], g.Workloads()[1], g.Workloads()[2], g.Workloads()[3]
	require.Equal(t, "Service/db-headless", names(g.ServicesFor(db)))
	require.Equal(t, "Service/db-headless", names(g.ServicesFor(try)))
	require.Empty(t, g.ServicesFor(web))
	require.Empty(t, g.ServicesFor(backup), "another namespace")
	require.Equal(t, "PodDisruptionBudget/data", names(g.BudgetsFor(db)))
	require.Equal(t, "NetworkPolicy/all", names(g.PoliciesFor(web)))
	require.Len(t, g.Selectors(), 5)
	require.True(t, g.Policies()[0].Everything())
	require.False(t, g.Policies()[0].Nothing())
	require.True(t, g.Budgets()[1].Nothing())
	require.False(t, g.Budgets()[1].Everything())
	require.Equal(t, "tier=data", g.Budgets()[0].LabelText())
	require.True(t, g.Service("shop", "db-headless").Headless())
	require.False(t, g.Service("shop", "outside").Headless())
	require.Nil(t, g.Service("other", "db-headless"))
}

func TestWorkloadsKnowTheirSizeAndTheirFields(t *testing.T) {
	g := read(t, release)
	tests := []struct {
		name, inPod, inTemplate string
		replicas, most          int
		ends                    bool
		grace                   int64
	}{
		{"db", "spec.template.spec.volumes", "spec.template.metadata.labels", 1, 1, false, 30},
		{"web", "spec.template.spec.volumes", "spec.template.metadata.labels", -1, 7, false, 5},
		{"backup", "spec.jobTemplate.spec.template.spec.volumes", "spec.jobTemplate.spec.template.metadata.labels", 1, 1, true, 30},
		{"try", "spec.volumes", "metadata.labels", 1, 1, true, 30},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := g.Workloads()[i]
			require.Equal(t, tt.inPod, w.InPod("volumes"))
			require.Equal(t, tt.inTemplate, w.InTemplate("metadata.labels"))
			replicas, known := w.Replicas()
			if !known {
				replicas = -1
			}
			most, _ := w.MostReplicas()
			require.Equal(t, []int{tt.replicas, tt.most}, []int{replicas, most})
			require.Equal(t, tt.ends, w.Ends())
			require.Equal(t, tt.grace, w.GracePeriod())
		})
	}
	require.True(t, g.Workloads()[3].IsTest())
	require.False(t, g.Workloads()[0].IsHook())
	scaled := read(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}\n---\n"+
		"{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: a}, spec: {scaleTargetRef: {name: a}, maxReplicaCount: 4}}").Workloads()[0]
	most, known := scaled.MostReplicas()
	require.Equal(t, 4, most)
	require.True(t, known)
	ds := read(t, "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: a}}").Workloads()[0]
	_, known = ds.MostReplicas()
	require.False(t, known, "nodes decide")
}

func TestContainersKnowTheirPlaceAndWhatBacksAPath(t *testing.T) {
	g := read(t, release)
	sts := g.StatefulSets()[0]
	var got []string
	for _, c := range sts.Containers() {
		got = append(got, fmt.Sprintf("%s %s %v %v", c.Name, c.Path, c.Init, c.Sidecar))
	}
	require.Equal(t, []string{
		"prepare spec.template.spec.initContainers[0] true false",
		"shipper spec.template.spec.initContainers[1] false true",
		"server spec.template.spec.containers[0] false false",
	}, got)

	server := sts.Containers()[2]
	tests := []struct{ path, want string }{
		{"/var/lib", "data claim template spec.volumeClaimTemplates[0] lost=false"},
		{"/var/lib/pg", "data claim template spec.volumeClaimTemplates[0] lost=false"},
		{"/var/lib/pg/log/x", "logs emptyDir spec.template.spec.volumes[1] lost=true"},
		{"/var/lib/pg/logs", "data claim template spec.volumeClaimTemplates[0] lost=false"},
		{"/etc/db/db.conf", "config volume spec.template.spec.volumes[2] lost=false"},
		{"/shared/a", "shared claim spec.template.spec.volumes[3] lost=false"},
		{"/var/library", ""},
		{"/", ""},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			got := ""
			if m := server.MountAt(tt.path); m != nil {
				got = fmt.Sprintf("%s %s %s lost=%v", m.Volume.Name, m.Volume.Kind(), m.Volume.Field, m.Volume.Lost())
			}
			require.Equal(t, tt.want, got)
		})
	}
	require.Nil(t, sts.Containers()[1].Mounts()[1].Volume, "a mount of no volume")
	require.Equal(t, "shared", sts.Volumes()[4].Claim())
	require.Equal(t, "spec.volumeClaimTemplates[0]", sts.ClaimTemplates()[0].Path)

	f := server.Finding(finding.Rule{ID: "x"}, "image", "%s", server.Image)
	require.Equal(t, "spec.template.spec.containers[0].image", f.Object.Field)
	require.Equal(t, 19, f.Pos().Line)
	require.Equal(t, f.Locations[0], server.Location("image"))

	m, ok := server.System()
	require.True(t, ok)
	require.Equal(t, "postgresql", m.Name, "by the preset")
	_, ok = sts.Containers()[1].System()
	require.False(t, ok, "a sidecar is not the preset's server")
}

func TestEnvironmentResolvesWhatTheReleaseKnows(t *testing.T) {
	e := read(t, release).StatefulSets()[0].Containers()[2].Environment()
	require.Equal(t, map[string]string{
		"P_mode": "fast", "P_db.conf": "x = 1\n",
		"ROOT": "/var/lib", "PGDATA": "/var/lib/pg/$(POD)/$x", "MODE": "fast",
	}, e.Values)
	require.False(t, e.Opaque)
	require.False(t, e.Unknown("PGDATA"))
	require.False(t, e.Unknown("OTHER"))
	for _, name := range []string{"POD", "GONE", "PGPASSWORD", "more"} {
		require.True(t, e.Unknown(name), name)
	}
}

func TestStartSeesConfigurationAndWhatItCannotSee(t *testing.T) {
	start := read(t, release).StatefulSets()[0].Containers()[2].Start()
	require.ElementsMatch(t, []string{"fast", "x = 1\n", "hunter2", "hunter3"}, start.Config)
	require.False(t, start.Opaque)

	const pod = `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, %s}], volumes: [{name: v, %s}]}}`
	tests := []struct {
		name, container, volume string
		opaque                  bool
	}{
		{"scratch space", "volumeMounts: [{name: v, mountPath: /tmp}]", "emptyDir: {}", false},
		{"a file in scratch space", "args: [--config=/tmp/a.conf], volumeMounts: [{name: v, mountPath: /tmp}]", "emptyDir: {}", true},
		{"generated configuration", "volumeMounts: [{name: v, mountPath: /etc/mysql/conf.d}]", "emptyDir: {}", true},
		{"a ConfigMap from elsewhere", "volumeMounts: [{name: v, mountPath: /x}]", "configMap: {name: none}", true},
		{"a Secret from elsewhere", "volumeMounts: [{name: v, mountPath: /etc/tls}]", "secret: {secretName: none}", false},
		{"a file in a Secret from elsewhere", "command: [a, /x/conf], volumeMounts: [{name: v, mountPath: /x}]", "secret: {secretName: none}", true},
		{"a claim", "args: [/x/a.conf], volumeMounts: [{name: v, mountPath: /x}]", "persistentVolumeClaim: {claimName: a}", false},
		{"variables from elsewhere", "envFrom: [{configMapRef: {name: none}}]", "emptyDir: {}", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := read(t, fmt.Sprintf(pod, tt.container, tt.volume)).Workloads()[0].Containers()[0]
			require.Equal(t, tt.opaque, c.Start().Opaque)
		})
	}
	c := read(t, fmt.Sprintf(pod, tests[7].container, "emptyDir: {}")).Workloads()[0].Containers()[0]
	require.True(t, c.Start().Unknown("ANY"))
}

func FuzzNew(f *testing.F) {
	f.Add([]byte(release))
	f.Add([]byte("{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: null}\n---\n{apiVersion: v1, kind: ReplicationController, metadata: {name: a}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		objects, _ := manifest.Parse("f", text)
		g := New(objects, "shop")
		require.Len(t, g.Objects, len(objects))
		for _, w := range g.Workloads() {
			g.ServicesFor(w)
			g.BudgetsFor(w)
			g.PoliciesFor(w)
			w.MostReplicas()
			for _, c := range w.Containers() {
				c.System()
				c.Start()
				c.MountAt("/data")
			}
		}
	})
}

func BenchmarkNew(b *testing.B) {
	objects, _ := manifest.Parse("m.yaml", []byte(release))
	for b.Loop() {
		New(objects, "shop")
	}
}
