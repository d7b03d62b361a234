{{/*
stateful.render prints all objects of one kind. The one line of each template
of a pattern chart. Takes root and kind.
  {{ include "stateful.render" (dict "root" . "kind" "StatefulSet") }}
*/}}
{{- define "stateful.render" -}}
{{- include "stateful.settings" .root -}}
{{- $settings := .root.stateward -}}
{{- range $item := get $settings.objects .kind | default list }}
---
{{ include "stateful.object" (dict "root" $.root "settings" $settings "kind" $.kind "item" $item) }}
{{- end }}
{{- end -}}

{{/*
stateful.object prints one object, the user's patches merged in. Only an object
with a patch is read back and printed anew. Takes root, settings, kind and item.
*/}}
{{- define "stateful.object" -}}
{{- $text := include "stateful.object.text" . -}}
{{- $patches := list -}}
{{- range $patch := .settings.values.patches -}}
{{-   if include "stateful.patch.matches" (dict "patch" $patch "kind" $.kind "item" $.item) }}{{ $patches = append $patches $patch.patch }}{{ end -}}
{{- end -}}
{{- if $patches -}}
{{-   $object := fromYaml $text -}}
{{-   range $patches -}}
{{-     include "stateful.merge" (dict "into" $object "from" .) -}}
{{-   end -}}
{{-   $text = toYaml $object -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* stateful.patch.matches prints "true" when patch is for item of kind, else nothing. */}}
{{- define "stateful.patch.matches" -}}
{{- if and (eq .patch.kind .kind) (has .patch.name (list nil "" .item.name)) -}}true{{- end -}}
{{- end -}}

{{/*
stateful.object.text prints head and body of one object; the body is
stateful.objects.<kind>. Takes root, settings, kind and item.
*/}}
{{- define "stateful.object.text" -}}
{{- $values := .settings.values -}}
{{- $apis := dict "StatefulSet" "apps/v1" "Deployment" "apps/v1" "Job" "batch/v1" "PodDisruptionBudget" "policy/v1" "NetworkPolicy" "networking.k8s.io/v1"
      "Role" "rbac.authorization.k8s.io/v1" "RoleBinding" "rbac.authorization.k8s.io/v1"
      "Certificate" "cert-manager.io/v1" "Issuer" "cert-manager.io/v1" "ExternalSecret" "external-secrets.io/v1"
      "PodMonitor" "monitoring.coreos.com/v1" "ServiceMonitor" "monitoring.coreos.com/v1" "PrometheusRule" "monitoring.coreos.com/v1" -}}
{{- $annotations := merge (dict) (.item.annotations | default dict) $values.commonAnnotations -}}
{{- with .item.hook -}}
{{- /* A rollback changes members and roles as an upgrade does, and runs no hooks of upgrades. */ -}}
{{-   $_ := set $annotations "helm.sh/hook" (regexReplaceAll "(pre|post)-upgrade" . "${1}-upgrade,${1}-rollback") -}}
{{-   $_ := set $annotations "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
{{-   with $.item.weight }}{{ $_ := set $annotations "helm.sh/hook-weight" . }}{{ end -}}
{{- end -}}
apiVersion: {{ get $apis .kind | default "v1" }}
kind: {{ .kind }}
metadata:
  name: {{ .item.name }}
  namespace: {{ .settings.names.namespace }}
  labels:
    {{- merge (dict "app.kubernetes.io/component" .item.component) (.item.labels | default dict) .settings.labels $values.commonLabels | toYaml | nindent 4 }}
  {{- with $annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{ include (printf "stateful.objects.%s" .kind) . | trim }}
{{- end -}}
