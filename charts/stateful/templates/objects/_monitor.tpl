{{/* stateful.objects.PodMonitor prints who is scraped, by pods. Takes settings and item. */}}
{{- define "stateful.objects.PodMonitor" -}}
spec:
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.component) | nindent 6 }}
  podMetricsEndpoints:
    - {{ include "stateful.monitor.endpoint" . | indent 6 | trim }}
{{- end -}}

{{/* stateful.objects.ServiceMonitor prints who is scraped, by the headless Service. Takes settings and item. */}}
{{- define "stateful.objects.ServiceMonitor" -}}
spec:
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.component) | nindent 6 }}
      stateward.dev/service: headless
  endpoints:
    - {{ include "stateful.monitor.endpoint" . | indent 6 | trim }}
{{- end -}}

{{/* stateful.monitor.endpoint prints how a member is scraped. Takes settings and item. */}}
{{- define "stateful.monitor.endpoint" -}}
{{- $monitor := .settings.values.metrics.monitor -}}
{{- $metrics := .item.pool.facts.metrics -}}
{{- $tls := ternary (.item.pool.facts.tls | default dict) dict .settings.tls.enabled -}}
port: {{ $metrics.endpoint | default "metrics" }}
path: {{ $metrics.path | default "/metrics" }}
interval: {{ $monitor.interval }}
{{- with $monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- if eq ($tls.scheme | default "http") "https" }}
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
