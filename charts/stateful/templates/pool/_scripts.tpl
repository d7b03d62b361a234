{{/*
stateful.pool.scripts fills settings.scripts, the data of the ConfigMap with the
scripts of the release: the preset's, those of the pattern over them by name, the
user's. All pools mount it. Fills pool.scripts: the same for a pool that runs
one. Fills server.command with the main pool's start script, unless another
command is written. Takes root, settings and pool; prints nothing.
*/}}
{{- define "stateful.pool.scripts" -}}
{{- $pool := .pool -}}
{{- $settings := .settings -}}
{{- if eq $pool.name $settings.main -}}
{{-   $scripts := dict -}}
{{-   $library := .root.Subcharts.stateful.Files -}}
{{-   range $folder := list $settings.scripts (printf "%s/%s" $settings.scripts $settings.pattern) -}}
{{-     range $path, $_ := $library.Glob (printf "files/%s/*.sh" $folder) -}}
{{-       $_ := set $scripts (base $path) ($library.Get $path) -}}
{{-     end -}}
{{-   end -}}
{{-   range $name, $text := $pool.server.scripts }}{{ $_ := set $scripts $name $text }}{{ end -}}
{{-   if $scripts }}{{ $_ := set $scripts "lib.sh" ($library.Get "files/lib.sh") }}{{ end -}}
{{-   if $pool.facts.role }}{{ $_ := set $scripts "label.sh" ($library.Get "files/label.sh") }}{{ end -}}
{{-   $_ := set $settings "scripts" $scripts -}}
{{-   if and (hasKey $scripts "start.sh") (not $pool.server.command) -}}
{{-     $_ := set $pool.server "command" (append (include "stateful.shell" $pool | fromYamlArray) "/opt/stateward/scripts/start.sh") -}}
{{-   end -}}
{{- end -}}
{{- $_ := set $pool "scripts" $settings.scripts -}}
{{- end -}}

{{/* stateful.shell prints the command that runs a script in a pool's image, as a list. Takes the pool. */}}
{{- define "stateful.shell" -}}
{{- ternary (list "/opt/stateward/tools/busybox" "sh") (list "sh") (eq true .facts.shell) | toJson -}}
{{- end -}}
