{{/*
stateful.pool.volumes adds to pool.volumes and pool.mounts: configuration,
scripts, topology, credentials, certificate, a shell, shared memory, scratch
folders (the root file system is read-only) and the user's extra ones. Fills
pool.tools: whether an init container brings a shell. Takes settings and pool;
prints nothing.
*/}}
{{- define "stateful.pool.volumes" -}}
{{- $pool := .pool -}}
{{- $settings := .settings -}}
{{- $release := $settings.names.release -}}
{{- $read := list -}}
{{- if $pool.files -}}
{{-   $read = append $read (dict "name" "config" "configMap" (dict "name" (printf "%s-config" $pool.fullname))) -}}
{{- end -}}
{{- if $pool.scripts -}}
{{-   $read = append $read (dict "name" "scripts" "configMap" (dict "name" (printf "%s-scripts" $release))) -}}
{{-   if ne $settings.pattern "single-instance" -}}
{{-     $read = append $read (dict "name" "topology" "configMap" (dict "name" (printf "%s-topology" $release))) -}}
{{-   end -}}
{{- end -}}
{{- if $settings.auth.mounted }}{{ $read = append $read (include "stateful.pool.credentials" . | fromYaml) }}{{ end -}}
{{- if $settings.tls.enabled -}}
{{-   $read = append $read (dict "name" "tls" "secret" (dict "secretName" $settings.tls.secret "defaultMode" 0440)) -}}
{{- end -}}
{{- $volumes := $read -}}
{{- $mounts := list -}}
{{- range $read }}{{ $mounts = append $mounts (dict "name" .name "mountPath" (printf "/opt/stateward/%s" .name) "readOnly" true) }}{{ end -}}
{{- /* a shell for a server's image that has none, or for an exporter's that runs a script */ -}}
{{- $exporter := ($pool.facts.metrics | default dict).exporter | default dict -}}
{{- $_ := set $pool "tools" (or $pool.facts.shell (and $settings.values.metrics.enabled $exporter.shell)) -}}
{{- if $pool.tools -}}
{{-   $volumes = append $volumes (dict "name" "tools" "emptyDir" dict) -}}
{{-   $mounts = append $mounts (dict "name" "tools" "mountPath" "/opt/stateward/tools") -}}
{{- end -}}
{{- with $pool.server.sharedMemory -}}
{{-   $volumes = append $volumes (dict "name" "shared-memory" "emptyDir" (dict "medium" "Memory" "sizeLimit" .)) -}}
{{-   $mounts = append $mounts (dict "name" "shared-memory" "mountPath" "/dev/shm") -}}
{{- end -}}
{{- range $name, $path := merge (dict "tmp" "/tmp" "run" "/run/stateward") ($pool.facts.scratch | default dict) -}}
{{-   $volumes = append $volumes (dict "name" $name "emptyDir" dict) -}}
{{-   $mounts = append $mounts (dict "name" $name "mountPath" $path) -}}
{{- end -}}
{{- $api := dict "name" "kube-api" "mountPath" "/var/run/secrets/kubernetes.io/serviceaccount" "readOnly" true -}}
{{- if or $pool.facts.kubernetes $pool.facts.role -}}
{{-   $volumes = append $volumes (include "stateful.pool.token" . | fromYaml) -}}
{{- end -}}
{{- if $pool.facts.kubernetes }}{{ $mounts = append $mounts $api }}{{ end -}}
{{- $_ := set $pool "volumes" (concat $pool.volumes $volumes $pool.extraVolumes) -}}
{{- $_ := set $pool "mounts" (concat $pool.mounts $mounts $pool.extraVolumeMounts) -}}
{{- $_ := set $pool "apiMount" $api -}}
{{- end -}}

{{/*
stateful.pool.credentials prints the volume with the release's Secret, its keys
renamed to the preset's where auth.keys says so. 0440: readable through fsGroup.
Takes settings.
*/}}
{{- define "stateful.pool.credentials" -}}
{{- $renamed := .settings.values.auth.keys -}}
name: credentials
secret:
  secretName: {{ .settings.auth.secret }}
  defaultMode: 0440
  {{- if $renamed }}
  items:
    {{- range $path := concat (keys .settings.auth.lengths) (keys $renamed) | uniq | sortAlpha }}
    - {key: {{ get $renamed $path | default $path | quote }}, path: {{ $path | quote }}}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
stateful.pool.token prints the volume that the API server's clients expect at
/var/run/secrets/kubernetes.io/serviceaccount. Written out, so that only the
container that needs the token has it. Takes nothing.
*/}}
{{- define "stateful.pool.token" -}}
name: kube-api
projected:
  defaultMode: 0440
  sources:
    - serviceAccountToken: {path: token, expirationSeconds: 3607}
    - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
    - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- end -}}
