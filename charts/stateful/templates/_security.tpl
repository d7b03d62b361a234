{{/*
stateful.settings.auth fills settings.auth:
  enabled    whether the server asks for credentials
  mounted    whether there are any: a cluster's own id is one, too
  secret     name of the Secret that holds them
  generated  whether the credentials Job makes that Secret
  lengths    key -> length of a generated value
Takes root and settings; prints nothing.
*/}}
{{- define "stateful.settings.auth" -}}
{{- $auth := .settings.values.auth -}}
{{- $lengths := merge (dict) ($auth.generate.keys | default dict) (.settings.facts.credentials | default dict) -}}
{{- $mounted := or $auth.enabled (eq true .settings.facts.clusterSecrets) -}}
{{- $_ := set .settings "auth" (dict
  "enabled" $auth.enabled
  "mounted" $mounted
  "generated" (and $mounted (not $auth.existingSecret) (not $auth.externalSecret.enabled))
  "secret" ($auth.existingSecret | default (printf "%s-credentials" .settings.names.release))
  "lengths" $lengths
) -}}
{{- end -}}

{{/*
stateful.settings.tls fills settings.tls:
  enabled    whether connections are encrypted
  secret     name of the Secret with certificate and key
  issued     whether cert-manager makes that Secret
  authority  whether the chart's own authority signs, as the user names none
Takes settings; prints nothing.
*/}}
{{- define "stateful.settings.tls" -}}
{{- $tls := .settings.values.tls -}}
{{- $issued := and $tls.enabled (not $tls.existingSecret) -}}
{{- $_ := set .settings "tls" (dict
  "enabled" $tls.enabled
  "secret" ($tls.existingSecret | default (printf "%s-tls" .settings.names.release))
  "issued" $issued
  "authority" (and $issued (not $tls.certManager.issuer.name))
) -}}
{{- end -}}
