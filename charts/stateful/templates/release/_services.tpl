{{/*
stateful.settings.services fills settings.services, the Services that clients
and members use, a list of
  name, kind         kind is headless, client, write, read: a label, too
  host               the variable that names it to scripts, where one does
  pool, labels       what it selects: a pool, and more labels of its pods
  ports              list of {name, port, targetPort, protocol, nodePort}
  options            the part of the values that describes it
Each pool of members has a headless one. Clients have one for the main pool, in
primary-replica one for writing and one for reading, which facts.services may
lead to another pool; and one for each other pool with ports for clients.
Takes settings; prints nothing.
*/}}
{{- define "stateful.settings.services" -}}
{{- $settings := .settings -}}
{{- $_ := set $settings "services" list -}}
{{- $main := first $settings.pools -}}
{{- $args := dict "settings" $settings "main" $main -}}
{{- $led := list -}}
{{- if eq $settings.pattern "primary-replica" -}}
{{-   range $kind, $host := dict "write" "STATEWARD_HOST" "read" "STATEWARD_READ_HOST" -}}
{{-     $fact := get ($settings.facts.services | default dict) $kind | default dict -}}
{{-     $led = append $led $fact.pool -}}
{{-     $pool := $main -}}
{{-     range $settings.pools }}{{ if eq .name ($fact.pool | default "") }}{{ $pool = . }}{{ end }}{{ end -}}
{{-     $role := ternary dict (dict "stateward.dev/role" (ternary "primary" "replica" (eq $kind "write"))) (hasKey $fact "pool") -}}
{{-     $options := ternary $main.service (merge (dict) (omit $main.service.read "annotations") (dict "annotations" $main.service.read.annotations "ports" $main.service.ports) (pick $main.service "type" "headless")) (eq $kind "write") -}}
{{-     include "stateful.settings.service" (merge (dict "name" (printf "%s-%s" $main.fullname $kind) "kind" $kind "host" $host "pool" $pool "labels" $role "map" $fact.ports "options" $options) $args) -}}
{{-   end -}}
{{- else -}}
{{-   include "stateful.settings.service" (merge (dict "name" $main.fullname "kind" "client" "host" "STATEWARD_HOST" "pool" $main "labels" dict "options" $main.service) $args) -}}
{{- end -}}
{{- range $pool := $settings.pools -}}
{{-   $clients := false -}}
{{-   range $pool.ports }}{{ if eq .audience "clients" }}{{ $clients = true }}{{ end }}{{ end -}}
{{-   if and $clients (ne $pool.name $main.name) (not (has $pool.name $led)) -}}
{{-     include "stateful.settings.service" (merge (dict "name" $pool.fullname "kind" "client" "host" "" "pool" $pool "labels" dict "options" $pool.service) $args) -}}
{{-   end -}}
{{-   if and $pool.ports (not $pool.facts.stateless) -}}
{{-     include "stateful.settings.service" (merge (dict "name" (printf "%s-headless" $pool.fullname) "kind" "headless" "host" "" "pool" $pool "labels" dict "options" $pool.service.headless) $args) -}}
{{-   end -}}
{{-   if $pool.facts.memberServices -}}
{{-     range $member := $pool.members -}}
{{-       include "stateful.settings.service" (merge (dict "name" $member "kind" "member" "host" "" "pool" $pool "labels" (dict "statefulset.kubernetes.io/pod-name" $member) "options" $pool.service.headless) $args) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.settings.service adds one Service to settings.services. Takes settings,
main, name, kind, host, pool, labels, options, and map where the ports have other
names than the pool's: the Service's port -> the pool's. A port has the number
that the main pool's port of the same name has. Prints nothing.
*/}}
{{- define "stateful.settings.service" -}}
{{- $ports := list -}}
{{- $members := has .kind (list "headless" "member") -}}
{{- $map := .map | default dict -}}
{{- range $port := .pool.ports -}}
{{-   $names := list $port.name -}}
{{-   if $map -}}
{{-     $names = list -}}
{{-     range $name, $target := $map }}{{ if eq $target $port.name }}{{ $names = append $names $name }}{{ end }}{{ end -}}
{{-   end -}}
{{-   range $name := $names -}}
{{-     $known := $port -}}
{{-     range $.main.ports }}{{ if and $map (eq .name $name) }}{{ $known = . }}{{ end }}{{ end -}}
{{-     if $members -}}
{{-       $ports = append $ports (dict "name" $name "port" $port.port "targetPort" $port.name "protocol" $port.protocol "nodePort" 0) -}}
{{-     else if or (eq $port.audience "clients") (and (eq $.kind "client") (eq $port.audience "metrics")) -}}
{{-       $ports = append $ports (dict "name" $name "port" $known.servicePort "targetPort" $port.name "protocol" $port.protocol "nodePort" (get ($.options.nodePorts | default dict) $name | default 0 | int)) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- /* those for clients first: scripts take the first one */ -}}
{{- $sorted := list -}}
{{- range $first := list true false -}}
{{-   range $ports }}{{ if eq $first (ne .targetPort "metrics") }}{{ $sorted = append $sorted . }}{{ end }}{{ end -}}
{{- end -}}
{{- $_ := set .settings "services" (append .settings.services (dict "name" .name "kind" .kind "host" .host "pool" .pool "labels" .labels "ports" $sorted "options" .options)) -}}
{{- end -}}
