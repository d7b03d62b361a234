{{/*
stateful.pod.helper prints what a container beside the server has: image, the
environment of the scripts, and mounts. Takes root, settings, pool, image,
resources and mounts (a list).
*/}}
{{- define "stateful.pod.helper" -}}
image: {{ include "stateful.image" (dict "image" .image "root" .root) }}
imagePullPolicy: {{ .image.pullPolicy | default "IfNotPresent" }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- toYaml .pool.security.container | nindent 2 }}
volumeMounts:
  {{- toYaml .mounts | nindent 2 }}
{{- end -}}

{{/* stateful.pod.shell prints the init container that puts a shell beside a server without one. Takes root, settings and pool. */}}
{{- define "stateful.pod.shell" -}}
{{- $helpers := .settings.values.helpers -}}
name: shell
command: [sh, -c]
args: ["cp /bin/busybox /opt/stateward/tools && /opt/stateward/tools/busybox --install -s /opt/stateward/tools"]
{{ include "stateful.pod.helper" (merge (dict "image" $helpers.shell.image "resources" $helpers.resources "mounts" (list (dict "name" "tools" "mountPath" "/opt/stateward/tools"))) .) }}
{{- end -}}

{{/* stateful.pod.role prints the container that labels the pod with its role. Takes root, settings and pool. */}}
{{- define "stateful.pod.role" -}}
{{- $helpers := .settings.values.helpers -}}
{{- $mounts := list .pool.apiMount (dict "name" "run" "mountPath" "/run/stateward") -}}
{{- range .pool.mounts }}{{ if eq .name "scripts" }}{{ $mounts = append $mounts . }}{{ end }}{{ end -}}
name: role
command: [sh, /opt/stateward/scripts/label.sh]
env:
  {{- toYaml .pool.env | nindent 2 }}
{{ include "stateful.pod.helper" (merge (dict "image" $helpers.role.image "resources" $helpers.resources "mounts" $mounts) .) }}
{{- end -}}

{{/* stateful.pod.metrics prints the exporter's container. Takes root, settings and pool. */}}
{{- define "stateful.pod.metrics" -}}
{{- $metrics := .settings.values.metrics -}}
{{- $exporter := .pool.facts.metrics.exporter -}}
{{- $tls := (ternary (.pool.facts.tls | default dict) dict .settings.tls.enabled).metrics | default dict -}}
{{- $mounts := list -}}
{{- range .pool.mounts -}}
{{-   if has .name (list "config" "scripts" "credentials" "tls" "tmp" "run" "tools") }}{{ $mounts = append $mounts . }}{{ end -}}
{{- end -}}
{{- $known := dict -}}
{{- range .pool.env }}{{ if hasPrefix "STATEWARD_" .name }}{{ $_ := set $known .name (.value | default .valueFrom) }}{{ end }}{{ end -}}
name: metrics
{{- with $exporter.command }}
command: {{ toJson . }}
{{- end }}
{{- with concat ($exporter.args | default list) ($tls.args | default list) }}
args: {{ toJson . }}
{{- end }}
env:
  {{- /* $(VAR) may only refer to what stands above */ -}}
  {{- include "stateful.env" (list $known) | fromYamlArray | toYaml | nindent 2 }}
  {{- range $name, $value := merge (dict) ($tls.env | default dict) ($exporter.env | default dict) }}
  - {name: {{ $name }}, value: {{ toString $value | quote }}}
  {{- end }}
ports:
  - {name: metrics, containerPort: {{ .pool.facts.metrics.port }}, protocol: TCP}
{{ include "stateful.pod.helper" (merge (dict "image" (merge (dict) ($metrics.image | default dict) $exporter.image) "resources" $metrics.resources "mounts" $mounts) .) }}
{{- end -}}
