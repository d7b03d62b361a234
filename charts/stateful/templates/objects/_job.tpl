{{/*
stateful.objects.Job prints a Job: one that runs a script of the preset, or the
one that makes the release's Secret. Takes root, settings and item.
*/}}
{{- define "stateful.objects.Job" -}}
{{- $jobs := .settings.values.helpers.jobs -}}
{{- $args := dict "root" .root "settings" .settings "item" .item "pool" .item.pool -}}
{{- $before := contains "pre-" (.item.hook | default "") -}}
spec:
  {{- if .item.script }}
  # Before an upgrade a refusal is an answer: it is told at once, and its pod stays for the log. An eviction is none.
  backoffLimit: {{ ternary 0 6 $before }}
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions: [{type: DisruptionTarget, status: "True"}]
  {{- else }}
  backoffLimit: 6
  {{- end }}
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
      {{- include "stateful.pod.script" (merge (dict "name" .item.component "restart" "Never" "before" $before "image" .item.pool.image "resources" $jobs.resources
            "command" (append (include "stateful.shell" .item.pool | fromYamlArray) (printf "/opt/stateward/scripts/%s" .item.script))
            "env" (include "stateful.pod.script.env" . | fromYamlArray)) $args) | nindent 6 }}
      {{- else }}
      {{- include "stateful.pod.secret" $args | nindent 6 }}
      {{- end }}
{{- end -}}
