{{/*
stateful.settings makes the one settings dict of a release and keeps it as
.stateward on the root, which all templates of a chart share while they are
rendered: the first template pays, .Values stays as it was. Takes the root;
prints nothing.

  settings.pattern, preset     the chart's name, the values' preset
  settings.facts               facts of the preset file
  settings.values              preset < user, the values tree in full
  settings.names, labels       _names.tpl
  settings.pools               one dict per StatefulSet: the values tree made
                               complete by pool/_*.tpl, each says what it fills
  settings.objects             kind -> list of items to render, _objects.tpl
*/}}
{{- define "stateful.settings" -}}
{{- if not (hasKey . "stateward") -}}
{{-   $settings := dict "pattern" .Chart.Name "preset" .Values.preset -}}
{{-   include "stateful.settings.values" (dict "root" . "settings" $settings) -}}
{{-   include "stateful.names" (dict "root" . "settings" $settings) -}}
{{-   include "stateful.settings.auth" (dict "root" . "settings" $settings) -}}
{{-   $pool := deepCopy $settings.values -}}
{{-   $_ := set $pool "component" "server" -}}
{{-   $_ := set $pool "fullname" $settings.names.release -}}
{{-   $_ := set $settings "pools" (list $pool) -}}
{{-   range $pool := $settings.pools -}}
{{-     $args := dict "root" $ "settings" $settings "pool" $pool -}}
{{-     range $part := list "resources" "ports" "storage" "config" "container" -}}
{{-       include (printf "stateful.pool.%s" $part) $args -}}
{{-     end -}}
{{-   end -}}
{{-   include "stateful.check" (dict "root" . "settings" $settings) -}}
{{-   include "stateful.objects" (dict "root" . "settings" $settings) -}}
{{-   include "stateful.check.patches" (dict "root" . "settings" $settings) -}}
{{-   $_ := set . "stateward" $settings -}}
{{- end -}}
{{- end -}}

{{/*
stateful.settings.values fills settings.facts and settings.values: the preset's
values under the user's. Takes root and settings; prints nothing.
*/}}
{{- define "stateful.settings.values" -}}
{{- $files := .root.Subcharts.stateful.Files -}}
{{- $preset := $files.Get (printf "presets/%s.yaml" .settings.preset) | fromYaml -}}
{{- $pattern := get ($preset.patterns | default dict) .settings.pattern | default dict -}}
{{- $values := dict -}}
{{- include "stateful.merge" (dict "into" $values "from" ($preset.values | default dict)) -}}
{{- include "stateful.merge" (dict "into" $values "from" ($pattern.values | default dict)) -}}
{{- include "stateful.settings.probes" (dict "values" $values "user" .root.Values) -}}
{{- include "stateful.merge" (dict "into" $values "from" .root.Values) -}}
{{- $_ := set .settings "values" $values -}}
{{- $_ := set .settings "facts" ($preset.facts | default dict) -}}
{{- end -}}

{{/*
stateful.settings.probes takes the preset's handler out of a probe for which the
user names a handler of another kind: a probe has one. Takes values (preset) and
user; prints nothing.
*/}}
{{- define "stateful.settings.probes" -}}
{{- $handlers := list "exec" "httpGet" "tcpSocket" "grpc" -}}
{{- range $name, $probe := .user.probes -}}
{{-   $preset := get ($.values.probes | default dict) $name -}}
{{-   if and $preset $probe -}}
{{-     range $handler := $handlers -}}
{{-       if hasKey $probe $handler -}}
{{-         range $handlers -}}{{- $_ := unset $preset . -}}{{- end -}}
{{-       end -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.settings.auth fills settings.auth:
  enabled    whether the server has credentials
  secret     name of the Secret that holds them
  generated  whether the credentials Job makes that Secret
  lengths    key -> length of a generated value
Takes root and settings; prints nothing.
*/}}
{{- define "stateful.settings.auth" -}}
{{- $auth := .settings.values.auth -}}
{{- $lengths := merge (dict) ($auth.generate.keys | default dict) (.settings.facts.credentials | default dict) -}}
{{- $_ := set .settings "auth" (dict
  "enabled" $auth.enabled
  "generated" (and $auth.enabled (not $auth.existingSecret))
  "secret" ($auth.existingSecret | default (printf "%s-credentials" .settings.names.release))
  "lengths" $lengths
) -}}
{{- end -}}
