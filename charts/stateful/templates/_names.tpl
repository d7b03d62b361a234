{{/*
stateful.names fills settings.names, settings.labels: the only place where a
name is made. Takes root and settings; prints nothing.
  names.app       what runs: app.kubernetes.io/name
  names.release   what the release's objects are called
  names.client    the label that lets a pod reach the server through its NetworkPolicy
  names.domain    what follows a Service's name in a full name
  names.account   the servers' service account
*/}}
{{- define "stateful.names" -}}
{{- $values := .settings.values -}}
{{- $app := $values.nameOverride | default .settings.preset -}}
{{- $name := $values.fullnameOverride -}}
{{- if not $name -}}
{{-   $name = ternary .root.Release.Name (printf "%s-%s" .root.Release.Name $app) (or (contains $app .root.Release.Name) (eq $app "custom")) -}}
{{- end -}}
{{- /* 42: names may have 63 characters, the longest suffix is that of the credentials Job */ -}}
{{- $name = include "stateful.name" (dict "name" $name "length" 42) -}}
{{- $_ := set .settings "names" (dict
  "app" $app
  "release" $name
  "namespace" .root.Release.Namespace
  "client" (printf "%s-client" $name)
  "domain" (printf "%s.svc.%s" .root.Release.Namespace $values.clusterDomain)
  "account" ($values.serviceAccount.name | default (ternary $name "default" $values.serviceAccount.create))
) -}}
{{- /* tags allow more characters and a longer text than label values do */ -}}
{{- $version := $values.image.tag | default "" | trunc 63 | trimAll "-_." -}}
{{- $_ := set .settings "labels" (dict
  "app.kubernetes.io/version" $version
  "app.kubernetes.io/name" $app
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/part-of" "stateward"
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")
) -}}
{{- end -}}

{{/*
stateful.name prints name, shortened to length with a hash of the whole at its
end. (The pods of a StatefulSet whose name has more than 52 characters get a
label that is too long: kubernetes/kubernetes#64023.)
  {{ include "stateful.name" (dict "name" "shop" "length" 42) }} -> shop
*/}}
{{- define "stateful.name" -}}
{{- $keep := int (sub .length 7) -}}
{{- if gt (len .name) (int .length) }}{{ trunc $keep .name | trimSuffix "-" }}-{{ sha256sum .name | trunc 6 }}{{ else }}{{ .name }}{{ end -}}
{{- end -}}

{{/*
stateful.selector prints the labels that select the pods of a component. They
are immutable in a StatefulSet, so nothing that changes may be among them.
Takes settings and component.
  {{ include "stateful.selector" (dict "settings" $settings "component" "server") | nindent 6 }}
*/}}
{{- define "stateful.selector" -}}
app.kubernetes.io/name: {{ .settings.names.app }}
app.kubernetes.io/instance: {{ index .settings.labels "app.kubernetes.io/instance" }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}
