// Command values writes, from the fragments in schemas/values, each pattern
// chart's values.schema.json, values.yaml and README.md, so that a key is
// described once. It runs at the root of the repository.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	fragments := flag.String("fragments", "schemas/values", "folder of the fragments")
	charts := flag.String("charts", "charts", "folder of the charts; each that has a fragment of its name is written")
	flag.Parse()
	if err := generate(*fragments, *charts); err != nil {
		log.Fatalf("generate values: %v", err)
	}
}

func generate(fragments, charts string) error {
	dirs, err := filepath.Glob(filepath.Join(charts, "*", "Chart.yaml"))
	if err != nil {
		return err
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		pattern := filepath.Base(dir)
		if _, err := os.Stat(filepath.Join(fragments, pattern+".yaml")); os.IsNotExist(err) {
			continue // the library has no values
		}
		if err := generateChart(fragments, dir, pattern); err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
	}
	return nil
}

func generateChart(fragments, dir, pattern string) error {
	root, err := bundle(fragments, pattern+".yaml")
	if err != nil {
		return err
	}
	intro, err := os.ReadFile(filepath.Join(fragments, pattern+".md"))
	if err != nil {
		return err
	}
	schema, err := jsonSchema(root)
	if err != nil {
		return err
	}
	readme := strings.TrimSpace(string(intro)) + "\n\n" + table(root)
	for name, text := range map[string]string{
		"values.schema.json": schema,
		"values.yaml":        valuesFile(root),
		"README.md":          readme,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
