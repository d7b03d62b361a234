{{/* stateful.notes prints what a person needs after an install. Takes the root. */}}
{{- define "stateful.notes" -}}
{{- include "stateful.settings" . -}}
{{- $settings := .stateward -}}
{{- $values := $settings.values -}}
{{- $pool := first $settings.pools -}}
{{- $namespace := $settings.names.namespace -}}
{{ $settings.preset }} ({{ $settings.pattern }}) is release {{ .Release.Name }} in namespace {{ $namespace }}.

Clients connect to:
{{- $host := "" }}
{{- range $service := $settings.services }}
{{- if not (has .kind (list "headless" "member")) }}
{{- range .ports }}
{{- if ne .targetPort "metrics" }}
  {{ $service.name }}.{{ $namespace }}.svc:{{ .port }} ({{ .name }}{{ get (dict "write" ", the primary" "read" ", the replicas") $service.kind }})
{{- end }}
{{- end }}
{{- end }}
{{- if eq .host "STATEWARD_HOST" }}{{ $host = printf "%s.%s.svc" .name $namespace }}{{ end }}
{{- end }}
{{- if $values.networkPolicy.enabled }}

Only these pods may connect: those in this namespace with the label
  {{ $settings.names.client }}: "true"
{{- if $values.networkPolicy.clients }}
and the peers in networkPolicy.clients.
{{- else }}
Name others under networkPolicy.clients.
{{- end }}
{{- if ne $values.service.type "ClusterIP" }}
Clients outside of the cluster need an ipBlock there.
{{- end }}
{{- end }}
{{- if $settings.auth.enabled }}

Credentials are in the Secret {{ $settings.auth.secret }}.
{{- $keys := keys $settings.auth.lengths $values.auth.keys | uniq | sortAlpha }}
{{- range $key := ternary (list "password") $keys (has "password" $keys) | first | list | compact }}
  kubectl get secret --namespace {{ $namespace }} {{ $settings.auth.secret }} --output go-template='{{ "{{" }}index .data {{ get $values.auth.keys $key | default $key | quote }} | base64decode{{ "}}" }}'
{{- with without $keys $key }}
Other keys: {{ join ", " . }}
{{- end }}
{{- end }}
{{- if $settings.auth.generated }}
It was made once and belongs to no release: uninstalling keeps it, beside the volumes.
{{- end }}
{{- end }}
{{- with $settings.facts.guarantee }}

{{ . | trim }}
{{- end }}
{{- with $settings.facts.connect }}

From a pod with that label and the system's client:
  {{ . | replace "HOST" $host | replace "PORT" (toString $pool.port) | replace "USERNAME" (toString $values.auth.username) | replace "DATABASE" (toString $values.auth.database) }}
{{- end }}
{{- if $pool.claims }}

The data is on the claim{{ if gt (len $pool.members) 1 }}s{{ end }} {{ range $i, $member := $pool.members }}{{ if $i }}, {{ end }}data-{{ $member }}{{ end }}{{ if eq $pool.storage.retention.whenDeleted "Retain" }}, which stay{{ if eq (len $pool.members) 1 }}s{{ end }} when the release is uninstalled{{ end }}.
{{- else if not $pool.storage.existingClaim }}

WARNING: storage.enabled is false. The data is lost whenever the pod goes.
{{- end }}
{{- if and (hasKey $values.disruption "allow") (not $values.disruption.allow) }}

disruption.allow is false: a drain of the server's node waits until somebody deletes the pod.
{{- end }}
{{- end -}}
