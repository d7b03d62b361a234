{{/*
stateful.objects.Service prints the spec of one of a pool's two Services: the
headless one gives members their DNS names, ready or not, with all ports; the
other is for clients and metrics, with their ports. Takes settings and item.
*/}}
{{- define "stateful.objects.Service" -}}
{{- $pool := .item.pool -}}
{{- $service := $pool.service -}}
spec:
  {{- if .item.headless }}
  clusterIP: None
  publishNotReadyAddresses: true
  {{- else }}
  type: {{ $service.type }}
  {{- range $key := list "clusterIP" "loadBalancerClass" "loadBalancerSourceRanges" "externalTrafficPolicy" "sessionAffinity" "ipFamilyPolicy" "ipFamilies" }}
  {{- with get $service $key }}
  {{ $key }}: {{ toJson . }}
  {{- end }}
  {{- end }}
  {{- end }}
  selector:
    {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 4 }}
  ports:
    {{- range $port := $pool.ports }}
    {{- if or $.item.headless (ne .audience "peers") }}
    - name: {{ .name }}
      port: {{ ternary .port .servicePort $.item.headless }}
      targetPort: {{ .name }}
      protocol: {{ .protocol }}
      {{- if and .nodePort (not $.item.headless) }}
      nodePort: {{ .nodePort }}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}
