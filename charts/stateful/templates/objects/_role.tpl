{{/*
stateful.objects.Role prints what the credentials Job may do: make Secrets
(create cannot be narrowed to a name), and read and change the release's own.
Takes settings.
*/}}
{{- define "stateful.objects.Role" -}}
rules:
  - apiGroups: [""]
    resources: [secrets]
    verbs: [create]
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [{{ .settings.auth.secret }}]
    verbs: [get, patch]
{{- end -}}
