{{/*
stateful.pod.placement prints what every pod of a release has in common: pull
secrets, and the nodes it may run on. Takes root, settings and pool.
*/}}
{{- define "stateful.pod.placement" -}}
{{- $secrets := list -}}
{{- range concat .pool.image.pullSecrets ((.root.Values.global).imagePullSecrets | default list) -}}
{{-   $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with $secrets | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "priorityClassName" "schedulerName" "runtimeClassName" }}
{{- with get $.pool.scheduling $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
stateful.pod.scheduling prints how the members of a pool are spread: the user's
constraints, or those that scheduling.spread stands for. A node that is tainted
or cordoned takes no member, so it must not count as an empty one. Takes settings
and pool.
*/}}
{{- define "stateful.pod.scheduling" -}}
{{- $scheduling := .pool.scheduling -}}
{{- $constraints := $scheduling.topologySpreadConstraints -}}
{{- if and (not $constraints) (gt (int .pool.replicas) 1) -}}
{{-   range $spread := list (list "kubernetes.io/hostname" $scheduling.spread.hosts) (list "topology.kubernetes.io/zone" $scheduling.spread.zones) -}}
{{-     if ne (last $spread) "none" -}}
{{-       $constraints = append $constraints (dict
            "maxSkew" 1
            "topologyKey" (first $spread)
            "whenUnsatisfiable" (ternary "DoNotSchedule" "ScheduleAnyway" (eq (last $spread) "required"))
            "nodeTaintsPolicy" "Honor"
            "labelSelector" (dict "matchLabels" (include "stateful.selector" (dict "settings" $.settings "component" $.pool.component) | fromYaml))) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- with $scheduling.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $constraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
