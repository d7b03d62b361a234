// Package systems is what is known of each stateful system, as data: by which
// images and preset it is recognised, where it keeps its data and on which ports
// it talks. In goes an image reference and how a container is started; out come
// the system and its data directories. The facts stand in table.go.
package systems

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// System is one stateful system, in all its packagings.
type System struct {
	Name  string // as in the annotation stateward.dev/preset: "postgresql"
	Title string // as people write it: "PostgreSQL"

	Client []Port // what clients connect to, the main one first
	Peer   []Port // what members of a cluster connect to
	Cache  bool   // often run with nothing that must be kept

	programs []string       // the server's own programs
	others   []string       // programs of the same images that keep no data
	modes    []string       // arguments that make the server something that keeps no data
	needs    *regexp.Regexp // what must be said for the server to keep data at all
	volatile *regexp.Regexp // what says that losing the data is meant,
	durable  *regexp.Regexp // unless this is said too
	knobs    []knob         // one per data directory
	images   []image
}

// Port is a port of a system's server.
type Port struct {
	Name   string // as the port of a Service is best named
	Number int32
}

// knob is what moves one data directory, strongest first: flags, environment,
// a directive in a configuration file.
type knob struct {
	flags     []string
	env       []string
	directive *regexp.Regexp // its group is the path
	argument  string         // the words after this one that are absolute paths
}

// image is one packaging of a system.
type image struct {
	repos   []string       // see match
	vendors []string       // the organisations that publish it under a repo of one segment, beside "library"
	major   *regexp.Regexp // finds the system's major version in a tag; nil for a leading number
	layouts []layout       // none when the packaging does not document its directories
}

// layout gives the default of each knob for majors from (0: any) to (0: any).
// {major} stands for the major version. An empty path is unknown.
type layout struct {
	from, to int
	paths    []string
}

// Match is a system recognised in a container.
type Match struct {
	*System
	Major int // 0 when the tag does not tell

	// Vendor says that the image has the vendor's own name, not only one that ends
	// alike: a mirror, most often, but sometimes somebody's own build.
	Vendor bool

	image *image // nil when the system is known by its preset only
}

// All lists the systems, sorted by name.
func All() []*System { return table }

// ByPreset finds a system by the value of the annotation stateward.dev/preset,
// which says nothing about where an image keeps its data.
func ByPreset(name string) (Match, bool) {
	for _, s := range table {
		if s.Name == name {
			return Match{System: s}, true
		}
	}
	return Match{}, false
}

// ByImage finds the system whose server an image reference holds. Mirrors and
// repackagings count; exporters, operators, routers and backup tools do not.
func ByImage(reference string) (Match, bool) {
	repo, tag := split(reference)
	var best Match
	length := 0
	for _, s := range table {
		for i := range s.images {
			for _, pattern := range s.images[i].repos {
				if n := match(pattern, repo); n > length {
					length, best = n, Match{System: s, image: &s.images[i]}
				}
			}
		}
	}
	if length == 0 {
		return Match{}, false
	}
	best.Major = best.image.majorOf(tag)
	best.Vendor = length > 1 || len(repo) == 1 || slices.Contains(append(best.image.vendors, "library"), repo[len(repo)-2])
	return best, true
}

// split cuts a reference into the segments of its repository without the
// registry, and its tag.
func split(reference string) (repo []string, tag string) {
	reference, _, _ = strings.Cut(strings.ToLower(reference), "@")
	if i := strings.LastIndex(reference, ":"); i > strings.LastIndex(reference, "/") {
		reference, tag = reference[:i], reference[i+1:]
	}
	repo = strings.Split(reference, "/")
	if len(repo) > 1 && (strings.ContainsAny(repo[0], ".:") || repo[0] == "localhost") {
		repo = repo[1:]
	}
	return repo, tag
}

// match compares the last segments of a repository with a pattern's and gives
// how many there are, 0 when they differ. More segments are more certain.
func match(pattern string, repo []string) int {
	want := strings.Split(pattern, "/")
	if len(want) > len(repo) {
		return 0
	}
	for i, segment := range repo[len(repo)-len(want):] {
		if ok, err := path.Match(want[i], segment); err != nil || !ok {
			return 0
		}
	}
	return len(want)
}

var leadingNumber = regexp.MustCompile(`^v?(\d{1,4})(?:[.-]|$)`)

func (i *image) majorOf(tag string) int {
	number := i.major
	if number == nil {
		number = leadingNumber
	}
	m := number.FindStringSubmatch(tag)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0
	}
	return n
}
