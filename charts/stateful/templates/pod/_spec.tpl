{{/* stateful.pod.spec prints the pod spec of a pool. Takes root, settings and pool. */}}
{{- define "stateful.pod.spec" -}}
{{- $pool := .pool -}}
serviceAccountName: {{ include "stateful.serviceAccount" . }}
automountServiceAccountToken: {{ .settings.values.serviceAccount.automountToken }}
enableServiceLinks: false
{{- include "stateful.pod.placement" . }}
{{- include "stateful.pod.scheduling" . }}
terminationGracePeriodSeconds: {{ $pool.lifecycle.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml $pool.security.pod | nindent 2 }}
{{- with $pool.extraInitContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - {{ include "stateful.pod.container" . | trim | indent 4 | trim }}
  {{- with $pool.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- toYaml $pool.volumes | nindent 2 }}
{{- end -}}
