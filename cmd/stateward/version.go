package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, and those of Helm and Kubernetes inside",
		Example: `  stateward version
  stateward version | head -1`,
		Args: exactArgs(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			version, modules := "(unknown)", map[string]string{}
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
				for _, m := range info.Deps {
					modules[m.Path] = m.Version
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "stateward %s\nhelm %s\nkubernetes %s\n%s %s/%s\n", version,
				modules["helm.sh/helm/v3"], modules["k8s.io/kubernetes"], runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
