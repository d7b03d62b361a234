package result

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPutKeepsOtherChecks(t *testing.T) {
	first := &Store{Dir: t.TempDir(), Commit: "a", Kubernetes: "1.34.4"}
	about := Result{Preset: "etcd", Pattern: "distributed", Image: "etcd:v3"}
	require.NoError(t, first.Put(about, Check{Name: "drain", Status: Passed}))
	require.NoError(t, first.Put(about, Check{Name: "keep", Status: Failed}))

	second := &Store{Dir: first.Dir, Commit: "b", Kubernetes: "1.35.0"}
	about.Image = "" // the install failed, and nobody knows the image
	require.NoError(t, second.Put(about, Check{Name: "keep", Status: Passed}))

	all, err := ReadAll(first.Dir)
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Equal(t, "etcd:v3", all[0].Image)
	var got [][3]string
	for _, c := range all[0].Checks {
		got = append(got, [3]string{c.Name, string(c.Status), c.Commit})
	}
	require.Equal(t, [][3]string{{"keep", "passed", "b"}, {"drain", "passed", "a"}}, got)
}

func TestVariantsHaveFilesOfTheirOwn(t *testing.T) {
	s := &Store{Dir: t.TempDir()}
	about := Result{Preset: "postgresql", Pattern: "primary-replica"}
	require.NoError(t, s.Put(about, Check{Name: "failover"}))
	about.Variant = "asynchronous"
	require.NoError(t, s.Put(about, Check{Name: "failover"}))
	all, err := ReadAll(s.Dir)
	require.NoError(t, err)
	require.Len(t, all, 2)
}
