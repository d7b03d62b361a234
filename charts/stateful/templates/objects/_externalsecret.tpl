{{/* stateful.objects.ExternalSecret prints what fetches the credentials. Takes settings. */}}
{{- define "stateful.objects.ExternalSecret" -}}
{{- $external := .settings.values.auth.externalSecret -}}
spec:
  refreshInterval: {{ $external.refreshInterval }}
  secretStoreRef:
    name: {{ $external.store.name }}
    kind: {{ $external.store.kind }}
  target:
    name: {{ .settings.auth.secret }}
    # As with a generated Secret: it stays beside the volumes that its passwords open.
    creationPolicy: Orphan
    deletionPolicy: Retain
  {{- with $external.key }}
  dataFrom:
    - extract: {key: {{ . | quote }}}
  {{- end }}
  {{- with $external.data }}
  data:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
