{{/*
stateful.objects.Service prints the spec of a Service. Those for members give
addresses, ready or not: a member must be found before it is ready. Takes
settings and item.
*/}}
{{- define "stateful.objects.Service" -}}
{{- $service := .item.service -}}
spec:
  {{- if eq $service.kind "headless" }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- else if eq $service.kind "member" }}
  publishNotReadyAddresses: true
  {{- else }}
  type: {{ $service.options.type }}
  {{- range $key := list "clusterIP" "loadBalancerClass" "loadBalancerSourceRanges" "externalTrafficPolicy" "sessionAffinity" "ipFamilyPolicy" "ipFamilies" }}
  {{- with get $service.options $key }}
  {{ $key }}: {{ toJson . }}
  {{- end }}
  {{- end }}
  {{- end }}
  selector:
    {{- include "stateful.selector" (dict "settings" .settings "component" $service.pool.component) | nindent 4 }}
    {{- with $service.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  ports:
    {{- range $service.ports }}
    - name: {{ .name }}
      port: {{ .port }}
      targetPort: {{ .targetPort }}
      protocol: {{ .protocol }}
      {{- with .nodePort }}
      nodePort: {{ . }}
      {{- end }}
    {{- end }}
{{- end -}}
