// Command kubernetes writes the schemas of Kubernetes' own objects. In go
// versions such as v1.37.1; out comes one file per minor version, made from the
// OpenAPI document in that version of the module k8s.io/kubernetes.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	log.SetFlags(0)
	out := flag.String("out", "schemas/kubernetes", "folder to write into")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("usage: go run ./schemas/generate/kubernetes [-out FOLDER] vX.Y.Z...")
	}
	for _, version := range flag.Args() {
		if err := generate(version, *out); err != nil {
			log.Fatalf("generate schemas of Kubernetes %s: %v", version, err)
		}
	}
}

func generate(version, out string) error {
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	if len(parts) != 3 || !strings.HasPrefix(version, "v") {
		return fmt.Errorf("version %q is not of the form v1.37.1", version)
	}
	document, err := openAPI(version)
	if err != nil {
		return err
	}
	release, err := convert(version, document)
	if err != nil {
		return err
	}
	text, err := json.Marshal(release)
	if err != nil {
		return err
	}
	return write(filepath.Join(out, parts[0]+"."+parts[1]+".json.gz"), text)
}

// openAPI reads the document from the module, which it downloads if needed.
func openAPI(version string) ([]byte, error) {
	cmd := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@"+version)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(stdout, &module); jsonErr != nil {
		return nil, errors.Join(err, jsonErr)
	}
	if module.Error != "" {
		return nil, errors.New(module.Error)
	}
	return os.ReadFile(filepath.Join(module.Dir, "api", "openapi-spec", "swagger.json"))
}

// write packs text into name. A file that already holds the same text stays as
// it is, because another Go release may pack to other bytes.
func write(name string, text []byte) error {
	if packed, err := os.ReadFile(name); err == nil {
		if r, err := gzip.NewReader(bytes.NewReader(packed)); err == nil {
			if old, err := io.ReadAll(r); err == nil && bytes.Equal(old, text) {
				return nil
			}
		}
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, packed.Bytes(), 0o644)
}
