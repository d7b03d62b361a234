{{/* stateful.objects.Issuer prints an issuer that signs with item.secret, or, without one, has certificates sign themselves. Takes item. */}}
{{- define "stateful.objects.Issuer" -}}
spec:
  {{- if .item.secret }}
  ca: {secretName: {{ .item.secret }}}
  {{- else }}
  selfSigned: {}
  {{- end }}
{{- end -}}
