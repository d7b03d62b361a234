{{/* stateful.pod.lifecycle prints the container's hooks. Takes pool. */}}
{{- define "stateful.pod.lifecycle" -}}
{{- with omit .pool.lifecycle "terminationGracePeriodSeconds" }}
lifecycle:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
