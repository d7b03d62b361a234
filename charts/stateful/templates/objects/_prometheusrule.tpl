{{/*
stateful.objects.PrometheusRule prints the preset's alerts, the words in capitals
replaced by what this release is called, and the user's groups. Takes root,
settings and item.
*/}}
{{- define "stateful.objects.PrometheusRule" -}}
{{- $settings := .settings -}}
{{- $pool := .item.pool -}}
{{- $pods := printf "%s-[0-9]+" $pool.fullname -}}
{{- $namespace := printf "namespace=%q" $settings.names.namespace -}}
{{- $groups := list -}}
{{- range $name := $pool.facts.metrics.alerts -}}
{{-   $text := $.root.Subcharts.stateful.Files.Get (printf "alerts/%s.yaml" $name)
        | replace "SELECTOR" (printf "%s, pod=~%q" $namespace $pods)
        | replace "CLAIMS" (printf "%s, persistentvolumeclaim=~\"(data|log)-%s\"" $namespace $pods)
        | replace "NAMESPACE" $settings.names.namespace
        | replace "RELEASE" $settings.names.release
        | replace "MEMBERS" (len $pool.members | toString)
        | replace "QUORUM" (toString $pool.quorum) -}}
{{-   $groups = concat $groups (fromYaml $text).groups -}}
{{- end -}}
spec:
  groups:
    {{- concat $groups $settings.values.metrics.rules.groups | toYaml | nindent 4 }}
{{- end -}}
