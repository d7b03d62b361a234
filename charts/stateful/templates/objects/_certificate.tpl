{{/*
stateful.objects.Certificate prints the certificate of all members, or that of
the chart's own authority. Takes settings and item.
*/}}
{{- define "stateful.objects.Certificate" -}}
{{- $manager := .settings.values.tls.certManager -}}
{{- $namespace := .settings.names.namespace -}}
spec:
  secretName: {{ .item.name }}
  {{- if .item.authority }}
  isCA: true
  commonName: {{ .item.name }}
  duration: 87600h
  {{- else }}
  duration: {{ $manager.duration }}
  renewBefore: {{ $manager.renewBefore }}
  # Members are clients of each other.
  usages: [server auth, client auth]
  dnsNames:
    - localhost
    {{- range $service := .settings.services }}
    {{- range $suffix := list "" (printf ".%s" $namespace) (printf ".%s.svc" $namespace) (printf ".%s" $.settings.names.domain) }}
    - {{ $service.name }}{{ $suffix }}
    {{- end }}
    {{- if eq $service.kind "headless" }}
    - "*.{{ $service.name }}.{{ $namespace }}.svc"
    - "*.{{ $service.name }}.{{ $.settings.names.domain }}"
    {{- end }}
    {{- end }}
    {{- with $manager.dnsNames }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ipAddresses: [127.0.0.1]
  {{- end }}
  privateKey:
    algorithm: ECDSA
    size: 256
    # Kafka reads no other; all others read it too.
    encoding: PKCS8
    rotationPolicy: Always
  issuerRef:
    {{- toYaml .item.issuer | nindent 4 }}
{{- end -}}
