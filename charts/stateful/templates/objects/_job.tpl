{{/*
stateful.objects.Job prints a Job: one that runs a script of the preset, or the
one that makes the release's Secret. Takes root, settings and item.
*/}}
{{- define "stateful.objects.Job" -}}
{{- $jobs := .settings.values.helpers.jobs -}}
{{- $args := dict "root" .root "settings" .settings "item" .item "pool" .item.pool -}}
spec:
  backoffLimit: 6
  activeDeadlineSeconds: {{ ternary 600 $jobs.activeDeadlineSeconds (empty .item.script) }}
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        {{- include "stateful.selector" (dict "settings" .settings "component" .item.component) | nindent 8 }}
        {{- with .settings.values.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- if .item.script }}
      {{- include "stateful.pod.script" (merge (dict "name" .item.component "restart" "OnFailure" "before" (contains "pre-" .item.hook) "image" .item.pool.image "resources" $jobs.resources
            "command" (append (include "stateful.shell" .item.pool | fromYamlArray) (printf "/opt/stateward/scripts/%s" .item.script))
            "env" (include "stateful.pod.script.env" . | fromYamlArray)) $args) | nindent 6 }}
      {{- else }}
      {{- include "stateful.pod.secret" $args | nindent 6 }}
      {{- end }}
{{- end -}}
