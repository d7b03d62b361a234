{{/* stateful.objects.ServiceAccount prints an account whose token no pod gets unasked. Takes nothing. */}}
{{- define "stateful.objects.ServiceAccount" -}}
automountServiceAccountToken: false
{{- end -}}
