{{/*
stateful.objects.Job prints the Job that makes the release's Secret: the server's
image writes its manifest with the values it finds in the Secret, or random
ones; kubectl applies it. The Secret belongs to no release: it stays beside the
claims when the release goes, and no render ever holds a password.
Takes root, settings and item.
*/}}
{{- define "stateful.objects.Job" -}}
{{- $settings := .settings -}}
{{- $pool := .item.pool -}}
{{- $generate := $settings.values.auth.generate -}}
{{- $labels := merge (dict "app.kubernetes.io/component" "credentials" "app.kubernetes.io/managed-by" "stateward") (omit $settings.labels "helm.sh/chart") $settings.values.commonLabels -}}
{{- $resources := dict "cpu" "100m" "memory" "128Mi" -}}
spec:
  backoffLimit: 6
  activeDeadlineSeconds: 600
  ttlSecondsAfterFinished: 3600
  template:
    metadata:
      labels:
        {{- include "stateful.selector" (dict "settings" $settings "component" "credentials") | nindent 8 }}
    spec:
      restartPolicy: OnFailure
      serviceAccountName: {{ .item.account }}
      automountServiceAccountToken: true
      enableServiceLinks: false
      {{- with include "stateful.pod.placement" (dict "root" .root "settings" $settings "pool" $pool) | trim }}
      {{- nindent 6 . }}
      {{- end }}
      securityContext:
        {{- toYaml $pool.security.pod | nindent 8 }}
      initContainers:
        - name: write
          image: {{ include "stateful.image" (dict "image" $pool.image "root" .root) }}
          imagePullPolicy: {{ $pool.image.pullPolicy }}
          command: [sh, -c]
          args:
            - |
              {{- .root.Subcharts.stateful.Files.Get "files/credentials.sh" | trim | nindent 14 }}
            - credentials.sh
            - /existing
            - /scratch/secret.yaml
            - {{ $settings.auth.secret }}
            - {{ toJson $labels | quote }}
            {{- range $key, $length := $settings.auth.lengths }}
            - {{ printf "%s=%d" $key (int $length) }}
            {{- end }}
          resources:
            {{- toYaml (dict "limits" $resources "requests" $resources) | nindent 12 }}
          securityContext:
            {{- toYaml $pool.security.container | nindent 12 }}
          volumeMounts:
            - {name: existing, mountPath: /existing, readOnly: true}
            - {name: work, mountPath: /scratch}
      containers:
        - name: apply
          image: {{ include "stateful.image" (dict "image" $generate.image "root" .root) }}
          imagePullPolicy: {{ $generate.image.pullPolicy }}
          args:
            - apply
            - --server-side
            - --force-conflicts
            - --field-manager=stateward
            - --namespace={{ $settings.names.namespace }}
            - --cache-dir=/scratch/cache
            - --filename=/scratch/secret.yaml
          resources:
            {{- toYaml (dict "limits" $resources "requests" $resources) | nindent 12 }}
          securityContext:
            {{- toYaml $pool.security.container | nindent 12 }}
          volumeMounts:
            - {name: work, mountPath: /scratch}
      volumes:
        - name: existing
          secret: {secretName: {{ $settings.auth.secret }}, optional: true, defaultMode: 0440}
        - name: work
          emptyDir: {medium: Memory, sizeLimit: 16Mi}
{{- end -}}
