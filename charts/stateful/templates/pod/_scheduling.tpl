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

{{/* stateful.pod.scheduling prints how the members of a pool are spread. Takes pool. */}}
{{- define "stateful.pod.scheduling" -}}
{{- range $key := list "affinity" "topologySpreadConstraints" }}
{{- with get $.pool.scheduling $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
