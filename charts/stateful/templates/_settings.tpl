{{/*
stateful.settings makes the one settings dict of a release and keeps it as
.stateward on the root, which all templates of a chart share while they are
rendered: the first template pays, .Values stays as it was. Takes the root;
prints nothing.

  settings.pattern, preset     the chart's name, the values' preset
  settings.facts               facts of the preset for this pattern
  settings.scripts             folder of the preset's scripts
  settings.values              preset < user, the values tree in full
  settings.names, labels       _names.tpl
  settings.auth, tls           _security.tpl
  settings.main                name of the main pool
  settings.pools               one dict per pool, the main one first: the values
                               tree made complete by pool/_*.tpl, each says what it fills
  settings.services            release/_services.tpl
  settings.objects             kind -> list of items to render, _objects.tpl
*/}}
{{- define "stateful.settings" -}}
{{- if not (hasKey . "stateward") -}}
{{-   $settings := dict "pattern" .Chart.Name "preset" .Values.preset -}}
{{-   $args := dict "root" . "settings" $settings -}}
{{-   $preset := dict -}}
{{-   include "stateful.settings.preset" (dict "root" . "name" .Values.preset "into" $preset) -}}
{{-   include "stateful.settings.values" (dict "root" . "settings" $settings "preset" $preset) -}}
{{-   include "stateful.names" $args -}}
{{-   include "stateful.settings.auth" $args -}}
{{-   include "stateful.settings.tls" $args -}}
{{-   include "stateful.settings.pools" (dict "root" . "settings" $settings "preset" $preset) -}}
{{-   range $part := list "resources" "ports" "members" "storage" "config" "scripts" "env" "volumes" -}}
{{-     range $pool := $settings.pools -}}
{{-       include (printf "stateful.pool.%s" $part) (dict "root" $ "settings" $settings "pool" $pool) -}}
{{-     end -}}
{{-   end -}}
{{-   include "stateful.settings.services" $args -}}
{{-   include "stateful.check" $args -}}
{{-   include "stateful.objects" $args -}}
{{-   include "stateful.check.patches" $args -}}
{{-   $_ := set . "stateward" $settings -}}
{{- end -}}
{{- end -}}

{{/*
stateful.settings.preset reads a preset's file into a dict, over the file of the
preset it is like. From there it has the patterns that it names itself, and no
others. Takes root, name and into; prints nothing.
*/}}
{{- define "stateful.settings.preset" -}}
{{- $preset := .root.Subcharts.stateful.Files.Get (printf "presets/%s.yaml" .name) | fromYaml -}}
{{- $_ := set .into "files" .name -}}
{{- with $preset.like -}}
{{-   include "stateful.settings.preset" (dict "root" $.root "name" . "into" $.into) -}}
{{- end -}}
{{- range $pattern, $_ := .into.patterns -}}
{{-   if not (hasKey ($preset.patterns | default dict) $pattern) }}{{ $_ := unset $.into.patterns $pattern }}{{ end -}}
{{- end -}}
{{- include "stateful.merge" (dict "into" .into "from" $preset) -}}
{{- end -}}

{{/*
stateful.settings.values fills settings.facts, settings.scripts and
settings.values: the preset's values under the user's. Takes root, settings and
preset; prints nothing.
*/}}
{{- define "stateful.settings.values" -}}
{{- $pattern := get (.preset.patterns | default dict) .settings.pattern | default dict -}}
{{- $values := dict -}}
{{- $facts := dict -}}
{{- range $layer := list .preset $pattern -}}
{{-   include "stateful.merge" (dict "into" $values "from" ($layer.values | default dict)) -}}
{{-   include "stateful.merge" (dict "into" $facts "from" ($layer.facts | default dict)) -}}
{{- end -}}
{{- if .root.Values.tls.enabled -}}
{{-   include "stateful.merge" (dict "into" $values "from" (($facts.tls | default dict).values | default dict)) -}}
{{- end -}}
{{- include "stateful.settings.probes" (dict "values" $values "user" .root.Values) -}}
{{- include "stateful.merge" (dict "into" $values "from" .root.Values) -}}
{{- $_ := set .settings "values" $values -}}
{{- $_ := set .settings "facts" $facts -}}
{{- $_ := set .settings "scripts" .preset.files -}}
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
stateful.settings.pools fills settings.main and settings.pools. A pool is the
values tree of one StatefulSet (a Deployment where facts.stateless says so), with
  name, component   what it is called among the pools, and its pods' label
  fullname          what its objects are called
  path              where its values stand, for messages: "" or pools.NAME.
  user              what the user wrote for it
  facts             facts.pools.NAME, else those of the release
Takes root, settings and preset; prints nothing.
*/}}
{{- define "stateful.settings.pools" -}}
{{- $settings := .settings -}}
{{- $main := $settings.facts.main | default "server" -}}
{{- $_ := set $settings "main" $main -}}
{{- $pool := omit $settings.values "pools" | deepCopy -}}
{{- include "stateful.merge" (dict "into" $pool "from" (dict "name" $main "component" $main "path" "" "user" .root.Values "fullname" $settings.names.release "facts" $settings.facts)) -}}
{{- $_ := set $settings "pools" (list $pool) -}}
{{- $presets := (get (.preset.patterns | default dict) $settings.pattern | default dict).pools | default dict -}}
{{- $users := .root.Values.pools | default dict -}}
{{- range $name := concat (keys $presets) (keys $users) | uniq | sortAlpha -}}
{{-   if and (hasKey $users $name) (not (hasKey $presets $name)) (ne $settings.preset "custom") -}}
{{-     fail (printf "pools.%s: the preset %q has no pool of this name; it has: %s" $name $settings.preset (keys $presets | sortAlpha | join ", " | default "no other than the main one")) -}}
{{-   end -}}
{{-   $user := get $users $name -}}
{{-   if not (and (hasKey $users $name) (kindIs "invalid" $user)) -}}
{{-     include "stateful.settings.pool" (dict "root" $.root "settings" $settings "name" $name "preset" (get $presets $name | default dict) "user" ($user | default dict)) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.settings.pool adds a pool that is not the main one: pool.yaml, what all
pools share, its preset's values, the user's. Takes root, settings, name, preset
and user; prints nothing.
*/}}
{{- define "stateful.settings.pool" -}}
{{- $settings := .settings -}}
{{- $pool := .root.Subcharts.stateful.Files.Get "pool.yaml" | fromYaml -}}
{{- $shared := pick $settings.values "security" "scheduling" "update" -}}
{{- if not .preset.image }}{{ $_ := set $shared "image" $settings.values.image }}{{ end -}}
{{- $preset := deepCopy .preset -}}
{{- include "stateful.settings.probes" (dict "values" $preset "user" .user) -}}
{{- $facts := get ($settings.facts.pools | default dict) .name | default $settings.facts -}}
{{- range $layer := list $shared $preset .user -}}
{{-   include "stateful.merge" (dict "into" $pool "from" $layer) -}}
{{- end -}}
{{- $image := pick $settings.values.image "pullPolicy" "pullSecrets" -}}
{{- $_ := set $pool "image" (merge (dict) ($pool.image | default dict) $image) -}}
{{- $fullname := include "stateful.name" (dict "name" (printf "%s-%s" $settings.names.release .name) "length" 51) -}}
{{- include "stateful.merge" (dict "into" $pool "from" (dict "name" .name "component" .name "path" (printf "pools.%s." .name) "user" .user "fullname" $fullname "facts" $facts)) -}}
{{- $_ := set $settings "pools" (append $settings.pools $pool) -}}
{{- end -}}
