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
    metadata:
      labels:
        {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 8 }}
        {{- with merge (dict) $pool.podLabels $pool.commonLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        # The server reads its files when it starts: a change must restart it.
        stateward.dev/config-checksum: {{ dict "files" $pool.files "scripts" $pool.scripts | toJson | sha256sum }}
        {{- with merge (dict) $pool.podAnnotations $pool.commonAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "stateful.pod.spec" $args | trim | nindent 6 }}
  {{- with $pool.claims }}
  persistentVolumeClaimRetentionPolicy:
    whenDeleted: {{ $pool.storage.retention.whenDeleted }}
    whenScaled: {{ $pool.storage.retention.whenScaled }}
  volumeClaimTemplates:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
