{{/*
stateful.objects.Pod prints the pod of helm test: the preset's test.sh or
test.command, as a client with the release's own credentials. Takes root,
settings and item.
*/}}
{{- define "stateful.objects.Pod" -}}
{{- $pool := .item.pool -}}
{{- $test := .settings.values.test -}}
{{- $limits := dict "cpu" "100m" "memory" ($pool.facts.testMemory | default "128Mi") -}}
spec:
  {{- include "stateful.pod.script" (dict "root" .root "settings" .settings "pool" $pool "name" "test" "restart" "Never"
        "image" (merge (dict) ($test.image | default dict) $pool.image)
        "command" ($test.command | default (append (include "stateful.shell" $pool | fromYamlArray) "/opt/stateward/scripts/test.sh"))
        "env" (include "stateful.pod.script.env" . | fromYamlArray)
        "resources" (dict "limits" $limits "requests" $limits)) | nindent 2 }}
{{- end -}}
