{{/*
stateful.objects.NetworkPolicy prints who may reach a pool: clients their ports,
the release's own pods all of them, monitoring the metrics; and what the pool may
reach: DNS, the release's own pods, the API server where its members ask it, and
what the user names. Takes settings and item.
*/}}
{{- define "stateful.objects.NetworkPolicy" -}}
{{- $pool := .item.pool -}}
{{- $policy := .settings.values.networkPolicy -}}
{{- $selector := include "stateful.selector" (dict "settings" .settings "component" $pool.component) | fromYaml -}}
{{- $own := list (dict "podSelector" (dict "matchLabels" (omit $selector "app.kubernetes.io/component"))) -}}
{{- $client := dict "podSelector" (dict "matchLabels" (dict .settings.names.client "true")) -}}
{{- $alone := eq .settings.pattern "single-instance" -}}
{{- $everybody := list (dict "namespaceSelector" dict) -}}
{{- /* a preset's port with metrics may do more than that: closed while nobody scrapes it */ -}}
{{- $scraped := or .settings.values.metrics.enabled (not $pool.facts.metrics) -}}
{{- $from := dict "clients" (prepend $policy.clients $client) "peers" list "metrics" (ternary ($policy.monitoring | default $everybody) list $scraped) -}}
spec:
  podSelector:
    matchLabels:
      {{- toYaml $selector | nindent 6 }}
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
    {{- if not $alone }}
    - from:
        {{- toYaml $own | nindent 8 }}
      ports:
        {{- range $pool.ports }}
        - {port: {{ .port }}, protocol: {{ .protocol }}}
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
    {{- if not $alone }}
    - to:
        {{- toYaml $own | nindent 8 }}
    {{- end }}
    {{- if or $pool.facts.kubernetes $pool.facts.role }}
    # The API server: it has an address of the nodes' network, which no selector matches.
    - ports:
        - {port: 443, protocol: TCP}
        - {port: 6443, protocol: TCP}
    {{- end }}
    {{- with $policy.egress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
