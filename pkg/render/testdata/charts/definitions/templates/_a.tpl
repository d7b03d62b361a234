{{ define "x" }}a{{ end }}{{ define "definitions/templates/shadowed.yaml" }}kind: Defined
{{ end }}