{{/* stateful.objects.ConfigMap prints item.data as text blocks. Takes item. */}}
{{- define "stateful.objects.ConfigMap" -}}
data:
  {{- range $name, $text := .item.data }}
  {{ $name }}: |
    {{- $text | trimSuffix "\n" | nindent 4 }}
  {{- end }}
{{- end -}}
