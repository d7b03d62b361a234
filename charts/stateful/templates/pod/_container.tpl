{{/* stateful.pod.container prints the server's container. Takes root, settings and pool. */}}
{{- define "stateful.pod.container" -}}
{{- $pool := .pool -}}
name: {{ $pool.name }}
image: {{ include "stateful.image" (dict "image" $pool.image "root" .root) }}
imagePullPolicy: {{ $pool.image.pullPolicy }}
{{- with $pool.server.command }}
command: {{ toJson . }}
{{- end }}
{{- with $pool.server.args }}
args: {{ toJson . }}
{{- end }}
{{- with $pool.env }}
env:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $pool.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
ports:
  {{- range $pool.ports }}
  {{- if eq .container $pool.name }}
  - {name: {{ .name }}, containerPort: {{ .port }}, protocol: {{ .protocol }}}
  {{- end }}
  {{- end }}
{{- include "stateful.pod.probes" . }}
{{- include "stateful.pod.lifecycle" . }}
resources:
  {{- toYaml $pool.resources | nindent 2 }}
securityContext:
  {{- toYaml $pool.security.container | nindent 2 }}
volumeMounts:
  {{- toYaml $pool.mounts | nindent 2 }}
{{- end -}}
