package render

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/engine"
)

// BenchmarkRender sets a render of our largest example against Helm: engine is
// Helm's engine.Render alone, with the values ready; template is all that
// `helm template` does once the chart is loaded, which is what Program.Render does.
func BenchmarkRender(b *testing.B) {
	const chartDir, example = "../../charts/single-instance", "../../examples/single-instance/postgresql/values.yaml"
	user := readValues(b, example)
	helm := func() *helmchart.Chart {
		c, err := loader.LoadDir(filepath.Join(helmCharts(b, "../../charts"), "single-instance"))
		require.NoError(b, err)
		return c
	}
	p := load(b, chartDir)
	b.Run("stateward", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, findings := p.Render(context.Background(), user, Release{})
			require.Empty(b, findings)
		}
	})
	b.Run("stateward-parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, findings := p.Render(context.Background(), user, Release{})
				require.Empty(b, findings)
			}
		})
	})
	b.Run("stateward-engine", func(b *testing.B) {
		caps, _ := p.capabilities(Release{})
		b.ReportAllocs()
		for b.Loop() {
			_, failed, findings := p.execute(context.Background(), p.plain, user, Release{}, caps)
			require.Nil(b, failed)
			require.Empty(b, findings)
		}
	})
	b.Run("helm-engine", func(b *testing.B) {
		c := helm()
		values, err := helmValues(c, user, Release{})
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			_, err := engine.Render(c, values)
			require.NoError(b, err)
		}
	})
	b.Run("helm-template", func(b *testing.B) {
		c := helm()
		b.ReportAllocs()
		for b.Loop() {
			_, _, err := helmTemplate(c, user, Release{})
			require.NoError(b, err)
		}
	})
}
