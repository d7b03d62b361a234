{{/*
stateful.pod.secret prints the spec of the pod that makes the release's Secret:
the server's image writes its manifest with the values it finds in the Secret,
or random ones; kubectl applies it. The Secret belongs to no release: it stays
beside the claims when the release goes, and no render ever holds a password.
Takes root, settings, pool and item.
*/}}
{{- define "stateful.pod.secret" -}}
{{- $settings := .settings -}}
{{- $pool := .pool -}}
{{- $generate := $settings.values.auth.generate -}}
{{- $labels := merge (dict "app.kubernetes.io/component" "credentials" "app.kubernetes.io/managed-by" "stateward") (omit $settings.labels "helm.sh/chart") $settings.values.commonLabels -}}
{{- $limits := dict "cpu" "100m" "memory" "128Mi" -}}
{{- $resources := dict "limits" $limits "requests" $limits -}}
{{- $work := dict "name" "work" "mountPath" "/scratch" -}}
{{- $existing := dict "name" "existing" "mountPath" "/existing" "readOnly" true -}}
restartPolicy: OnFailure
serviceAccountName: {{ .item.account }}
automountServiceAccountToken: true
enableServiceLinks: false
{{- include "stateful.pod.placement" . }}
securityContext:
  {{- toYaml $pool.security.pod | nindent 2 }}
initContainers:
  - name: write
    command: [sh, -c]
    args:
      - |
        {{- .root.Subcharts.stateful.Files.Get "files/credentials.sh" | trim | nindent 8 }}
      - credentials.sh
      - /existing
      - /scratch/secret.yaml
      - {{ $settings.auth.secret }}
      - {{ toJson $labels | quote }}
      {{- range $key, $length := $settings.auth.lengths }}
      - {{ printf "%s=%d" $key (int $length) }}
      {{- end }}
    {{- $image := ternary $settings.values.helpers.shell.image $pool.image (eq true $pool.facts.shell) }}
    {{- include "stateful.pod.helper" (dict "root" .root "pool" $pool "image" $image "resources" $resources "mounts" (list $existing $work)) | nindent 4 }}
containers:
  - name: apply
    args:
      - apply
      - --server-side
      - --force-conflicts
      - --field-manager=stateward
      - --namespace={{ $settings.names.namespace }}
      - --cache-dir=/scratch/cache
      - --filename=/scratch/secret.yaml
    {{- include "stateful.pod.helper" (dict "root" .root "pool" $pool "image" $generate.image "resources" $resources "mounts" (list $work)) | nindent 4 }}
volumes:
  - name: existing
    secret: {secretName: {{ $settings.auth.secret }}, optional: true, defaultMode: 0440}
  - name: work
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end -}}
