{{/*
stateful.pool.config fills pool.files, the data of the ConfigMap with the pool's
configuration. A setting is, in this order: the preset's, TLS's, the share of
the memory limit that facts.memory names, the user's. Takes settings and pool;
prints nothing.
*/}}
{{- define "stateful.pool.config" -}}
{{- $pool := .pool -}}
{{- $files := dict -}}
{{- with $pool.facts.config -}}
{{-   $config := $pool.server.config -}}
{{-   $user := ($pool.user.server | default dict).config | default dict -}}
{{-   $tls := ternary ($pool.facts.tls | default dict) dict $.settings.tls.enabled -}}
{{-   range $key, $value := $tls.config -}}
{{-     if not (hasKey $user $key) }}{{ $_ := set $config $key $value }}{{ end -}}
{{-   end -}}
{{-   range $key, $rule := $pool.facts.memory -}}
{{-     if and $pool.memory (not (hasKey $user $key)) -}}
{{-       $reserve := include "stateful.bytes" (dict "quantity" ($rule.reserve | default 0) "path" "facts.memory") | int64 -}}
{{-       $least := include "stateful.bytes" (dict "quantity" ($rule.least | default 0) "path" "facts.memory") | int64 -}}
{{-       $share := max $least (div (mul (sub $pool.memory $reserve) $rule.percent) 100) -}}
{{-       $_ := set $config $key (printf "%d%s" (div $share ($rule.divisor | default 1048576)) $rule.unit) -}}
{{-     end -}}
{{-   end -}}
{{-   with $tls.port | default .port }}{{ $_ := set $config . (float64 $pool.port) }}{{ end -}}
{{-   with .directory }}{{ $_ := set $config . $pool.storage.directory }}{{ end -}}
{{-   $_ := set $files .file (include "stateful.config" (dict "config" $config "format" .) | trim | printf "%s\n") -}}
{{- end -}}
{{- range $name, $text := $pool.server.configFiles }}{{ $_ := set $files $name $text }}{{ end -}}
{{- range $name, $text := $pool.server.initScripts }}{{ $_ := set $files (printf "init.%s" $name) $text }}{{ end -}}
{{- $_ := set $pool "files" $files -}}
{{- end -}}
