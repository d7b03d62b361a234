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
	"slices"
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
	// Scheduled: of an install without an image, the objects were accepted and the pods
	// placed; nothing was started. Note says why.
	Scheduled Status = "scheduled"
)

// Kind is a check that the matrix has: a row of docs/support.md's legend.
type Kind struct{ Name, Meaning string }

// Kinds in the order in which a release goes through them.
var Kinds = []Kind{
	{"install", "ready within helm's wait, `helm test` passes, no container was started twice"},
	{"engine", "`stateward check` has no finding"},
	{"network", "a pod without the client's label is refused, one with it is served, members see each other"},
	{"roles", "the write Service leads to the primary only, the read Service to replicas"},
	{"keep", "10,000 rows outlive a deleted pod, all pods deleted at once, and `kill -9` of the server"},
	{"upgrade", "another setting and another image tag, then `helm rollback`, under a writer"},
	{"scale", "two more members and back, under a writer; none is left in the system's own list"},
	{"storage", "a member whose claim is deleted comes back with an empty one"},
	{"drain", "each worker drained in turn, under a writer; the budgets hold"},
	{"failover", "the leader's node killed, then cut off for 45 s; the API server away for as long, under a writer"},
	{"reinstall", "`helm uninstall`, `helm install`: data and passwords are as before"},
	{"full", "the volume is full under a writer: nothing acknowledged is lost, and with room again the server serves"},
}

// Result is what is known about one preset in one pattern.
type Result struct {
	Preset  string  `json:"preset"`
	Pattern string  `json:"pattern"`
	Variant string  `json:"variant,omitempty"` // other values than the example's
	Image   string  `json:"image"`             // of the server, a stand-in of the same version where no registry is reached
	Checks  []Check `json:"checks"`            // in the order of the matrix
}

// Check is one row of the matrix, from one run.
type Check struct {
	Name       string  `json:"name"`
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

// Put replaces the entry of one check; the others stay, from the runs they are of.
// The result says what the file is about; its Checks are those of the file.
func (s *Store) Put(about Result, check Check) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	name := about.Preset + "-" + about.Pattern
	if about.Variant != "" {
		name += "-" + about.Variant
	}
	path := filepath.Join(s.Dir, name+".json")
	old, err := Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	check.Commit, check.Kubernetes = s.Commit, s.Kubernetes
	check.Date = time.Now().UTC().Format(time.DateOnly)
	about.Checks = append(slices.DeleteFunc(old.Checks, func(c Check) bool { return c.Name == check.Name }), check)
	place := func(c Check) int {
		return slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == c.Name })
	}
	slices.SortFunc(about.Checks, func(a, b Check) int { return place(a) - place(b) })
	if about.Image == "" { // nothing was installed
		about.Image = old.Image
	}
	data, err := json.MarshalIndent(about, "", "  ")
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
