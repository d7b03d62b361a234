{{/*
stateful.pool.members fills what follows from the number of members:
  pool.members      names of the pods, in order of their ordinals
  pool.headless     full name of the headless Service; a stateless pool has the main pool's
  pool.quorum       members that must be there for the pool to serve
  pool.unavailable  members that a drain may take at once
Takes settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.members" -}}
{{- $pool := .pool -}}
{{- $count := int $pool.replicas -}}
{{- $members := list -}}
{{- range $i := until $count }}{{ $members = append $members (printf "%s-%d" $pool.fullname $i) }}{{ end -}}
{{- $_ := set $pool "members" $members -}}
{{- $headless := ternary .settings.names.release $pool.fullname (eq true $pool.facts.stateless) -}}
{{- $_ := set $pool "headless" (printf "%s-headless.%s" $headless .settings.names.domain) -}}
{{- $majority := eq ($pool.facts.quorum | default "") "majority" -}}
{{- $_ := set $pool "quorum" (ternary (add (div $count 2) 1) 1 $majority) -}}
{{- /* half of the others rounded down leaves a majority; a single member can only be stopped or not */ -}}
{{- $unavailable := ternary (max 1 (div (sub $count 1) 2)) 1 (and $majority (gt $count 0)) -}}
{{- if hasKey $pool.disruption "allow" }}{{ $unavailable = ternary 1 0 $pool.disruption.allow }}{{ end -}}
{{- if hasKey $pool.disruption "maxUnavailable" }}{{ $unavailable = $pool.disruption.maxUnavailable }}{{ end -}}
{{- $_ := set $pool "unavailable" (int $unavailable) -}}
{{- end -}}
