package graph

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// Volume is what a pod can mount. Field is in the workload.
type Volume struct {
	Name          string
	Field         string
	Source        *corev1.VolumeSource // nil for a claim template
	ClaimTemplate *ClaimTemplate       // nil for anything else

	configMaps []string
	secrets    []string
}

// readVolumes lists the pod's volumes. A claim template takes the place of a
// volume of the same name, as it does in the StatefulSet controller.
func (w *Workload) readVolumes() []*Volume {
	var out []*Volume
	for _, t := range w.claims {
		out = append(out, &Volume{Name: t.Name, Field: t.Path, ClaimTemplate: t})
	}
	for i := range w.pod.Volumes {
		v := &w.pod.Volumes[i]
		vol := &Volume{Name: v.Name, Field: w.InPod(fmt.Sprintf("volumes[%d]", i)), Source: &v.VolumeSource}
		switch {
		case v.ConfigMap != nil:
			vol.configMaps = []string{v.ConfigMap.Name}
		case v.Secret != nil:
			vol.secrets = []string{v.Secret.SecretName}
		case v.Projected != nil:
			for _, s := range v.Projected.Sources {
				if s.ConfigMap != nil {
					vol.configMaps = append(vol.configMaps, s.ConfigMap.Name)
				}
				if s.Secret != nil {
					vol.secrets = append(vol.secrets, s.Secret.Name)
				}
			}
		}
		out = append(out, vol)
	}
	return out
}

func (w *Workload) volume(name string) *Volume {
	for _, v := range w.volumes {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Claim gives the name of the claim that the volume is, empty when it is none
// or a claim template.
func (v *Volume) Claim() string {
	if v.Source == nil || v.Source.PersistentVolumeClaim == nil {
		return ""
	}
	return v.Source.PersistentVolumeClaim.ClaimName
}

// Persistent says whether the volume is a claim, made by the StatefulSet or
// named.
func (v *Volume) Persistent() bool { return v.ClaimTemplate != nil || v.Claim() != "" }

// Lost says whether what is written to the volume is gone with the pod.
func (v *Volume) Lost() bool {
	return v.Source != nil && (v.Source.EmptyDir != nil || v.Source.Ephemeral != nil)
}

// Kind names the volume's source for messages: emptyDir, claim, hostPath.
func (v *Volume) Kind() string {
	switch {
	case v.ClaimTemplate != nil:
		return "claim template"
	case v.Claim() != "":
		return "claim"
	case v.Source.EmptyDir != nil:
		return "emptyDir"
	case v.Source.Ephemeral != nil:
		return "ephemeral volume"
	case v.Source.HostPath != nil:
		return "hostPath"
	}
	return "volume"
}
