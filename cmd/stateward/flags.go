package main

import (
	"github.com/spf13/cobra"

	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/values"
)

// releaseFlags are the flags that say which release of a chart is meant, with
// helm template's names and meanings.
type releaseFlags struct {
	values  values.Options
	release render.Release
}

func (r *releaseFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&r.values.Files, "values", "f", nil, "values file; several are merged, the last wins; - is standard input")
	f.StringArrayVar(&r.values.Set, "set", nil, "a value: KEY=VALUE[,...]")
	f.StringArrayVar(&r.values.SetString, "set-string", nil, "a value that is text: KEY=VALUE[,...]")
	f.StringArrayVar(&r.values.SetFile, "set-file", nil, "a value that is the text of a file: KEY=PATH[,...]")
	f.StringVar(&r.release.Name, "release-name", "release-name", "name of the release")
	f.StringVarP(&r.release.Namespace, "namespace", "n", "default", "namespace of the release")
}

func (r *releaseFlags) anyValues() bool {
	v := r.values
	return len(v.Files)+len(v.Set)+len(v.SetString)+len(v.SetFile) > 0
}
