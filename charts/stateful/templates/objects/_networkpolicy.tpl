{{/*
stateful.objects.NetworkPolicy prints who may reach a pool: clients their ports,
members each other, monitoring the metrics; and what the pool may reach: DNS,
its own members, and what the user names. Takes settings and item.
*/}}
{{- define "stateful.objects.NetworkPolicy" -}}
{{- $pool := .item.pool -}}
{{- $policy := .settings.values.networkPolicy -}}
{{- $self := list (dict "podSelector" (dict "matchLabels" (include "stateful.selector" (dict "settings" .settings "component" $pool.component) | fromYaml))) -}}
{{- $client := dict "podSelector" (dict "matchLabels" (dict .settings.names.client "true")) -}}
{{- $from := dict "clients" (prepend $policy.clients $client) "peers" $self "metrics" $policy.monitoring -}}
spec:
  podSelector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- range $audience, $peers := $from }}
    {{- $ports := list }}
    {{- range $port := $pool.ports }}
    {{- if eq $port.audience $audience }}{{ $ports = append $ports (dict "port" $port.port "protocol" $port.protocol) }}{{ end }}
    {{- end }}
    {{- if and $ports $peers }}
    - from:
        {{- toYaml $peers | nindent 8 }}
      ports:
        {{- toYaml $ports | nindent 8 }}
    {{- end }}
    {{- end }}
    {{- with $policy.ingress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  egress:
    # To any address: resolvers run as pods, as host-network caches, or outside the cluster.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
    {{- with $policy.egress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
