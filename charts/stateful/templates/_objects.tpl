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
{{-   include "stateful.objects.pool" (dict "root" $.root "settings" $settings "pool" $pool) -}}
{{- end -}}
{{- $values := $settings.values -}}
{{- if $values.serviceAccount.create -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "ServiceAccount" "item" (dict "name" (include "stateful.serviceAccount" $) "component" "server" "annotations" $values.serviceAccount.annotations)) -}}
{{- end -}}
{{- if $settings.auth.generated -}}
{{-   $name := printf "%s-credentials" $settings.names.release -}}
{{-   $hook := dict "component" "credentials" "hook" "pre-install,pre-upgrade" "weight" "-10" -}}
{{-   range $kind := list "ServiceAccount" "Role" "RoleBinding" -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" $kind "item" (merge (dict "name" $name) $hook)) -}}
{{-   end -}}
{{-   $pool := first $settings.pools -}}
{{- /* A Job cannot change: without Helm, kubectl apply would be refused after a change under the same name. */ -}}
{{-   $hash := list $pool.image $values.auth.generate $settings.auth $pool.security $pool.scheduling | toJson | sha256sum | trunc 8 -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Job" "item" (merge (dict "name" (printf "%s-%s" $name $hash) "account" $name "weight" "-5" "pool" $pool) $hook)) -}}
{{- end -}}
{{- $test := $values.test -}}
{{- if and $test.enabled (or $test.command (hasKey (first $settings.pools).scripts "test.sh")) -}}
{{-   include "stateful.objects.add" (dict "settings" $settings "kind" "Pod" "item" (dict "name" (printf "%s-test" $settings.names.release) "component" "test" "labels" (dict $settings.names.client "true") "hook" "test" "pool" (first $settings.pools))) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.objects.pool adds the objects of one pool. Takes root, settings and
pool; prints nothing.
*/}}
{{- define "stateful.objects.pool" -}}
{{- $settings := .settings -}}
{{- $pool := .pool -}}
{{- $values := $settings.values -}}
{{- $kinds := dict "StatefulSet" (list dict) "PodDisruptionBudget" (list dict) -}}
{{- if $pool.ports -}}
{{-   $service := $values.service -}}
{{-   $_ := set $kinds "Service" (list
        (dict "headless" false "annotations" $service.annotations)
        (dict "headless" true "suffix" "-headless" "annotations" $service.headless.annotations)) -}}
{{- end -}}
{{- $maps := list -}}
{{- with $pool.files }}{{ $maps = append $maps (dict "suffix" "-config" "data" .) }}{{ end -}}
{{- with $pool.scripts }}{{ $maps = append $maps (dict "suffix" "-scripts" "data" .) }}{{ end -}}
{{- $_ := set $kinds "ConfigMap" $maps -}}
{{- if $values.networkPolicy.enabled }}{{ $_ := set $kinds "NetworkPolicy" (list dict) }}{{ end -}}
{{- range $kind, $items := $kinds -}}
{{-   range $item := $items -}}
{{-     $_ := set $item "name" (printf "%s%s" $pool.fullname ($item.suffix | default "")) -}}
{{-     $_ := set $item "component" $pool.component -}}
{{-     $_ := set $item "pool" $pool -}}
{{-     if eq $kind "StatefulSet" }}{{ $_ := set $item "annotations" (include "stateful.annotations" (dict "settings" $settings "pool" $pool) | fromYaml) }}{{ end -}}
{{-     include "stateful.objects.add" (dict "settings" $settings "kind" $kind "item" $item) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.objects.add puts item into settings.objects under kind. Prints nothing. */}}
{{- define "stateful.objects.add" -}}
{{- $_ := set .settings.objects .kind (append (get .settings.objects .kind | default list) .item) -}}
{{- end -}}

{{/*
stateful.annotations prints what stateward's engine reads: the topology this
StatefulSet stands for. Takes settings and pool.
*/}}
{{- define "stateful.annotations" -}}
stateward.dev/pattern: {{ .settings.pattern | quote }}
stateward.dev/preset: {{ .settings.preset | quote }}
stateward.dev/members: {{ .pool.replicas | toString | quote }}
stateward.dev/quorum: "1"
{{- end -}}

{{/* stateful.serviceAccount prints the name of the server's service account. Takes settings. */}}
{{- define "stateful.serviceAccount" -}}
{{- $account := .settings.values.serviceAccount -}}
{{- $account.name | default (ternary .settings.names.release "default" $account.create) -}}
{{- end -}}
