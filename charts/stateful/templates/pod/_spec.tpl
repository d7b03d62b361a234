{{/* stateful.pod.spec prints the pod spec of a pool. Takes root, settings and pool. */}}
{{- define "stateful.pod.spec" -}}
{{- $pool := .pool -}}
serviceAccountName: {{ .settings.names.account }}
automountServiceAccountToken: {{ .settings.values.serviceAccount.automountToken }}
enableServiceLinks: false
{{- include "stateful.pod.placement" . }}
{{- include "stateful.pod.scheduling" . }}
terminationGracePeriodSeconds: {{ $pool.lifecycle.terminationGracePeriodSeconds | default 30 }}
securityContext:
  {{- toYaml $pool.security.pod | nindent 2 }}
{{- if or $pool.tools $pool.extraInitContainers }}
initContainers:
  {{- if $pool.tools }}
  - {{ include "stateful.pod.shell" . | indent 4 | trim }}
  {{- end }}
  {{- with $pool.extraInitContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
containers:
  - {{ include "stateful.pod.container" . | trim | indent 4 | trim }}
  {{- if $pool.facts.role }}
  - {{ include "stateful.pod.role" . | trim | indent 4 | trim }}
  {{- end }}
  {{- range $pool.ports }}
  {{- if eq .container "metrics" }}
  - {{ include "stateful.pod.metrics" $ | trim | indent 4 | trim }}
  {{- end }}
  {{- end }}
  {{- with $pool.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  {{- toYaml $pool.volumes | nindent 2 }}
{{- end -}}
