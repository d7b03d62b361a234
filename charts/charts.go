// Package charts holds stateward's charts, as they are in this folder.
package charts

import "embed"

// FS has one folder per chart: the library stateful and the patterns. A pattern
// finds the library at file://../stateful, inside FS as on disk.
//
//go:embed all:stateful all:single-instance
var FS embed.FS
