{{/*
stateful.pool.env fills pool.env, the environment of the members, and
pool.clientEnv, that of the pods that run a script from outside: what the scripts
read, then server.env, each sorted by name, then extraEnv. Takes settings and
pool; prints nothing.
*/}}
{{- define "stateful.pool.env" -}}
{{- $pool := .pool -}}
{{- $settings := .settings -}}
{{- $auth := $settings.values.auth -}}
{{- $common := dict -}}
{{- $member := dict -}}
{{- if $pool.scripts -}}
{{-   $common = dict
        "STATEWARD_PATTERN" $settings.pattern
        "STATEWARD_PRESET" $settings.preset
        "STATEWARD_POOL" $pool.name
        "STATEWARD_NAMESPACE" $settings.names.namespace
        "STATEWARD_RELEASE" $settings.names.release
        "STATEWARD_HEADLESS" $pool.headless -}}
{{- /* STATEWARD_PORT is a pool's own; its members speak to the other pools, too. */ -}}
{{-   range $other := $settings.pools -}}
{{-     if gt (len $settings.pools) 1 }}{{ $_ := set $common (printf "STATEWARD_PORT_%s" (upper $other.name | replace "-" "_")) (toString $other.port) }}{{ end -}}
{{-   end -}}
{{-   if $settings.auth.enabled }}{{ $_ := set $common "STATEWARD_AUTH" "true" }}{{ end -}}
{{-   if $settings.tls.enabled }}{{ $_ := set $common "STATEWARD_TLS" "true" }}{{ end -}}
{{-   with $auth.username }}{{ $_ := set $common "STATEWARD_USERNAME" . }}{{ end -}}
{{-   with $auth.database }}{{ $_ := set $common "STATEWARD_DATABASE" . }}{{ end -}}
{{-   $member = dict
        "STATEWARD_DATA_DIR" ($pool.storage.directory | default "")
        "STATEWARD_PORT" (toString $pool.port)
        "STATEWARD_GRACE_SECONDS" (toString ($pool.lifecycle.terminationGracePeriodSeconds | default 30))
        "STATEWARD_MEMBER" (dict "fieldRef" (dict "fieldPath" "metadata.name"))
        "STATEWARD_POD_IP" (dict "fieldRef" (dict "fieldPath" "status.podIP")) -}}
{{- /* The zone: Kubernetes 1.35 and later copy a node's topology labels to its pods. */ -}}
{{-   if ne $settings.pattern "single-instance" -}}
{{-     $_ := set $member "STATEWARD_RACK" (dict "fieldRef" (dict "fieldPath" "metadata.labels['topology.kubernetes.io/zone']")) -}}
{{-   end -}}
{{-   with $pool.memory }}{{ $_ := set $member "STATEWARD_MEMORY_BYTES" (toString .) }}{{ end -}}
{{-   with $pool.server.initArgs }}{{ $_ := set $member "STATEWARD_INIT_ARGS" (join " " .) }}{{ end -}}
{{-   if $pool.storage.log.enabled }}{{ $_ := set $member "STATEWARD_LOG_DIR" $pool.storage.log.mountPath }}{{ end -}}
{{-   if $pool.facts.kubernetes }}{{ $_ := set $member "STATEWARD_LABELS" (include "stateful.selector" (dict "settings" $settings "component" $pool.component) | fromYaml | toJson) }}{{ end -}}
{{- end -}}
{{- with $pool.facts.directoryEnv }}{{ $_ := set $member . $pool.storage.directory }}{{ end -}}
{{- $user := $pool.server.env | default dict -}}
{{- $_ := set $pool "clientEnv" (include "stateful.env" (list $common $user) | fromYamlArray) -}}
{{- $_ := set $pool "env" (concat (include "stateful.env" (list $common $member $user) | fromYamlArray) $pool.extraEnv) -}}
{{- end -}}

{{/*
stateful.env prints an environment as a list, sorted by name. Takes a list of
dicts, the later ones over the earlier: a value is text or an EnvVarSource.
*/}}
{{- define "stateful.env" -}}
{{- $vars := dict -}}
{{- range . }}{{ include "stateful.merge" (dict "into" $vars "from" .) }}{{ end -}}
{{- $env := list -}}
{{- range $name, $value := $vars -}}
{{-   $env = append $env (dict "name" $name (ternary "valueFrom" "value" (kindIs "map" $value)) (ternary $value (include "stateful.text" $value) (kindIs "map" $value))) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}
