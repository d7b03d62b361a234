// Package report writes findings for people and for programs. In go findings,
// the texts they point into and what was checked; out comes a report.
package report

import (
	"fmt"
	"time"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// Report is what a run found, and on what.
type Report struct {
	Findings []finding.Finding // sorted
	Files    source.Files      // texts that the findings point into; a snippet is left out where one is missing
	Checked  []Checked         // in the order they were named
	Rules    int               // how many rules there are
	Elapsed  time.Duration
}

// Checked is one chart or manifest file that was looked at.
type Checked struct {
	Name       string `json:"name"`
	Objects    int    `json:"objects"`    // Kubernetes objects read
	Unchecked  int    `json:"unchecked"`  // of these, objects of a kind without a schema
	Kubernetes string `json:"kubernetes"` // version whose schemas were used
	Rendered   bool   `json:"rendered"`   // false when its findings kept it from being rendered
}

// count gives a number with its noun: 1 error, 2 errors.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
