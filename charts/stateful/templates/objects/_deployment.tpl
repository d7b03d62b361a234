{{/* stateful.objects.Deployment prints the spec of a pool that keeps no data. Takes root, settings and item. */}}
{{- define "stateful.objects.Deployment" -}}
{{- $pool := .item.pool -}}
spec:
  replicas: {{ $pool.replicas }}
  minReadySeconds: {{ $pool.update.minReadySeconds }}
  revisionHistoryLimit: {{ $pool.update.revisionHistoryLimit }}
  strategy:
    type: RollingUpdate
    # The new one serves before the old one goes.
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" $pool.component) | nindent 6 }}
  template:
    {{- include "stateful.pod.template" (dict "root" .root "settings" .settings "pool" $pool) | nindent 4 }}
{{- end -}}
