// Package charts holds stateward's charts, as they are in this folder.
package charts

import (
	"embed"
	"io/fs"
	"slices"
)

// FS has one folder per chart: the library stateful and the patterns. A pattern
// finds the library at file://../stateful, inside FS as on disk.
//
//go:embed all:stateful all:single-instance all:primary-replica all:distributed
var FS embed.FS

// Patterns lists the charts of FS that can be installed, sorted.
func Patterns() []string {
	entries, err := fs.ReadDir(FS, ".")
	if err != nil {
		panic(err) // FS is part of the program
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "stateful" })
}
