{{/*
stateful.check fails on values that each are well-formed but cannot stand
together. A message begins with the values path it is about, says what is wrong
and what to write. Takes root and settings; prints nothing.
*/}}
{{- define "stateful.check" -}}
{{- $values := .settings.values -}}
{{- range $pool := .settings.pools -}}
{{-   include "stateful.check.server" (dict "settings" $.settings "pool" $pool "root" $.root) -}}
{{-   include "stateful.check.storage" (dict "settings" $.settings "pool" $pool) -}}
{{- end -}}
{{- include "stateful.check.unused" . -}}
{{- $auth := $values.auth -}}
{{- if and .settings.facts.authRequired (not $auth.enabled) -}}
{{-   fail (printf "auth.enabled: the preset %q does not run without credentials; leave this key out" .settings.preset) -}}
{{- end -}}
{{- if and .settings.auth.generated (not .settings.auth.lengths) -}}
{{-   fail "auth.generate.keys: auth is enabled, but no key is named; write for example auth.generate.keys: {password: 32}" -}}
{{- end -}}
{{- if and $auth.existingSecret $auth.generate.keys -}}
{{-   fail "auth.generate.keys: there is nothing to generate beside auth.existingSecret; name the keys of that Secret with auth.keys" -}}
{{- end -}}
{{- end -}}

{{/*
stateful.check.unused fails on keys that are read when data is made, where the
preset's system makes none: they would be ignored. Takes root and settings.
*/}}
{{- define "stateful.check.unused" -}}
{{- if not .settings.facts.initializes -}}
{{-   range $path := list "server.initScripts" "server.initArgs" "auth.username" "auth.database" -}}
{{-     $keys := splitList "." $path -}}
{{-     if get (get $.root.Values (first $keys) | default dict) (last $keys) -}}
{{-       fail (printf "%s: the preset %q has no use for it; leave this key out" $path $.settings.preset) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.server: image, ports and configuration of one pool. Takes root, settings and pool. */}}
{{- define "stateful.check.server" -}}
{{- $pool := .pool -}}
{{- if not $pool.image.repository -}}
{{-   fail (printf "image.repository: the preset %q has no image of its own; name the one to run" .settings.preset) -}}
{{- end -}}
{{- if not $pool.ports -}}
{{-   fail (printf "server.ports: the preset %q has no port of its own; write for example server.ports: {http: {port: 8080}}" .settings.preset) -}}
{{- end -}}
{{- if not $pool.port -}}
{{-   fail "server.ports: no port is for clients; give one of them audience: clients" -}}
{{- end -}}
{{- $user := (.root.Values.server).config | default dict -}}
{{- if and $user (not .settings.facts.config) -}}
{{-   fail (printf "server.config: stateward does not know the configuration format of the preset %q; write the file under server.configFiles" .settings.preset) -}}
{{- end -}}
{{- range (.settings.facts.config).reserved -}}
{{-   if hasKey $user . -}}
{{-     fail (printf "server.config.%s: this setting comes from other values (server.ports, storage.directory, auth); take it out of server.config" .) -}}
{{-   end -}}
{{- end -}}
{{- $names := list -}}
{{- range $pool.ports }}{{ $names = append $names .name }}{{ end -}}
{{- range $key := list "ports" "nodePorts" -}}
{{-   range $name, $_ := get $pool.service $key -}}
{{-     if not (has $name $names) -}}
{{-       fail (printf "service.%s.%s: the server has no port of this name; it has: %s" $key $name (join ", " $names)) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.storage: the volumes of one pool. Takes settings and pool. */}}
{{- define "stateful.check.storage" -}}
{{- $storage := .pool.storage -}}
{{- if not (hasPrefix (printf "%s/" (trimSuffix "/" $storage.mountPath)) (printf "%s/" (trimSuffix "/" $storage.directory))) -}}
{{-   fail (printf "storage.directory: %s is not on the volume, which is mounted at %s; the data would go with the pod" $storage.directory $storage.mountPath) -}}
{{- end -}}
{{- if and $storage.existingClaim (not $storage.enabled) -}}
{{-   fail "storage.existingClaim: storage.enabled is false; use one of the two" -}}
{{- end -}}
{{- if and $storage.existingClaim $storage.dataSource -}}
{{-   fail "storage.dataSource: a claim that exists is not filled from a source; use storage.existingClaim or storage.dataSource" -}}
{{- end -}}
{{- if and $storage.log.enabled (not .settings.facts.log) -}}
{{-   fail (printf "storage.log.enabled: the preset %q keeps no log apart from its data" .settings.preset) -}}
{{- end -}}
{{- end -}}

{{/*
stateful.check.patches fails on a patch that matches no object: it would be
ignored. Takes settings.
*/}}
{{- define "stateful.check.patches" -}}
{{- range $i, $patch := .settings.values.patches -}}
{{-   $found := "" -}}
{{-   $names := list -}}
{{-   range $kind, $items := $.settings.objects -}}
{{-     range $item := $items -}}
{{-       $names = append $names (printf "%s/%s" $kind $item.name) -}}
{{-       if include "stateful.patch.matches" (dict "patch" $patch "kind" $kind "item" $item) }}{{ $found = "true" }}{{ end -}}
{{-     end -}}
{{-   end -}}
{{-   if not $found -}}
{{-     fail (printf "patches[%d]: this release has no %s%s to patch; it has: %s" $i $patch.kind (ternary "" (printf "/%s" $patch.name) (empty $patch.name)) (join ", " (sortAlpha $names))) -}}
{{-   end -}}
{{- end -}}
{{- end -}}
