// Command stateward checks Helm charts of stateful systems, and what they
// render, before a cluster does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes. They are part of the interface.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitBroken   = 3
)

// errFindings ends a command that did its work and found something; what it
// found is printed already.
var errFindings = errors.New("findings at or above the threshold")

// usageError is a call that is wrong, with what to write instead.
type usageError struct {
	err  error
	hint string
}

func (e usageError) Error() string { return e.err.Error() }

func usagef(hint, format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...), hint}
}

func main() {
	log.SetOutput(io.Discard) // Helm's libraries log to it, in words that name no place
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it gives the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "stateward: %v\n", err)
		if usage.hint != "" {
			_, _ = fmt.Fprintf(stderr, "  hint: %s\n", usage.hint)
		}
		return exitUsage
	}
	_, _ = fmt.Fprintf(stderr, "stateward: %v\n", err)
	return exitBroken
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "stateward",
		Short: "Checks Helm charts of stateful systems before a cluster does",
		Long: `stateward renders Helm charts and checks values and manifests against JSON
schemas, the Kubernetes API server's own validation, and rules about state.

Exit codes: 0 clean, 1 findings at or above the threshold, 2 wrong usage,
3 could not work.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(suggest(cmd, args[0]), "unknown command %q", args[0])
			}
			return cmd.Help()
		},
		Args: cobra.ArbitraryArgs,
	}
	root.AddCommand(newCheck(), newRender(), newRules(), newExplain(), newVersion())
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef(fmt.Sprintf("%s --help lists the flags", cmd.CommandPath()), "%w", err)
	})
	return root
}

func suggest(cmd *cobra.Command, name string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return fmt.Sprintf("did you mean %q?", near[0])
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return "commands: " + strings.Join(names, ", ")
}

// exactArgs is cobra.ExactArgs with an error that counts as wrong usage.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef(cmd.CommandPath()+" --help has examples", "%s takes %s, not %d arguments", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}
