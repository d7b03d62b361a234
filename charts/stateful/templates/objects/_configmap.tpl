{{/* stateful.objects.ConfigMap prints item.data, or one file of the library, as text blocks. Takes root and item. */}}
{{- define "stateful.objects.ConfigMap" -}}
{{- $data := .item.data -}}
{{- with .item.file }}{{ $data = dict (base .) ($.root.Subcharts.stateful.Files.Get .) }}{{ end -}}
data:
  {{- range $name, $text := $data }}
  {{ $name }}: |
    {{- $text | trimSuffix "\n" | nindent 4 }}
  {{- end }}
{{- end -}}
