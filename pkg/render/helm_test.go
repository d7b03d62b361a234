package render

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/action"
	helmchart "helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/engine"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard)                                       // Helm writes its warnings there
	chartutil.DefaultCapabilities.HelmVersion.Version = HelmVersion // as the linker does for the program
	os.Exit(m.Run())
}

// helmCharts copies a folder of charts and has Helm fetch their file://
// dependencies, as `helm dependency update` does.
func helmCharts(t testing.TB, folder string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(folder)))
	repositories := filepath.Join(t.TempDir(), "repositories.yaml")
	require.NoError(t, os.WriteFile(repositories, []byte("apiVersion: v1\nrepositories: []\n"), 0o600))
	done := map[string]bool{}
	var fetch func(chartDir string)
	fetch = func(chartDir string) {
		c, err := loader.LoadDir(chartDir)
		if err != nil || done[chartDir] {
			return // a chart that must not load is a case of its own
		}
		done[chartDir] = true
		local := 0
		for _, d := range c.Metadata.Dependencies {
			if path, ok := strings.CutPrefix(d.Repository, "file://"); ok {
				local++
				fetch(filepath.Join(chartDir, path)) // Helm takes dependencies of dependencies as they are
			}
		}
		if local == 0 {
			return
		}
		m := downloader.Manager{Out: io.Discard, ChartPath: chartDir, SkipUpdate: true, RepositoryConfig: repositories, RepositoryCache: t.TempDir()}
		require.NoError(t, m.Update(), chartDir)
	}
	charts, err := filepath.Glob(filepath.Join(dir, "*", "Chart.yaml"))
	require.NoError(t, err)
	for _, c := range charts {
		fetch(filepath.Dir(c))
	}
	return dir
}

// helmTemplate does what `helm template` does, with Helm's own code.
func helmTemplate(c *helmchart.Chart, values map[string]any, rel Release) (manifest, notes string, err error) {
	if t := c.Metadata.Type; t != "" && t != "application" {
		return "", "", fmt.Errorf("%s charts are not installable", t)
	}
	if err := action.CheckDependencies(c, c.Metadata.Dependencies); err != nil {
		return "", "", err
	}
	install := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	install.DryRun, install.DryRunOption, install.ClientOnly, install.Replace = true, "true", true, true
	install.SkipSchemaValidation = true // pkg/schema does that
	install.ReleaseName, install.Namespace = orElse(rel.Name, "release-name"), orElse(rel.Namespace, "default")
	install.IsUpgrade = rel.Upgrade
	install.APIVersions = rel.APIVersions
	if install.KubeVersion, err = chartutil.ParseKubeVersion(orElse(rel.KubeVersion, KubeVersion)); err != nil {
		return "", "", err
	}
	r, err := install.Run(c, values)
	if err != nil {
		return "", "", err
	}
	var out bytes.Buffer
	fmt.Fprintln(&out, strings.TrimSpace(r.Manifest))
	for _, h := range r.Hooks {
		fmt.Fprintf(&out, "---\n# Source: %s\n%s\n", h.Path, h.Manifest)
	}
	return out.String(), r.Info.Notes, nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// helmEngine renders with Helm's engine, as pkg/action prepares it.
func helmEngine(c *helmchart.Chart, values map[string]any, rel Release) (map[string]string, error) {
	top, err := helmValues(c, values, rel)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, top)
}

func helmValues(c *helmchart.Chart, values map[string]any, rel Release) (chartutil.Values, error) {
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, err
	}
	kube, err := chartutil.ParseKubeVersion(orElse(rel.KubeVersion, KubeVersion))
	if err != nil {
		return nil, err
	}
	caps := chartutil.DefaultCapabilities.Copy()
	caps.KubeVersion = *kube
	caps.APIVersions = slices.Concat(caps.APIVersions, rel.APIVersions)
	return chartutil.ToRenderValuesWithSchemaValidation(c, values, chartutil.ReleaseOptions{
		Name: orElse(rel.Name, "release-name"), Namespace: orElse(rel.Namespace, "default"), Revision: 1,
		IsInstall: !rel.Upgrade, IsUpgrade: rel.Upgrade,
	}, caps, true)
}
