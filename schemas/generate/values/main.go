// Command values writes, from the fragments in schemas/values, each pattern
// chart's values.schema.json, values.yaml and README.md, and the library's
// pool.yaml, so that a key is described once. A chart's presets are those that
// name its pattern. It runs at the root of the repository.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
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
		if pattern == library {
			if err := generatePool(fragments, dir); err != nil {
				return fmt.Errorf("%s: %w", library, err)
			}
			continue
		}
		if err := generateChart(fragments, dir, pattern); err != nil {
			return fmt.Errorf("%s: %w", pattern, err)
		}
	}
	return nil
}

// library is the chart that the patterns are made of.
const library = "stateful"

// generatePool writes what a pool has that neither its preset nor a user decides.
func generatePool(fragments, dir string) error {
	pool, err := bundle(fragments, "pool.yaml")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "pool.yaml"), []byte(valuesFile(pool)), 0o644)
}

// presets lists the presets that name a pattern, sorted.
func presets(charts, pattern string) (*yaml.Node, error) {
	files, err := filepath.Glob(filepath.Join(charts, library, "presets", "*.yaml"))
	if err != nil {
		return nil, err
	}
	enum := &yaml.Node{Kind: yaml.SequenceNode}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var preset struct {
			Patterns map[string]any `yaml:"patterns"`
		}
		if err := yaml.Unmarshal(text, &preset); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		if _, ok := preset.Patterns[pattern]; ok {
			enum.Content = append(enum.Content, scalar(strings.TrimSuffix(filepath.Base(file), ".yaml")))
		}
	}
	return enum, nil
}

func generateChart(fragments, dir, pattern string) error {
	root, err := bundle(fragments, pattern+".yaml")
	if err != nil {
		return err
	}
	enum, err := presets(filepath.Dir(dir), pattern)
	if err != nil {
		return err
	}
	for _, child := range root.children {
		if child.name == "preset" {
			child.set("enum", enum)
		}
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
