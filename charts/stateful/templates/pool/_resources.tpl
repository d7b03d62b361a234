{{/*
stateful.pool.resources fills pool.resources with limits and requests: the size
named by resources.preset, under what the user wrote. A request that nobody
wrote equals its limit. Fills pool.memory, the memory limit in bytes, 0 when
there is none. Takes root and pool; prints nothing.
*/}}
{{- define "stateful.pool.resources" -}}
{{- $resources := .pool.resources -}}
{{- $limits := dict -}}
{{- with $resources.preset -}}
{{-   $sizes := $.root.Subcharts.stateful.Files.Get "sizes.yaml" | fromYaml -}}
{{-   $limits = get $sizes . -}}
{{- end -}}
{{- include "stateful.merge" (dict "into" $limits "from" ($resources.limits | default dict)) -}}
{{- $requests := deepCopy $limits -}}
{{- include "stateful.merge" (dict "into" $requests "from" ($resources.requests | default dict)) -}}
{{- $memory := 0 -}}
{{- with $limits.memory -}}
{{-   $memory = include "stateful.bytes" (dict "quantity" . "path" (printf "%sresources.limits.memory" $.pool.path)) | int64 -}}
{{- end -}}
{{- $_ := set .pool "resources" (dict "limits" $limits "requests" $requests) -}}
{{- $_ := set .pool "memory" $memory -}}
{{- end -}}
