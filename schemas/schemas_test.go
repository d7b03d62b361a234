package schemas

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryListedReleaseCanBeRead(t *testing.T) {
	versions := Kubernetes()
	require.Contains(t, versions, "1.37")
	for _, version := range versions {
		text, err := Release(version)
		require.NoError(t, err)
		var release struct {
			Kubernetes  string
			Kinds       map[string]string
			Definitions map[string]json.RawMessage
		}
		require.NoError(t, json.Unmarshal(text, &release))
		require.Contains(t, release.Kubernetes, "v"+version+".")
		for kind, definition := range release.Kinds {
			require.Contains(t, release.Definitions, definition, kind)
		}
		require.Contains(t, release.Kinds, "apps/v1 StatefulSet")
		require.Contains(t, release.Kinds, "v1 ConfigMap")
	}
}

func TestVersionsAreOrderedByNumber(t *testing.T) {
	require.Less(t, minor("1.9"), minor("1.10"))
}

func TestAReleaseThatIsNotThere(t *testing.T) {
	_, err := Release("1.0")
	require.ErrorContains(t, err, "no schemas of Kubernetes 1.0")
	_, err = Release("../kubernetes/1.37")
	require.Error(t, err)
}
