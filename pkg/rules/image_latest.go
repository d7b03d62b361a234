package rules

import (
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/rule"
)

var _ = add(finding.Rule{
	ID:       "image-latest",
	Title:    "Images name a version",
	Severity: finding.Warning,
	Doc: `The tag ` + "`latest`" + `, which is also meant when there is none, is another version tomorrow. A pod that
is moved to another node then starts another major version on the same data, members of one
cluster run different versions, and a rollback of the release rolls nothing back. Databases do
not go back: a data directory that a newer major has opened cannot be opened by the older one.

See [Container images](https://kubernetes.io/docs/concepts/containers/images/#image-names).`,
	Hint: "name a version, or better a version and its digest",
}, func(p *rule.Pass) {
	for _, w := range p.Graph.Workloads() {
		for _, c := range w.Containers() {
			switch tag, pinned := tagOf(c.Image); {
			case c.Image == "" || pinned:
			case tag == "":
				p.Reportf(c, "image", "image %q names no version, which means latest", c.Image)
			case tag == "latest":
				p.Reportf(c, "image", "image %q is another version tomorrow", c.Image)
			}
		}
	}
})

// tagOf gives the tag of an image reference, and whether it has a digest.
func tagOf(image string) (tag string, pinned bool) {
	name, _, pinned := strings.Cut(image, "@")
	_, tag, _ = strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	return tag, pinned
}
