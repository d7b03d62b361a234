{{/*
stateful.pool.ports fills pool.ports, a list of {name, port, protocol, audience,
servicePort, nodePort} sorted by name, and pool.port, the first port for
clients. audience says who connects: clients, peers or metrics. Takes pool;
prints nothing.
*/}}
{{- define "stateful.pool.ports" -}}
{{- $service := .pool.service -}}
{{- $ports := list -}}
{{- $first := 0 -}}
{{- range $name, $spec := .pool.server.ports -}}
{{-   $port := dict "name" $name "port" (int $spec.port) "protocol" ($spec.protocol | default "TCP") "audience" ($spec.audience | default "clients") -}}
{{-   $_ := set $port "servicePort" (get $service.ports $name | default $spec.port | int) -}}
{{-   $_ := set $port "nodePort" (get $service.nodePorts $name | default 0 | int) -}}
{{-   $ports = append $ports $port -}}
{{-   if and (not $first) (eq $port.audience "clients") -}}
{{-     $first = $port.port -}}
{{-   end -}}
{{- end -}}
{{- $_ := set .pool "ports" $ports -}}
{{- $_ := set .pool "port" $first -}}
{{- end -}}
