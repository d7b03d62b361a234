package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/pkg/check"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/report"
)

func newRender() *cobra.Command {
	var release releaseFlags
	cmd := &cobra.Command{
		Use:   "render CHART",
		Short: "Print the manifests of a chart, the bytes of helm template",
		Example: `  stateward render charts/single-instance -f examples/single-instance/postgresql/values.yaml
  stateward render charts/single-instance --set preset=redis --release-name cache --namespace shop`,
		Args: exactArgs(1, "one chart"),
		RunE: func(cmd *cobra.Command, args []string) error {
			result, manifest, err := check.Render(cmd.Context(), args[0], check.Options{
				Values:  release.values,
				Release: release.release,
				Stdin:   cmd.InOrStdin(),
			})
			if err != nil {
				return err
			}
			if err := printFindings(cmd.ErrOrStderr(), report.Report{Findings: result.Findings, Files: result.Files}); err != nil {
				return err
			}
			if finding.Count(result.Findings, finding.Error) > 0 {
				return errFindings
			}
			if _, err := cmd.OutOrStdout().Write(manifest); err != nil {
				return fmt.Errorf("write manifests: %w", err)
			}
			return nil
		},
	}
	release.add(cmd)
	return cmd
}
