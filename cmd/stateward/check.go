package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stateward/stateward/pkg/check"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/report"
)

func newCheck() *cobra.Command {
	var release releaseFlags
	var output, failOn string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "check CHART...",
		Short: "Check charts with values, or rendered manifests",
		Long: `check renders each chart with the values and checks both.

CHART is a folder, a .tgz, stateward:PATTERN for a chart that comes with
stateward, a file of rendered manifests, or - for manifests on standard input.`,
		Example: `  stateward check charts/single-instance -f examples/single-instance/postgresql/values.yaml
  stateward render charts/single-instance --set preset=redis | stateward check -`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("stateward check --help has examples", "check needs a chart or manifests")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			threshold, err := finding.ParseSeverity(failOn)
			if err != nil {
				return usagef("", "--fail-on: %w", err)
			}
			write, err := reporter(output, quiet, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			if release.anyValues() && !slices.ContainsFunc(args, check.IsChart) {
				return usagef("name a chart, or leave -f and --set out", "values are for charts, and there is none among %s", strings.Join(args, ", "))
			}
			start := time.Now()
			result, err := check.Run(cmd.Context(), check.Options{
				Inputs:  args,
				Values:  release.values,
				Release: release.release,
				Stdin:   cmd.InOrStdin(),
			})
			if err != nil {
				return err
			}
			if err := write(toReport(result, time.Since(start))); err != nil {
				return fmt.Errorf("write report: %w", err)
			}
			for _, f := range result.Findings {
				if f.Severity >= threshold {
					return errFindings
				}
			}
			return nil
		},
	}
	release.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "report: text or json")
	cmd.Flags().StringVar(&failOn, "fail-on", "error", "lowest severity that gives exit code 1: error, warning or info")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "findings only, no summary")
	return cmd
}

// reporter gives the function that writes the report asked for.
func reporter(output string, quiet bool, w io.Writer) (func(report.Report) error, error) {
	switch output {
	case "text":
		return func(r report.Report) error {
			return report.Text(w, r, report.TextOptions{Color: isTerminal(w), Quiet: quiet})
		}, nil
	case "json":
		return func(r report.Report) error { return report.JSON(w, r) }, nil
	}
	return nil, usagef("", "--output: unknown report %q, expected text or json", output)
}

// isTerminal is true when a person reads w and has not asked for plain text.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func toReport(r check.Result, elapsed time.Duration) report.Report {
	out := report.Report{Findings: r.Findings, Files: r.Files, Rules: r.Rules, Elapsed: elapsed}
	for _, in := range r.Inputs {
		out.Checked = append(out.Checked, report.Checked(in))
	}
	return out
}

// printFindings is for commands whose result is not a report: findings go where
// people look, and stdout keeps to the result.
func printFindings(w io.Writer, r report.Report) error {
	var b strings.Builder
	if err := report.Text(&b, r, report.TextOptions{Color: isTerminal(w), Quiet: true}); err != nil {
		return err
	}
	_, err := io.WriteString(w, b.String())
	return err
}
