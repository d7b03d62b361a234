{{/*
stateful.objects fills settings.objects: for each kind the list of items that
this release has. An item is {name, component} and, where it needs them,
labels, annotations, hook (the events, with weight), and what its template in
objects/ reads. Takes root and settings; prints nothing.
*/}}
{{- define "stateful.objects" -}}
{{- $settings := .settings -}}
{{- $_ := set $settings "objects" dict -}}
{{- range $pool := $settings.pools -}}
{{-   include "stateful.objects.pool" (dict "settings" $settings "pool" $pool) -}}
{{- end -}}
{{- range $part := list "release" "account" "credentials" "tls" "jobs" "metrics" "test" -}}
{{-   include (printf "stateful.objects.%s" $part) (dict "settings" $settings "pool" (first $settings.pools)) -}}
{{- end -}}
{{- end -}}

{{/* stateful.objects.add puts item into settings.objects under kind. Takes settings, kind and item; prints nothing. */}}
{{- define "stateful.objects.add" -}}
{{- $_ := set .settings.objects .kind (append (get .settings.objects .kind | default list) .item) -}}
{{- end -}}

{{/* stateful.objects.pool adds the objects of one pool. Takes settings and pool; prints nothing. */}}
{{- define "stateful.objects.pool" -}}
{{- $settings := .settings -}}
{{- $pool := .pool -}}
{{- $base := dict "name" $pool.fullname "component" $pool.component "pool" $pool -}}
{{- $annotations := dict
      "stateward.dev/pattern" $settings.pattern
      "stateward.dev/preset" $settings.preset
      "stateward.dev/members" (toString $pool.replicas)
      "stateward.dev/quorum" (toString $pool.quorum) -}}
{{- $kinds := list (ternary (list "Deployment" dict) (list "StatefulSet" (dict "annotations" $annotations)) (eq true $pool.facts.stateless)) -}}
{{- $kinds = append $kinds (list "PodDisruptionBudget" dict) -}}
{{- with $pool.files }}{{ $kinds = append $kinds (list "ConfigMap" (dict "name" (printf "%s-config" $pool.fullname) "data" .)) }}{{ end -}}
{{- if $settings.values.networkPolicy.enabled }}{{ $kinds = append $kinds (list "NetworkPolicy" dict) }}{{ end -}}
{{- range $kinds -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" (first .) "item" (merge (dict) (last .) $base)) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.release adds what a release has once: Services, scripts, and the
topology, which members and Jobs read and which is no part of the pods' template:
another number of members restarts nobody. Jobs that run before an upgrade find
scripts and topology of the new release in a ConfigMap of their own. Takes
settings and pool, the main one; prints nothing.
*/}}
{{- define "stateful.objects.release" -}}
{{- $settings := .settings -}}
{{- range $service := $settings.services -}}
{{-   $labels := dict "stateward.dev/service" $service.kind -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Service" "item" (dict "name" $service.name "component" $service.pool.component "labels" $labels "annotations" $service.options.annotations "service" $service)) -}}
{{- end -}}
{{- if $settings.scripts -}}
{{-   $release := dict "component" $settings.main -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "ConfigMap" "item" (merge (dict "name" (printf "%s-scripts" $settings.names.release) "data" $settings.scripts) $release)) -}}
{{-   if ne $settings.pattern "single-instance" -}}
{{-     $topology := dict -}}
{{-     range $pool := $settings.pools -}}
{{-       $names := list -}}
{{-       range $pool.members }}{{ $names = append $names (printf "%s.%s" . $pool.headless) }}{{ end -}}
{{-       if not $pool.facts.stateless }}{{ $_ := set $topology (printf "members.%s" $pool.name) (join "\n" $names) }}{{ end -}}
{{-     end -}}
{{-     if $settings.facts.declaredPrimary }}{{ $_ := set $topology "primary" (toString $settings.values.primary) }}{{ end -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" "ConfigMap" "item" (merge (dict "name" (printf "%s-topology" $settings.names.release) "data" $topology) $release)) -}}
{{-     if include "stateful.jobs.before" . -}}
{{-       $hook := dict "name" (printf "%s-hooks" $settings.names.release) "component" "hooks" "hook" "pre-upgrade" "weight" "-6" "data" (merge (dict) $topology $settings.scripts) -}}
{{-       include "stateful.objects.add" (dict "settings" $settings "kind" "ConfigMap" "item" $hook) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.account adds the servers' service account, and what it may do
where the preset asks the API server. Takes settings and pool; prints nothing.
*/}}
{{- define "stateful.objects.account" -}}
{{- $settings := .settings -}}
{{- $account := $settings.values.serviceAccount -}}
{{- $base := dict "component" $settings.main "account" $settings.names.account -}}
{{- if $account.create -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "ServiceAccount" "item" (merge (dict "name" $settings.names.account "annotations" $account.annotations) $base)) -}}
{{- end -}}
{{- $rules := list -}}
{{- range $rule := ($settings.facts.kubernetes | default dict).rules -}}
{{-   $names := list -}}
{{-   range $rule.resourceNames -}}
{{-     $names = concat $names (ternary $.pool.members (list (replace "RELEASE" $settings.names.release .)) (eq . "MEMBERS")) -}}
{{-   end -}}
{{-   $rules = append $rules (ternary (merge (dict "resourceNames" $names) $rule) $rule (hasKey $rule "resourceNames")) -}}
{{- end -}}
{{- if $settings.facts.role -}}
{{-   $rules = append $rules (dict "apiGroups" (list "") "resources" (list "pods") "resourceNames" .pool.members "verbs" (list "get" "patch")) -}}
{{- end -}}
{{- if $rules -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Role" "item" (merge (dict "name" $settings.names.release "rules" $rules) $base)) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "RoleBinding" "item" (merge (dict "name" $settings.names.release) $base)) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.credentials adds what brings the release's Secret: the Job that
makes it, which may make Secrets (create cannot be narrowed to a name), and read
and change the release's own; or an ExternalSecret. Takes settings and pool;
prints nothing.
*/}}
{{- define "stateful.objects.credentials" -}}
{{- $settings := .settings -}}
{{- $auth := $settings.values.auth -}}
{{- if $settings.auth.generated -}}
{{-   $name := printf "%s-credentials" $settings.names.release -}}
{{-   $hook := dict "name" $name "component" "credentials" "account" $name "hook" "pre-install,pre-upgrade" "weight" "-10" -}}
{{-   $rules := list
        (dict "apiGroups" (list "") "resources" (list "secrets") "verbs" (list "create"))
        (dict "apiGroups" (list "") "resources" (list "secrets") "resourceNames" (list $settings.auth.secret) "verbs" (list "get" "patch")) -}}
{{-   range $kind := list "ServiceAccount" "Role" "RoleBinding" -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" $kind "item" (merge (dict "rules" $rules) $hook)) -}}
{{-   end -}}
{{-   $hash := list .pool.image $auth.generate $settings.auth .pool.security .pool.scheduling -}}
{{-   include "stateful.objects.job" (dict "settings" $settings "item" (merge (dict "hash" $hash "weight" "-5" "pool" .pool) $hook)) -}}
{{- else if and $settings.auth.mounted $auth.externalSecret.enabled (not $auth.existingSecret) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "ExternalSecret" "item" (dict "name" $settings.auth.secret "component" $settings.main)) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.job adds a Job. A Job cannot change: without Helm, kubectl apply
would be refused after a change under the same name, so the name ends with a hash
of item.hash, what the Job is made of. Takes settings and item; prints nothing.
*/}}
{{- define "stateful.objects.job" -}}
{{- $hash := .item.hash | toJson | sha256sum | trunc 8 -}}
{{- include "stateful.objects.add" (dict "settings" .settings "kind" "Job" "item" (merge (dict "name" (printf "%s-%s" .item.name $hash)) (omit .item "hash"))) -}}
{{- end -}}

{{/*
stateful.objects.tls adds the certificate that cert-manager makes, and the
authority that signs it where the user names none. Takes settings; prints nothing.
*/}}
{{- define "stateful.objects.tls" -}}
{{- $settings := .settings -}}
{{- $release := $settings.names.release -}}
{{- $own := printf "%s-ca" $release -}}
{{- $self := printf "%s-self-signed" $release -}}
{{- $base := dict "component" $settings.main -}}
{{- if $settings.tls.authority -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Issuer" "item" (merge (dict "name" $self) $base)) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Issuer" "item" (merge (dict "name" $own "secret" $own) $base)) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Certificate" "item" (merge (dict "name" $own "authority" true "issuer" (dict "name" $self "kind" "Issuer" "group" "cert-manager.io")) $base)) -}}
{{- end -}}
{{- if $settings.tls.issued -}}
{{-   $issuer := ternary (dict "name" $own "kind" "Issuer" "group" "cert-manager.io") $settings.values.tls.certManager.issuer $settings.tls.authority -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Certificate" "item" (merge (dict "name" $settings.tls.secret "issuer" $issuer) $base)) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.jobs adds the Jobs that run a script when members come, go or
change roles: those of facts.jobs whose script there is. Takes settings and pool;
prints nothing.
*/}}
{{- define "stateful.objects.jobs" -}}
{{- $settings := .settings -}}
{{- $pool := .pool -}}
{{- range $name, $job := $settings.facts.jobs -}}
{{-   if hasKey $settings.scripts $job.script -}}
{{-     $hash := list $pool.image $pool.clientEnv $settings.scripts $pool.files $settings.values.primary $settings.values.helpers $pool.security $pool.scheduling -}}
{{-     range $settings.pools }}{{ $hash = append $hash .members }}{{ end -}}
{{-     include "stateful.objects.job" (dict "settings" $settings "item" (dict "name" (printf "%s-%s" $settings.names.release $name) "component" $name "script" $job.script "hook" $job.hook "weight" ($job.weight | default "0") "pool" $pool "hash" $hash)) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.jobs.before prints "true" when a Job runs before an upgrade. Takes settings. */}}
{{- define "stateful.jobs.before" -}}
{{- $before := "" -}}
{{- range $job := .settings.facts.jobs -}}
{{-   if and (hasKey $.settings.scripts $job.script) (contains "pre-" $job.hook) }}{{ $before = "true" }}{{ end -}}
{{- end -}}
{{- $before -}}
{{- end -}}

{{/* stateful.objects.metrics adds monitor, alerts and dashboard. Takes settings and pool; prints nothing. */}}
{{- define "stateful.objects.metrics" -}}
{{- $settings := .settings -}}
{{- $metrics := $settings.values.metrics -}}
{{- $release := $settings.names.release -}}
{{- $base := dict "name" $release "component" $settings.main "pool" .pool -}}
{{- if $metrics.enabled -}}
{{-   if $metrics.monitor.enabled -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" $metrics.monitor.kind "item" (merge (dict "labels" $metrics.monitor.labels) $base)) -}}
{{-   end -}}
{{-   if $metrics.rules.enabled -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" "PrometheusRule" "item" (merge (dict "labels" $metrics.rules.labels) $base)) -}}
{{-   end -}}
{{-   if $metrics.dashboard.enabled -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" "ConfigMap" "item" (merge (dict "name" (printf "%s-dashboard" $release) "labels" $metrics.dashboard.labels "file" (printf "dashboards/%s.json" .pool.facts.metrics.dashboard)) $base)) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.objects.test adds the pod of helm test. Takes settings and pool; prints nothing. */}}
{{- define "stateful.objects.test" -}}
{{- $settings := .settings -}}
{{- $test := $settings.values.test -}}
{{- if and $test.enabled (or $test.command (hasKey $settings.scripts "test.sh")) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Pod" "item" (dict "name" (printf "%s-test" $settings.names.release) "component" "test" "labels" (dict $settings.names.client "true") "hook" "test" "pool" .pool)) -}}
{{- end -}}
{{- end -}}
