{{ define "fails.outer" }}{{ include "fails.inner" . }}{{ end }}
{{ define "fails.inner" }}
  {{ .Values.deep.missing.field }}
{{ end }}
{{ define "fails.recursion" }}{{ include "fails.recursion" . }}{{ end }}
{{ define "fails.template-recursion" }}{{ template "fails.template-recursion" . }}{{ end }}
