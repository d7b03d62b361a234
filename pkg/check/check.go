// Package check is the front door: in go charts or manifests and values, out
// come findings. Run is what `stateward check` does.
package check

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stateward/stateward/pkg/apiserver"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/manifest"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/rule"
	"github.com/stateward/stateward/pkg/rules"
	"github.com/stateward/stateward/pkg/schema"
	"github.com/stateward/stateward/pkg/source"
	"github.com/stateward/stateward/pkg/values"
)

// Options says what to check. Inputs are charts (a folder, a .tgz,
// stateward:PATTERN for an embedded one), files of manifests, or "-" for
// manifests on standard input. Values and Release are for the charts.
type Options struct {
	Inputs  []string
	Values  values.Options
	Release render.Release
	Stdin   io.Reader // for the input "-" and the values file "-"
}

// Result is what a run found.
type Result struct {
	Findings []finding.Finding // sorted
	Files    source.Files      // the texts that the findings point into
	Inputs   []Input           // in the order of Options.Inputs
	Rules    int               // how many rules there are: those of Rules
}

// Input is what became of one of Options.Inputs.
type Input struct {
	Name       string
	Objects    int    // Kubernetes objects read
	Unchecked  int    // of these, objects of a kind without a schema
	Kubernetes string // version of the schemas they were checked against
	Rendered   bool   // false for a chart whose findings kept it from being rendered
}

// Run checks every input. What is wrong with the input is a finding; an error
// means that the check itself could not be made.
func Run(ctx context.Context, o Options) (Result, error) {
	r, err := newRun(o)
	if err != nil {
		return Result{}, err
	}
	for _, name := range o.Inputs {
		in := Input{Name: name}
		if IsChart(name) {
			err = r.chart(ctx, &in)
		} else {
			err = r.manifests(&in)
		}
		if err != nil {
			return Result{}, fmt.Errorf("check %s: %w", name, err)
		}
		r.Inputs = append(r.Inputs, in)
	}
	r.Findings = finding.Sort(r.Findings)
	return r.Result, nil
}

// IsChart tells charts from files of manifests. What does not exist counts as a
// chart: loading it says what is missing.
func IsChart(name string) bool {
	if name == "-" {
		return false
	}
	// A Chart.yaml is nobody's manifest: loading it as a chart says what to give instead.
	if strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz") || filepath.Base(name) == "Chart.yaml" {
		return true
	}
	info, err := os.Stat(name)
	return err != nil || info.IsDir()
}

// run gathers the result of one Run.
type run struct {
	Result
	options Options
	user    *values.Values // nil when they cannot be used
	version string         // of Kubernetes
	rules   []rule.Rule
}

func newRun(o Options) (*run, error) {
	o.Release.Namespace = cmp.Or(o.Release.Namespace, "default") // where kubectl puts manifests that name none
	versions := schema.Versions()
	r := &run{options: o, version: versions[len(versions)-1], rules: rules.All()}
	r.Files = source.Files{}
	r.Rules = len(Rules())
	o.Values.Stdin = o.Stdin
	user, files, found, err := values.Load(o.Values)
	if err != nil {
		return nil, err
	}
	r.Files.Add(files)
	// With half of the values, a chart would be reported for the absence of the other half.
	if r.add(found) {
		r.user = user
	}
	return r, nil
}

// add takes over findings; it is true when none of them is an error.
func (r *run) add(findings []finding.Finding) bool {
	r.Findings = append(r.Findings, findings...)
	return finding.Count(findings, finding.Error) == 0
}

// chart renders one chart and checks what came out.
func (r *run) chart(ctx context.Context, in *Input) error {
	rel, err := r.release(ctx, in.Name)
	if rel == nil || err != nil {
		return err
	}
	in.Rendered = true
	text := in.Name + " (rendered)"
	objects := r.parse(text, rel.out.Manifest)

	// Rendering again costs a few milliseconds, and shows what changes from sync to sync.
	var again []*manifest.Object
	second, found := rel.program.Render(ctx, r.user.Map, r.options.Release)
	if finding.Count(found, finding.Error) == 0 && string(second.Manifest) != string(rel.out.Manifest) {
		again, _ = manifest.Parse(text, second.Manifest)
	}
	from := len(r.Findings)
	r.objects(in, objects, again)
	// Objects know templates by Helm's names.
	for _, f := range r.Findings[from:] {
		for i := range f.Locations {
			if f.Locations[i].Text == finding.Template {
				f.Locations[i].File = rel.chart.Path(f.Locations[i].File)
			}
		}
	}
	return nil
}

// manifests checks a file of rendered manifests.
func (r *run) manifests(in *Input) error {
	var text []byte
	var err error
	if in.Name == "-" {
		text, err = io.ReadAll(r.options.Stdin)
	} else {
		text, err = os.ReadFile(in.Name)
	}
	if err != nil {
		return err
	}
	in.Rendered = true
	r.objects(in, r.parse(in.Name, text), nil)
	return nil
}

func (r *run) parse(name string, text []byte) []*manifest.Object {
	objects, found := manifest.Parse(name, text)
	r.Files[name] = manifest.Hide(text, objects)
	r.add(found)
	return objects
}

// objects checks objects one by one and as a release. again are those of a
// second render, where it was not the same.
func (r *run) objects(in *Input, objects, again []*manifest.Object) {
	in.Objects = len(objects)
	in.Kubernetes = r.version
	namespace := r.options.Release.Namespace
	for _, o := range objects {
		found := schema.ValidateObject(o, r.version)
		// A kind that Kubernetes has removed is reported, not passed over.
		if len(found) == 0 && !schema.Known(o.APIVersion, o.Kind, r.version) {
			in.Unchecked++
		}
		r.add(found)
		r.add(unsaid(o, apiserver.Validate(o, namespace), found))
	}
	g := graph.New(objects, namespace)
	for _, each := range r.rules {
		r.add(each.Run(g, again))
	}
}
