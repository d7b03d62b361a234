{{/*
stateful.pod.probes prints the startup, liveness and readiness probes that are
enabled and have a handler. Takes pool.
*/}}
{{- define "stateful.pod.probes" -}}
{{- range $name := list "startup" "liveness" "readiness" }}
{{- $probe := get $.pool.probes $name | default dict }}
{{- $body := omit $probe "enabled" }}
{{- if and $body (ne (toString $probe.enabled) "false") }}
{{ $name }}Probe:
  {{- toYaml $body | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
