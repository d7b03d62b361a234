{{/*
stateful.objects.PodDisruptionBudget prints the budget of a pool with one member:
there is no middle, so disruption.allow says whether a drain may stop it.
AlwaysAllow: a member that is not ready protects nothing, and must not hold up a
drain. Takes settings and item.
*/}}
{{- define "stateful.objects.PodDisruptionBudget" -}}
spec:
  maxUnavailable: {{ ternary 1 0 .item.pool.disruption.allow }}
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "stateful.selector" (dict "settings" .settings "component" .item.pool.component) | nindent 6 }}
{{- end -}}
