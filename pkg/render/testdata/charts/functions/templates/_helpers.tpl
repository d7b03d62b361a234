{{- define "functions.name" -}}
{{ .Chart.Name }}-{{ .Release.Name }}
{{- end -}}
{{ define "functions.outer" }}
  {{- $n := .x -}}
  {{- if lt $n 4 }}{{ $n }} {{ include "functions.outer" (dict "ctx" .ctx "x" (add1 $n)) }}{{ end -}}
{{ end }}
{{- define "functions.unused" }}{{ .nothing.here }}{{ end }}
