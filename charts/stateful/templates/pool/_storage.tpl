{{/*
stateful.pool.storage fills pool.claims, the volume claim templates, and starts
pool.volumes and pool.mounts with the data and log volumes. Takes root, settings
and pool; prints nothing.
*/}}
{{- define "stateful.pool.storage" -}}
{{- $_ := set .pool "claims" list -}}
{{- $_ := set .pool "volumes" list -}}
{{- $_ := set .pool "mounts" list -}}
{{- if not .pool.facts.stateless -}}
{{-   include "stateful.pool.volume" (dict "root" .root "settings" .settings "pool" .pool "name" "data" "storage" .pool.storage) -}}
{{-   if .pool.storage.log.enabled -}}
{{-     include "stateful.pool.volume" (dict "root" .root "settings" .settings "pool" .pool "name" "log" "storage" .pool.storage.log) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.pool.volume adds one volume to pool.mounts, and to pool.claims or
pool.volumes. Takes root, settings, pool, name, and storage: the part of the
values that describes the volume. Prints nothing.

The labels of a claim template are immutable: no version may be among them.
apiVersion and kind are what the API server would add, and what GitOps tools
else report as drift.
*/}}
{{- define "stateful.pool.volume" -}}
{{- $storage := .storage -}}
{{- $_ := set .pool "mounts" (append .pool.mounts (dict "name" .name "mountPath" $storage.mountPath)) -}}
{{- if $storage.existingClaim -}}
{{-   $_ := set .pool "volumes" (append .pool.volumes (dict "name" .name "persistentVolumeClaim" (dict "claimName" $storage.existingClaim))) -}}
{{- else if not .pool.storage.enabled -}}
{{-   $_ := set .pool "volumes" (append .pool.volumes (dict "name" .name "emptyDir" dict)) -}}
{{- else -}}
{{-   $metadata := dict "name" .name "labels" (include "stateful.selector" (dict "settings" .settings "component" .pool.component) | fromYaml) -}}
{{-   with $storage.annotations }}{{ $_ := set $metadata "annotations" . }}{{ end -}}
{{-   include "stateful.merge" (dict "into" $metadata.labels "from" ($storage.labels | default dict)) -}}
{{-   $spec := dict "accessModes" $storage.accessModes "volumeMode" "Filesystem" "resources" (dict "requests" (dict "storage" $storage.size)) -}}
{{-   $class := $storage.class | default (.root.Values.global).storageClass -}}
{{-   with $class }}{{ $_ := set $spec "storageClassName" (ternary "" . (eq . "-")) }}{{ end -}}
{{-   with $storage.selector }}{{ $_ := set $spec "selector" . }}{{ end -}}
{{-   with $storage.dataSource }}{{ $_ := set $spec "dataSource" . }}{{ end -}}
{{-   $_ := set .pool "claims" (append .pool.claims (dict "apiVersion" "v1" "kind" "PersistentVolumeClaim" "metadata" $metadata "spec" $spec)) -}}
{{- end -}}
{{- end -}}
