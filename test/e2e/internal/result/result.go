// Package result keeps what a run of the cluster tests has measured: one file per
// preset and pattern, from which docs/support.md is made.
package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Status is the outcome of a check.
type Status string

// A check that was not run has no entry in the file.
const (
	Passed Status = "passed"
	Failed Status = "failed"
	// Inapplicable: the check asks for what this system does not promise; Note says why.
	Inapplicable Status = "inapplicable"
)

// Result is what is known about one preset in one pattern.
type Result struct {
	Preset  string           `json:"preset"`
	Pattern string           `json:"pattern"`
	Image   string           `json:"image"` // of the server, a stand-in of the same version where no registry is reached
	Checks  map[string]Check `json:"checks"`
}

// Check is one row of the matrix, from one run.
type Check struct {
	Status     Status  `json:"status"`
	Note       string  `json:"note,omitempty"`
	Seconds    float64 `json:"seconds"`
	Commit     string  `json:"commit"`
	Date       string  `json:"date"`       // of the run, in UTC
	Kubernetes string  `json:"kubernetes"` // version of the API server
	Trials     []Trial `json:"trials,omitempty"`
}

// Trial is one thing that was done to a release, and what a client saw of it.
type Trial struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"` // until all was as before
	// Of a writer that went on meanwhile; absent where none did.
	Writes *Writes `json:"writes,omitempty"`
	Note   string  `json:"note,omitempty"`
}

// Writes is what became of a writer's rows.
type Writes struct {
	Acknowledged int     `json:"acknowledged"`
	Lost         int     `json:"lost"` // acknowledged, and not there at the end
	Duplicated   int     `json:"duplicated"`
	Errors       int     `json:"errors"`
	LongestGap   float64 `json:"longestGapSeconds"` // without any acknowledgement
}

// Store writes results into a folder.
type Store struct {
	Dir        string
	Commit     string // that the tested charts are of, with "+" when they were changed since
	Kubernetes string

	mutex sync.Mutex
}

// Path is the file of a preset in a pattern.
func (s *Store) Path(preset, pattern string) string {
	return filepath.Join(s.Dir, preset+"-"+pattern+".json")
}

// Put replaces the entry of one check; the others stay, from the runs they are of.
func (s *Store) Put(preset, pattern, image, name string, check Check) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	path := s.Path(preset, pattern)
	got, err := Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		got = Result{Preset: preset, Pattern: pattern, Checks: map[string]Check{}}
	} else if err != nil {
		return err
	}
	check.Commit, check.Kubernetes = s.Commit, s.Kubernetes
	check.Date = time.Now().UTC().Format(time.DateOnly)
	got.Image = image
	got.Checks[name] = check
	data, err := json.MarshalIndent(got, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// Read reads one file.
func Read(path string) (Result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Result{}, err
	}
	var r Result
	if err := json.Unmarshal(data, &r); err != nil {
		return Result{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ReadAll reads the results of a folder, sorted by file name.
func ReadAll(dir string) ([]Result, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []Result
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".json") {
			continue
		}
		r, err := Read(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
