{{/*
stateful.merge lays one tree over another, in place: dicts key by key, all else
replaces, null removes. Takes into and from; prints nothing. (sprig's
mergeOverwrite keeps a value that the upper tree sets to false, 0 or "".)
*/}}
{{- define "stateful.merge" -}}
{{- range $key, $value := .from -}}
{{-   if kindIs "invalid" $value -}}
{{-     $_ := unset $.into $key -}}
{{-   else if and (kindIs "map" $value) (kindIs "map" (get $.into $key)) -}}
{{-     include "stateful.merge" (dict "into" (get $.into $key) "from" $value) -}}
{{-   else -}}
{{-     $_ := set $.into $key (deepCopy $value) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.bytes prints a Kubernetes quantity as a whole number of bytes. Takes
quantity and path, the values path for the error.
  {{ include "stateful.bytes" (dict "quantity" "512Mi" "path" "resources.limits.memory") }} -> 536870912
*/}}
{{- define "stateful.bytes" -}}
{{- $text := toString .quantity -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $number := trimSuffix $unit $text -}}
{{- $units := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- if not (and (hasKey $units $unit) (regexMatch "^[0-9]+([.][0-9]+)?$" $number)) -}}
{{-   fail (printf "%s: %q is not an amount of memory; write for example 512Mi or 4Gi" .path $text) -}}
{{- end -}}
{{- mulf (float64 $number) (get $units $unit) | floor | int64 -}}
{{- end -}}

{{/*
stateful.word prints one value of a configuration file as the system writes it.
Takes value, and format: the facts.config of a preset.
  {{ include "stateful.word" (dict "value" true "format" $facts.config) }} -> on
*/}}
{{- define "stateful.word" -}}
{{- if kindIs "bool" .value -}}
{{-   get .format.words (toString .value) -}}
{{- else if kindIs "string" .value -}}
{{-   printf "%s%s%s" .format.quote (ternary (replace .format.quote (repeat 2 .format.quote) .value) .value (ne .format.quote "")) .format.quote -}}
{{- else -}}
{{-   include "stateful.text" .value -}}
{{- end -}}
{{- end -}}

{{/*
stateful.text prints a scalar. YAML numbers arrive as floats, and Go would print
a large one as 1e+06.
  {{ include "stateful.text" 1000000.0 }} -> 1000000
*/}}
{{- define "stateful.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . }}{{ else }}{{ toString . }}{{ end -}}
{{- end -}}

{{/*
stateful.config prints a configuration file: format.header, one line per setting,
sorted, a list as one line per item. Takes config (a dict) and format.
*/}}
{{- define "stateful.config" -}}
{{- with .format.header }}{{ . }}{{ end }}
{{- range $key, $value := .config }}
{{-   range ternary $value (list $value) (kindIs "slice" $value) }}
{{ $key }}{{ $.format.separator }}{{ include "stateful.word" (dict "value" . "format" $.format) }}
{{-   end }}
{{- end }}
{{- end -}}

{{/*
stateful.image prints an image reference. Takes image (registry, repository,
tag, digest) and root; global.imageRegistry wins over the image's own.
  {{ include "stateful.image" (dict "image" .Values.image "root" $) }} -> docker.io/library/redis:8.0
*/}}
{{- define "stateful.image" -}}
{{- $registry := (.root.Values.global).imageRegistry | default .image.registry -}}
{{- with $registry }}{{ . }}/{{ end }}{{ .image.repository }}
{{- with .image.tag }}:{{ . }}{{ end }}
{{- with .image.digest }}@{{ . }}{{ end }}
{{- end -}}
