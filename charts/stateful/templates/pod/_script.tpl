{{/*
stateful.pod.script prints the spec of a pod that runs one of the release's
scripts from outside of the servers, as a client: helm test, and the Jobs.
Takes root, settings, pool, name (of the container), image, command,
resources, env (more of it), restart, and before: whether it runs before an
upgrade, when the release's own ConfigMaps are the old ones.
*/}}
{{- define "stateful.pod.script" -}}
{{- $pool := .pool -}}
{{- $volumes := list "config" "scripts" "topology" "credentials" "tls" "tmp" "run" "tools" -}}
restartPolicy: {{ .restart }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- include "stateful.pod.placement" . }}
securityContext:
  {{- toYaml $pool.security.pod | nindent 2 }}
{{- if $pool.facts.shell }}
initContainers:
  - {{ include "stateful.pod.shell" . | indent 4 | trim }}
{{- end }}
containers:
  - name: {{ .name }}
    command: {{ toJson .command }}
    env:
      {{- concat $pool.clientEnv .env | toYaml | nindent 6 }}
    {{- $mounts := list }}
    {{- range $pool.mounts }}{{ if has .name $volumes }}{{ $mounts = append $mounts . }}{{ end }}{{ end }}
    {{- include "stateful.pod.helper" (dict "root" .root "pool" $pool "image" .image "resources" .resources "mounts" $mounts) | nindent 4 }}
volumes:
  {{- range $pool.volumes }}
  {{- if and $.before (has .name (list "scripts" "topology")) }}
  - {{ dict "name" .name "configMap" (dict "name" (printf "%s-hooks" $.settings.names.release)) | toJson }}
  {{- else if has .name $volumes }}
  - {{ toJson . }}
  {{- end }}
  {{- end }}
{{- end -}}

{{/*
stateful.pod.script.env prints where a script finds the Services, as a list:
STATEWARD_HOST for writing, STATEWARD_READ_HOST, and STATEWARD_PORT. Takes settings.
*/}}
{{- define "stateful.pod.script.env" -}}
{{- $env := dict -}}
{{- range .settings.services -}}
{{-   if .host }}{{ $_ := set $env .host (printf "%s.%s.svc" .name $.settings.names.namespace) }}{{ end -}}
{{-   if and (eq .host "STATEWARD_HOST") .ports }}{{ $_ := set $env "STATEWARD_PORT" (toString (first .ports).port) }}{{ end -}}
{{- end -}}
{{- include "stateful.env" (list $env) -}}
{{- end -}}
