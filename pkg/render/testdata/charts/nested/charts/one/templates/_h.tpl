{{ define "one.name" }}{{ .Values.name }}{{ end }}
{{ define "clash" }}one{{ end }}