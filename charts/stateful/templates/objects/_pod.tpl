{{/*
stateful.objects.Pod prints the pod of helm test: the preset's test.sh or
test.command, as a client with the release's own credentials. Takes root,
settings and item.
*/}}
{{- define "stateful.objects.Pod" -}}
{{- $settings := .settings -}}
{{- $pool := .item.pool -}}
{{- $test := $settings.values.test -}}
{{- $limits := dict "cpu" "100m" "memory" "128Mi" -}}
{{- $host := printf "%s.%s.svc" $pool.fullname $settings.names.namespace -}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with include "stateful.pod.placement" (dict "root" .root "settings" $settings "pool" $pool) | trim }}
  {{- nindent 2 . }}
  {{- end }}
  securityContext:
    {{- toYaml $pool.security.pod | nindent 4 }}
  containers:
    - name: test
      {{- $image := merge (dict) ($test.image | default dict) $pool.image }}
      image: {{ include "stateful.image" (dict "image" $image "root" .root) }}
      imagePullPolicy: {{ $image.pullPolicy }}
      command: {{ $test.command | default (list "sh" "/opt/stateward/scripts/test.sh") | toJson }}
      env:
        - {name: STATEWARD_HOST, value: {{ $host | quote }}}
        {{- range $pool.ports }}
        {{- if eq .port $pool.port }}
        - {name: STATEWARD_PORT, value: {{ .servicePort | toString | quote }}}
        {{- end }}
        {{- end }}
        {{- range $pool.env }}
        {{- if has .name (list "STATEWARD_AUTH" "STATEWARD_USERNAME" "STATEWARD_DATABASE") }}
        - {{ toJson . }}
        {{- end }}
        {{- end }}
      resources:
        {{- toYaml (dict "limits" $limits "requests" $limits) | nindent 8 }}
      securityContext:
        {{- toYaml $pool.security.container | nindent 8 }}
      volumeMounts:
        {{- range $pool.mounts }}
        {{- if has .name (list "scripts" "credentials" "tmp" "run") }}
        - {{ toJson . }}
        {{- end }}
        {{- end }}
  volumes:
    {{- range $pool.volumes }}
    {{- if has .name (list "scripts" "credentials" "tmp" "run") }}
    - {{ toJson . }}
    {{- end }}
    {{- end }}
{{- end -}}
