{{/*
stateful.objects.PodDisruptionBudget prints the budget of a pool. AlwaysAllow: a
member that is not ready protects nothing, and must not hold up a drain. Takes
settings and item.
*/}}
{{- define "stateful.objects.PodDisruptionBudget" -}}
spec:
  maxUnavailable: {{ .item.pool.unavailable }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.pool.component) | nindent 6 }}
{{- end -}}
