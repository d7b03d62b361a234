{{/* stateful.pod.template prints the pod template of a pool. Takes root, settings and pool. */}}
{{- define "stateful.pod.template" -}}
{{- $pool := .pool -}}
{{- $values := .settings.values -}}
metadata:
  labels:
    {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 4 }}
    {{- /* By these the members find each other through the API server. */ -}}
    {{- range $name, $value := ($pool.facts.kubernetes | default dict).podLabels }}
    {{ $name }}: {{ replace "RELEASE" $.settings.names.release $value }}
    {{- end }}
    {{- with merge (dict) $pool.podLabels $values.commonLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    {{- if $pool.facts.role }}
    kubectl.kubernetes.io/default-container: {{ $pool.name }}
    {{- end }}
    # The server reads its files when it starts: a change must restart it.
    stateward.dev/config-checksum: {{ dict "files" $pool.files "scripts" $pool.scripts | toJson | sha256sum }}
    {{- with merge (dict) $pool.podAnnotations $values.commonAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "stateful.pod.spec" . | trim | nindent 2 }}
{{- end -}}
