{{/*
stateful.check fails on values that each are well-formed but cannot stand
together. A message begins with the values path it is about, says what is wrong
and what to write. Takes root and settings; prints nothing.
*/}}
{{- define "stateful.check" -}}
{{- $values := .settings.values -}}
{{- range $pool := .settings.pools -}}
{{-   include "stateful.check.server" (dict "settings" $.settings "pool" $pool) -}}
{{-   include "stateful.check.storage" (dict "settings" $.settings "pool" $pool) -}}
{{-   include "stateful.check.members" (dict "settings" $.settings "pool" $pool) -}}
{{- end -}}
{{- include "stateful.check.unused" . -}}
{{- include "stateful.check.features" . -}}
{{- include "stateful.check.services" . -}}
{{- $auth := $values.auth -}}
{{- if and .settings.facts.authRequired (not $auth.enabled) -}}
{{-   fail (printf "auth.enabled: the preset %q does not run without credentials; leave this key out" .settings.preset) -}}
{{- end -}}
{{- if and .settings.auth.generated (not .settings.auth.lengths) -}}
{{-   fail "auth.generate.keys: auth is enabled, but no key is named; write for example auth.generate.keys: {password: 32}" -}}
{{- end -}}
{{- if and $auth.existingSecret $auth.externalSecret.enabled -}}
{{-   fail "auth.externalSecret.enabled: auth.existingSecret names a Secret that is there already; use one of the two" -}}
{{- end -}}
{{- if and $auth.externalSecret.enabled (not $auth.externalSecret.store.name) -}}
{{-   fail "auth.externalSecret.store.name: the store is not named" -}}
{{- end -}}
{{- if and $auth.externalSecret.enabled (not (or $auth.externalSecret.key $auth.externalSecret.data)) -}}
{{-   fail "auth.externalSecret.key: nothing says what to fetch; name an entry of the store, or single keys under auth.externalSecret.data" -}}
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
{{-     if and (not (has $path ($.settings.facts.uses | default list))) (get (get $.root.Values (first $keys) | default dict) (last $keys)) -}}
{{-       fail (printf "%s: the preset %q has no use for it; leave this key out" $path $.settings.preset) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/*
stateful.check.features fails on what the preset does not have. Takes settings.
*/}}
{{- define "stateful.check.features" -}}
{{- $values := .settings.values -}}
{{- $facts := .settings.facts -}}
{{- if and $values.tls.enabled (not (hasKey $facts "tls")) -}}
{{-   fail (printf "tls.enabled: the preset %q has no TLS here; leave this key out" .settings.preset) -}}
{{- end -}}
{{- $metrics := $facts.metrics | default dict -}}
{{- if and $values.metrics.enabled (not $metrics) -}}
{{-   fail (printf "metrics.enabled: the preset %q has no exporter; write one under extraContainers, with a port of audience metrics" .settings.preset) -}}
{{- end -}}
{{- range $key := list "monitor" "rules" "dashboard" -}}
{{-   if and (get $values.metrics $key).enabled (not $values.metrics.enabled) -}}
{{-     fail (printf "metrics.%s.enabled: metrics.enabled is false; there is nothing to look at" $key) -}}
{{-   end -}}
{{- end -}}
{{- if and $values.metrics.dashboard.enabled (not $metrics.dashboard) -}}
{{-   fail (printf "metrics.dashboard.enabled: the preset %q has no dashboard" .settings.preset) -}}
{{- end -}}
{{- if hasKey $values "primary" -}}
{{-   if not $facts.declaredPrimary -}}
{{-     fail (printf "primary: the members of the preset %q choose their primary themselves; leave this key out" .settings.preset) -}}
{{-   end -}}
{{-   if and (gt (int $values.replicas) 0) (ge (int $values.primary) (int $values.replicas)) -}}
{{-     fail (printf "primary: there is no member %d among %d; the highest ordinal is %d" (int $values.primary) (int $values.replicas) (sub (int $values.replicas) 1)) -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.members: the number of members of one pool. Takes settings and pool. */}}
{{- define "stateful.check.members" -}}
{{- $pool := .pool -}}
{{- $path := printf "%sreplicas" $pool.path -}}
{{- if not (hasKey $pool "replicas") -}}
{{-   fail (printf "%s: the preset %q does not say how many members this pool has; write for example 3" $path .settings.preset) -}}
{{- end -}}
{{- $count := int $pool.replicas -}}
{{- $least := int ($pool.facts.minMembers | default 1) -}}
{{- if and (gt $count 0) (lt $count $least) -}}
{{-   fail (printf "%s: %s needs at least %d members; use %d" $path $pool.name $least $least) -}}
{{- end -}}
{{- if and (eq ($pool.facts.quorum | default "") "majority") (eq $count 2) -}}
{{-   fail (printf "%s: 2 members cannot hold a quorum when one is away; use 3" $path) -}}
{{- end -}}
{{- if and $pool.facts.odd (gt $count 0) (eq (mod $count 2) 0) -}}
{{-   fail (printf "%s: %d members survive no more failures than %d do; use %d" $path $count (sub $count 1) (add $count 1)) -}}
{{- end -}}
{{- if and (ne .settings.pattern "single-instance") (ne .settings.preset "custom") (eq $pool.update.podManagementPolicy "OrderedReady") -}}
{{-   fail (printf "%supdate.podManagementPolicy: members of the preset %q ask each other before the first is ready; use Parallel" $pool.path .settings.preset) -}}
{{- end -}}
{{- if and $pool.storage.existingClaim (gt $count 1) -}}
{{-   fail (printf "%sstorage.existingClaim: one claim cannot serve %d members" $pool.path $count) -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.server: image, ports and configuration of one pool. Takes settings and pool. */}}
{{- define "stateful.check.server" -}}
{{- $pool := .pool -}}
{{- if not $pool.image.repository -}}
{{-   fail (printf "%simage.repository: the preset %q has no image of its own; name the one to run" $pool.path .settings.preset) -}}
{{- end -}}
{{- if not $pool.ports -}}
{{-   fail (printf "%sserver.ports: the preset %q has no port of its own; write for example server.ports: {http: {port: 8080}}" $pool.path .settings.preset) -}}
{{- end -}}
{{- $clients := false -}}
{{- range $pool.ports }}{{ if eq .audience "clients" }}{{ $clients = true }}{{ end }}{{ end -}}
{{- if and (not $clients) (eq $pool.name .settings.main) -}}
{{-   fail "server.ports: no port is for clients; give one of them audience: clients" -}}
{{- end -}}
{{- $user := ($pool.user.server | default dict).config | default dict -}}
{{- if and $user (not $pool.facts.config) -}}
{{-   fail (printf "%sserver.config: stateward does not know the configuration format of the preset %q; write the file under server.configFiles" $pool.path .settings.preset) -}}
{{- end -}}
{{- range ($pool.facts.config).reserved -}}
{{-   if hasKey $user . -}}
{{-     fail (printf "%sserver.config.%s: this setting comes from other values (server.ports, storage.directory, auth, tls); take it out of server.config" $pool.path .) -}}
{{-   end -}}
{{- end -}}
{{- $names := list -}}
{{- range $pool.ports }}{{ $names = append $names .name }}{{ end -}}
{{- $handlers := list "exec" "httpGet" "tcpSocket" "grpc" -}}
{{- range $name, $probe := $pool.probes -}}
{{-   $both := list -}}
{{-   range $handler := $handlers }}{{ if hasKey ($probe | default dict) $handler }}{{ $both = append $both $handler }}{{ end }}{{ end -}}
{{-   if gt (len $both) 1 -}}
{{-     fail (printf "%sprobes.%s: %s are there, a probe has one of them" $pool.path $name (join " and " $both)) -}}
{{-   end -}}
{{- end -}}
{{- range $key := list "ports" "nodePorts" -}}
{{-   range $name, $_ := get $pool.service $key -}}
{{-     if not (has $name $names) -}}
{{-       fail (printf "%sservice.%s.%s: the server has no port of this name; it has: %s" $pool.path $key $name (join ", " $names)) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.services: keys that only some types of a Service have. Takes settings. */}}
{{- define "stateful.check.services" -}}
{{- range $service := .settings.services -}}
{{-   $path := printf "%sservice" $service.pool.path -}}
{{-   if eq $service.kind "read" }}{{ $path = "service.read" }}{{ end -}}
{{-   $type := $service.options.type -}}
{{-   range $key := list "loadBalancerClass" "loadBalancerSourceRanges" "externalTrafficPolicy" "nodePorts" -}}
{{-     $types := ternary (list "LoadBalancer") (list "NodePort" "LoadBalancer") (hasPrefix "load" $key) -}}
{{-     if and $type (get $service.options $key) (not (has $type $types)) -}}
{{-       fail (printf "%s.%s: a Service of type %s has none; set %s.type to %s" $path $key $type $path (join " or " $types)) -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* stateful.check.storage: the volumes of one pool. Takes settings and pool. */}}
{{- define "stateful.check.storage" -}}
{{- $storage := .pool.storage -}}
{{- $path := printf "%sstorage" .pool.path -}}
{{- if not .pool.facts.stateless -}}
{{-   range $key := list "mountPath" "directory" "size" -}}
{{-     if not (get $storage $key) -}}
{{-       fail (printf "%s.%s: the preset %q does not say it for this pool; write it" $path $key $.settings.preset) -}}
{{-     end -}}
{{-   end -}}
{{-   if not (hasPrefix (printf "%s/" (trimSuffix "/" $storage.mountPath)) (printf "%s/" (trimSuffix "/" $storage.directory))) -}}
{{-     fail (printf "%s.directory: %s is not on the volume, which is mounted at %s; the data would go with the pod" $path $storage.directory $storage.mountPath) -}}
{{-   end -}}
{{- end -}}
{{- if and $storage.existingClaim (not $storage.enabled) -}}
{{-   fail (printf "%s.existingClaim: storage.enabled is false; use one of the two" $path) -}}
{{- end -}}
{{- if and $storage.existingClaim $storage.dataSource -}}
{{-   fail (printf "%s.dataSource: a claim that exists is not filled from a source; use storage.existingClaim or storage.dataSource" $path) -}}
{{- end -}}
{{- if and $storage.log.enabled (not .pool.facts.log) -}}
{{-   fail (printf "%s.log.enabled: the preset %q keeps no log apart from its data" $path .settings.preset) -}}
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
