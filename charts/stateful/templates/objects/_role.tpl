{{/* stateful.objects.Role prints item.rules. Takes item. */}}
{{- define "stateful.objects.Role" -}}
rules:
  {{- toYaml .item.rules | nindent 2 }}
{{- end -}}
