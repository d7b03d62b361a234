{{/* stateful.objects.RoleBinding binds the Role of the item's name to the item's account. Takes settings and item. */}}
{{- define "stateful.objects.RoleBinding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .item.name }}
subjects:
  - kind: ServiceAccount
    name: {{ .item.account }}
    namespace: {{ .settings.names.namespace }}
{{- end -}}
