{{/* stateful.objects.StatefulSet prints the spec of item.pool's StatefulSet. Takes root, settings and item. */}}
{{- define "stateful.objects.StatefulSet" -}}
{{- $pool := .item.pool -}}
{{- $args := dict "root" .root "settings" .settings "pool" $pool -}}
spec:
  replicas: {{ $pool.replicas }}
  serviceName: {{ $pool.fullname }}-headless
  podManagementPolicy: {{ $pool.update.podManagementPolicy }}
  updateStrategy:
    type: {{ $pool.update.strategy }}
    {{- if eq $pool.update.strategy "RollingUpdate" }}
    rollingUpdate:
      partition: {{ $pool.update.partition }}
    {{- end }}
  minReadySeconds: {{ $pool.update.minReadySeconds }}
  revisionHistoryLimit: {{ $pool.update.revisionHistoryLimit }}
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 6 }}
  template:
    {{- include "stateful.pod.template" $args | nindent 4 }}
  {{- with $pool.claims }}
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ $pool.storage.retention.whenDeleted }}
    whenScaled: {{ $pool.storage.retention.whenScaled }}
  volumeClaimTemplates:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
