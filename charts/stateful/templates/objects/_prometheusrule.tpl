{{/*
stateful.objects.PrometheusRule prints the alerts about volumes and members, which
every system has, the preset's, the words in capitals replaced by what this release
is called, and the user's groups. Takes root, settings and item.
*/}}
{{- define "stateful.objects.PrometheusRule" -}}
{{- $settings := .settings -}}
{{- $pool := .item.pool -}}
{{- $pods := printf "%s-[0-9]+" $pool.fullname -}}
{{- /* every pool: a volume of a controller fills up, too */ -}}
{{- $names := list -}}
{{- range $settings.pools }}{{ $names = append $names .fullname }}{{ end -}}
{{- $all := printf "(%s)-[0-9]+" ($names | sortAlpha | join "|") -}}
{{- $namespace := printf "namespace=%q" $settings.names.namespace -}}
{{- $groups := list -}}
{{- range $name := prepend (without ($pool.facts.metrics.alerts | default list) "volume") "volume" -}}
{{-   $text := $.root.Subcharts.stateful.Files.Get (printf "alerts/%s.yaml" $name)
        | replace "SELECTOR" (printf "%s, pod=~%q" $namespace $pods)
        | replace "PODS" (printf "%s, pod=~%q" $namespace $all)
        | replace "CLAIMS" (printf "%s, persistentvolumeclaim=~\"(data|log)-%s\"" $namespace $all)
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
