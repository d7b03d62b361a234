// Package schemas holds the generated schemas of Kubernetes' own objects. In
// goes a Kubernetes version; out comes what the API server of that version
// takes, as JSON.
package schemas

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed kubernetes/*.json.gz
var kubernetes embed.FS

const suffix = ".json.gz"

// Kubernetes lists the versions there are schemas for, as "1.37", oldest first.
func Kubernetes() []string {
	names, _ := fs.Glob(kubernetes, "kubernetes/*"+suffix) // the pattern is well formed
	versions := make([]string, len(names))
	for i, name := range names {
		versions[i] = strings.TrimSuffix(path.Base(name), suffix)
	}
	slices.SortFunc(versions, func(a, b string) int { return minor(a) - minor(b) })
	return versions
}

func minor(version string) int {
	_, text, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(text)
	return n
}

// Release gives the schemas of one version that Kubernetes lists:
//
//	{"kubernetes": "v1.37.1", "kinds": {"apps/v1 StatefulSet": NAME, ...}, "definitions": {NAME: SCHEMA, ...}}
//
// The schemas are JSON Schema draft-07 and refer to each other as
// "#/$defs/NAME".
func Release(version string) ([]byte, error) {
	packed, err := kubernetes.ReadFile("kubernetes/" + version + suffix)
	if err != nil {
		return nil, fmt.Errorf("no schemas of Kubernetes %s: %w", version, err)
	}
	unpack, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("unpack schemas of Kubernetes %s: %w", version, err)
	}
	text, err := io.ReadAll(unpack)
	if err != nil {
		return nil, fmt.Errorf("unpack schemas of Kubernetes %s: %w", version, err)
	}
	return text, nil
}
