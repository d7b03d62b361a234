{{/* stateful.objects.PodMonitor prints who is scraped, by pods. Takes settings and item. */}}
{{- define "stateful.objects.PodMonitor" -}}
spec:
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.component) | nindent 6 }}
  podMetricsEndpoints:
    {{- include "stateful.monitor.endpoints" . | trim | nindent 4 }}
{{- end -}}

{{/* stateful.objects.ServiceMonitor prints who is scraped, by the headless Service. Takes settings and item. */}}
{{- define "stateful.objects.ServiceMonitor" -}}
spec:
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.component) | nindent 6 }}
      stateward.dev/service: headless
  endpoints:
    {{- include "stateful.monitor.endpoints" . | trim | nindent 4 }}
{{- end -}}

{{/*
stateful.monitor.endpoints prints how a member is scraped, as a list: the exporter
or the server's own endpoint, and facts.metrics.also, more endpoints of the server.
Takes settings and item.
*/}}
{{- define "stateful.monitor.endpoints" -}}
{{- $metrics := .item.pool.facts.metrics -}}
{{- $tls := ternary (.item.pool.facts.tls | default dict) dict .settings.tls.enabled -}}
{{- $main := dict "endpoint" ($metrics.endpoint | default "metrics") "path" $metrics.path "scheme" $tls.scheme -}}
{{- range $endpoint := prepend ($metrics.also | default list) $main }}
- {{ include "stateful.monitor.endpoint" (merge (dict "metrics" $endpoint "tls" $tls) $) | indent 2 | trim }}
{{- end }}
{{- end -}}

{{/*
stateful.monitor.endpoint prints one endpoint. Takes settings, item, tls (the facts
of TLS, when it is on) and metrics: endpoint (name of the port), path, scheme.
*/}}
{{- define "stateful.monitor.endpoint" -}}
{{- $monitor := .settings.values.metrics.monitor -}}
{{- $metrics := .metrics -}}
port: {{ $metrics.endpoint }}
path: {{ $metrics.path | default "/metrics" }}
interval: {{ $monitor.interval }}
{{- with $monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if and .tls (eq ($metrics.scheme | default "http") "https") }}
scheme: https
tlsConfig:
  ca: {secret: {name: {{ .settings.tls.secret }}, key: ca.crt}}
  serverName: {{ .item.pool.fullname }}-headless
{{- end }}
{{- with $monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
