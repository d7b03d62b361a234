{{/*
stateful.pool.container fills what the server's container needs: pool.command,
pool.args, pool.env, and the rest of pool.volumes and pool.mounts. Takes root,
settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.container" -}}
{{- $pool := .pool -}}
{{- $server := $pool.server -}}
{{- if and (hasKey $pool.scripts "start.sh") (not $server.command) -}}
{{-   $_ := set $server "command" (list "sh" "/opt/stateward/scripts/start.sh") -}}
{{- end -}}
{{- include "stateful.pool.env" . -}}
{{- include "stateful.pool.volumes" . -}}
{{- end -}}

{{/*
stateful.pool.env fills pool.env: what the scripts read, then server.env sorted
by name, then extraEnv. Takes settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.env" -}}
{{- $pool := .pool -}}
{{- $vars := dict -}}
{{- if $pool.scripts -}}
{{-   $vars = dict
        "STATEWARD_DATA_DIR" $pool.storage.directory
        "STATEWARD_PORT" (toString $pool.port)
        "STATEWARD_GRACE_SECONDS" (toString $pool.lifecycle.terminationGracePeriodSeconds) -}}
{{-   if .settings.auth.enabled }}{{ $_ := set $vars "STATEWARD_AUTH" "true" }}{{ end -}}
{{-   with $pool.auth.username }}{{ $_ := set $vars "STATEWARD_USERNAME" . }}{{ end -}}
{{-   with $pool.auth.database }}{{ $_ := set $vars "STATEWARD_DATABASE" . }}{{ end -}}
{{-   with $pool.server.initArgs }}{{ $_ := set $vars "STATEWARD_INIT_ARGS" (join " " .) }}{{ end -}}
{{-   if $pool.storage.log.enabled }}{{ $_ := set $vars "STATEWARD_LOG_DIR" $pool.storage.log.mountPath }}{{ end -}}
{{- end -}}
{{- with .settings.facts.directoryEnv }}{{ $_ := set $vars . $pool.storage.directory }}{{ end -}}
{{- include "stateful.merge" (dict "into" $vars "from" ($pool.server.env | default dict)) -}}
{{- $env := list -}}
{{- range $name, $value := $vars -}}
{{-   if kindIs "map" $value -}}
{{-     $env = append $env (dict "name" $name "valueFrom" $value) -}}
{{-   else -}}
{{-     $env = append $env (dict "name" $name "value" (toString $value)) -}}
{{-   end -}}
{{- end -}}
{{- $_ := set $pool "env" (concat $env $pool.extraEnv) -}}
{{- end -}}

{{/*
stateful.pool.volumes adds to pool.volumes and pool.mounts: configuration,
scripts, credentials, shared memory, scratch folders (the root file system is
read-only) and the user's extra ones. Takes settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.volumes" -}}
{{- $pool := .pool -}}
{{- $volumes := list -}}
{{- $mounts := list -}}
{{- if $pool.files -}}
{{-   $volumes = append $volumes (dict "name" "config" "configMap" (dict "name" (printf "%s-config" $pool.fullname))) -}}
{{-   $mounts = append $mounts (dict "name" "config" "mountPath" "/opt/stateward/config" "readOnly" true) -}}
{{- end -}}
{{- if $pool.scripts -}}
{{-   $volumes = append $volumes (dict "name" "scripts" "configMap" (dict "name" (printf "%s-scripts" $pool.fullname))) -}}
{{-   $mounts = append $mounts (dict "name" "scripts" "mountPath" "/opt/stateward/scripts" "readOnly" true) -}}
{{- end -}}
{{- if .settings.auth.enabled -}}
{{-   $volumes = append $volumes (include "stateful.pool.credentials" . | fromYaml) -}}
{{-   $mounts = append $mounts (dict "name" "credentials" "mountPath" "/opt/stateward/credentials" "readOnly" true) -}}
{{- end -}}
{{- with $pool.server.sharedMemory -}}
{{-   $volumes = append $volumes (dict "name" "shared-memory" "emptyDir" (dict "medium" "Memory" "sizeLimit" .)) -}}
{{-   $mounts = append $mounts (dict "name" "shared-memory" "mountPath" "/dev/shm") -}}
{{- end -}}
{{- range $name, $path := merge (dict "tmp" "/tmp" "run" "/run/stateward") (.settings.facts.scratch | default dict) -}}
{{-   $volumes = append $volumes (dict "name" $name "emptyDir" dict) -}}
{{-   $mounts = append $mounts (dict "name" $name "mountPath" $path) -}}
{{- end -}}
{{- $_ := set $pool "volumes" (concat $pool.volumes $volumes $pool.extraVolumes) -}}
{{- $_ := set $pool "mounts" (concat $pool.mounts $mounts $pool.extraVolumeMounts) -}}
{{- end -}}

{{/*
stateful.pool.credentials prints the volume with the release's Secret, its keys
renamed to the preset's where auth.keys says so. 0440: readable through fsGroup.
Takes settings and pool.
*/}}
{{- define "stateful.pool.credentials" -}}
name: credentials
secret:
  secretName: {{ .settings.auth.secret }}
  defaultMode: 0440
  {{- if .pool.auth.keys }}
  items:
    {{- range $path := concat (keys .settings.auth.lengths) (keys .pool.auth.keys) | uniq | sortAlpha }}
    - {key: {{ get $.pool.auth.keys $path | default $path | quote }}, path: {{ $path | quote }}}
    {{- end }}
  {{- end }}
{{- end -}}
