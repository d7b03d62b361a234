package apiserver

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/apps"
)

// volumeField is a field of a volume of a StatefulSet's pods.
var volumeField = regexp.MustCompile(`^spec\.template\.spec\.volumes\[(\d+)\](.*)$`)

// placed gives what is said of volumes the places that they have in the manifest.
// The server looks at the pods with a volume for each claim template put before
// their own, in random order, and without their own of the same name.
func placed(s *apps.StatefulSetSpec, errs field.ErrorList) field.ErrorList {
	if len(s.VolumeClaimTemplates) == 0 {
		return errs
	}
	templates := map[string]int{} // the first of each name
	for i, t := range slices.Backward(s.VolumeClaimTemplates) {
		templates[t.Name] = i
	}
	var own []int
	for i, v := range s.Template.Spec.Volumes {
		if _, replaced := templates[v.Name]; !replaced {
			own = append(own, i)
		}
	}
	for _, e := range errs {
		m := volumeField.FindStringSubmatch(e.Field)
		if m == nil {
			continue
		}
		at, err := strconv.Atoi(m[1])
		switch {
		case err != nil:
		case at < len(templates):
			// Of these only the name is the user's, so it is what is wrong with them.
			name, _ := e.BadValue.(string)
			e.Field = fmt.Sprintf("spec.volumeClaimTemplates[%d].metadata.name", templates[name])
		case at-len(templates) < len(own):
			e.Field = fmt.Sprintf("spec.template.spec.volumes[%d]%s", own[at-len(templates)], m[2])
		}
	}
	return errs
}
