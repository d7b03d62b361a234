{{/*
stateful.pool.ports fills pool.ports, a list of {name, port, protocol, audience,
container, servicePort, nodePort} sorted by name, and pool.port, the first port
for clients, else the first. audience says who connects: clients, peers or
metrics; container which one listens. Takes settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.ports" -}}
{{- $pool := .pool -}}
{{- $service := $pool.service -}}
{{- $ports := list -}}
{{- range $name, $spec := $pool.server.ports -}}
{{-   $ports = append $ports (dict
        "name" $name
        "port" (int $spec.port)
        "protocol" ($spec.protocol | default "TCP")
        "audience" ($spec.audience | default "clients")
        "container" $pool.name
        "servicePort" (get $service.ports $name | default $spec.port | int)
        "nodePort" (get $service.nodePorts $name | default 0 | int)) -}}
{{- end -}}
{{- $first := 0 -}}
{{- range $audience := list "clients" "peers" -}}
{{-   range $ports -}}
{{-     if and (not $first) (eq .audience $audience) }}{{ $first = .port }}{{ end -}}
{{-   end -}}
{{- end -}}
{{- $exporter := ($pool.facts.metrics | default dict).exporter -}}
{{- if and $exporter .settings.values.metrics.enabled (eq $pool.name .settings.main) -}}
{{-   $ports = append $ports (dict "name" "metrics" "port" (int $pool.facts.metrics.port) "protocol" "TCP" "audience" "metrics" "container" "metrics" "servicePort" (int $pool.facts.metrics.port) "nodePort" 0) -}}
{{- end -}}
{{- $_ := set $pool "ports" $ports -}}
{{- $_ := set $pool "port" $first -}}
{{- end -}}
