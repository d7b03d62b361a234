{{/* stateful.objects.RoleBinding binds the Role of the item's name to the ServiceAccount of that name. Takes settings and item. */}}
{{- define "stateful.objects.RoleBinding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .item.name }}
subjects:
  - kind: ServiceAccount
    name: {{ .item.name }}
    namespace: {{ .settings.names.namespace }}
{{- end -}}
