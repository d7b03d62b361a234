{{/*
stateful.pool.config fills pool.files, the data of the ConfigMap with the
server's configuration, and pool.scripts, that of the ConfigMap with the
preset's scripts. A setting is, in this order: the preset's, the share of the
memory limit that facts.memory names, the user's. Takes root, settings and pool;
prints nothing.
*/}}
{{- define "stateful.pool.config" -}}
{{- $pool := .pool -}}
{{- $facts := .settings.facts -}}
{{- $files := dict -}}
{{- with $facts.config -}}
{{-   $config := $pool.server.config -}}
{{-   $user := ($.root.Values.server).config | default dict -}}
{{-   range $key, $rule := $facts.memory -}}
{{-     if and $pool.memory (not (hasKey $user $key)) -}}
{{-       $_ := set $config $key (printf "%d%s" (div (mul $pool.memory $rule.percent) 104857600) $rule.unit) -}}
{{-     end -}}
{{-   end -}}
{{-   $_ := set $config .port (float64 $pool.port) -}}
{{-   with .directory }}{{ $_ := set $config . $pool.storage.directory }}{{ end -}}
{{-   $_ := set $files .file (include "stateful.config" (dict "config" $config "format" .) | trim | printf "%s\n") -}}
{{- end -}}
{{- range $name, $text := $pool.server.configFiles }}{{ $_ := set $files $name $text }}{{ end -}}
{{- range $name, $text := $pool.server.initScripts }}{{ $_ := set $files (printf "init.%s" $name) $text }}{{ end -}}
{{- $_ := set $pool "files" $files -}}
{{- $scripts := dict -}}
{{- $library := .root.Subcharts.stateful.Files -}}
{{- range $path, $_ := $library.Glob (printf "files/%s/*.sh" .settings.preset) -}}
{{-   $_ := set $scripts (base $path) ($library.Get $path) -}}
{{- end -}}
{{- if $scripts }}{{ $_ := set $scripts "lib.sh" ($library.Get "files/lib.sh") }}{{ end -}}
{{- $_ := set $pool "scripts" $scripts -}}
{{- end -}}
