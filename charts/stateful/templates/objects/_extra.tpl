{{/*
stateful.extraObjects prints the user's own objects, each a YAML object or a
string, after tpl. Takes the root.
*/}}
{{- define "stateful.extraObjects" -}}
{{- range .Values.extraObjects }}
---
{{ tpl (ternary . (toYaml .) (kindIs "string" .)) $ }}
{{- end }}
{{- end -}}
