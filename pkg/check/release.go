package check

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/stateward/stateward/charts"
	"github.com/stateward/stateward/pkg/chart"
	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/render"
	"github.com/stateward/stateward/pkg/schema"
	"github.com/stateward/stateward/pkg/source"
	"github.com/stateward/stateward/pkg/values"
)

// release is a chart rendered with the user's values.
type release struct {
	chart   *chart.Chart
	program *render.Program
	out     render.Result
}

// Render renders one chart as `helm template` does. The manifest is empty when a
// finding of the result is an error.
func Render(ctx context.Context, name string, o Options) (Result, []byte, error) {
	r, err := newRun(o)
	if err != nil {
		return Result{}, nil, err
	}
	rel, err := r.release(ctx, name)
	if err != nil {
		return Result{}, nil, err
	}
	r.Findings = finding.Sort(r.Findings)
	if rel == nil {
		return r.Result, nil, nil
	}
	return r.Result, rel.out.Manifest, nil
}

// release renders one chart; nil when what is wrong with it or its values, which
// is among the findings then, keeps it from being rendered.
func (r *run) release(ctx context.Context, name string) (*release, error) {
	c, found, err := load(name)
	if err != nil {
		return nil, err
	}
	if !r.add(found) || c == nil {
		r.open(found)
		return nil, nil
	}
	r.Files.Add(c.Files())
	program, found := render.Parse(c)
	if !r.add(found) || r.user == nil {
		return nil, nil
	}
	all, found := r.validate(c, program)
	if !r.add(found) {
		return nil, nil // Helm refuses these values too
	}
	out, found := program.Render(ctx, r.user.Map, r.options.Release)
	if !r.add(blame(found, all)) {
		return nil, nil
	}
	return &release{c, program, out}, nil
}

// open takes the texts that findings about a chart point into from disk: a chart
// that cannot be loaded brings none. What is in an archive is not shown.
func (r *run) open(findings []finding.Finding) {
	for _, f := range findings {
		for _, l := range f.Locations {
			if _, known := r.Files[l.File]; known || l.Line == 0 {
				continue
			}
			if text, err := os.ReadFile(l.File); err == nil {
				r.Files[l.File] = text
			}
		}
	}
}

// load reads a chart from disk, or one of those that come with stateward.
func load(name string) (*chart.Chart, []finding.Finding, error) {
	pattern, ours := strings.CutPrefix(name, "stateward:")
	if !ours {
		return chart.Load(name)
	}
	if !slices.Contains(charts.Patterns(), pattern) {
		at := finding.At(finding.Chart, source.Span{Pos: source.Pos{File: name}})
		return nil, []finding.Finding{chart.NotFound.Finding(at, "no chart called %q comes with stateward", pattern).
			WithHint("expected one of %s", strings.Join(charts.Patterns(), ", "))}, nil
	}
	return chart.LoadFS(charts.FS, pattern)
}

// validate checks the user's values over the chart's own against the schemas of
// the chart and its subcharts. It also gives both as one tree with positions.
func (r *run) validate(c *chart.Chart, program *render.Program) (*values.Values, []finding.Finding) {
	defaults, found := values.Parse(c.Defaults())
	all := r.user.Over(defaults)
	if finding.Count(found, finding.Error) > 0 {
		return all, found
	}
	instance, more := program.Values(r.user.Map)
	found = append(found, more...)
	for _, s := range program.Schemas(r.user.Map) {
		part := instance
		for _, name := range s.At {
			part, _ = part[name].(map[string]any)
		}
		found = append(found, schema.ValidateValues(s.File, s.Text, s.At, all, part)...)
	}
	return all, found
}

// blame puts the place of a value first where a chart fails with a message that
// begins with its path, as ours do: "storage.directory: ...". How the templates
// came to look at the value then matters to nobody.
func blame(findings []finding.Finding, all *values.Values) []finding.Finding {
	for i, f := range findings {
		name, _, found := strings.Cut(f.Message, ": ")
		path, ok := values.ParsePath(name)
		if !found || !ok {
			continue
		}
		span, set := all.Value(path)
		if !set {
			span, _ = all.Key(path) // the nearest key above it that somebody wrote
		}
		if span.Line > 0 {
			findings[i].Locations = append(finding.At(finding.Values, span), f.Locations[0])
		}
	}
	return findings
}
