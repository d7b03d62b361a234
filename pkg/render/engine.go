package render

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"sigs.k8s.io/yaml"
)

// rootName is the name that Helm gives to the template all others belong to, and
// to each text that tpl renders.
const rootName = "gotpl"

// noValue is what text/template prints for nothing; Helm takes it out again.
const noValue = "<no value>"

// set is the templates of one selection of subcharts, parsed, and runners to
// execute them.
type set struct {
	names  []string // in the order in which Helm parses and renders them
	proto  *template.Template
	costs  map[*parse.Tree]int
	texts  *texts
	shadow bool // a template mentions the name that tpl gives its text
	idle   sync.Pool
}

// templateFile is a template as it goes into a set.
type templateFile struct {
	name  string
	text  string
	trees map[string]*parse.Tree
}

func newSet(list []templateFile, texts *texts) (*set, error) {
	s := &set{
		proto: template.New(rootName).Option("missingkey=zero").Funcs(functions()),
		costs: map[*parse.Tree]int{},
		texts: texts,
	}
	for _, f := range list {
		s.names = append(s.names, f.name)
		s.shadow = s.shadow || strings.Contains(f.text, rootName)
		if err := addTrees(s.proto.New(f.name), f.trees, s.costs); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// addTrees does what Template.Parse does once it has parsed.
func addTrees(t *template.Template, trees map[string]*parse.Tree, costs map[*parse.Tree]int) error {
	for name, tree := range trees {
		if _, err := t.AddParseTree(name, tree); err != nil {
			return fmt.Errorf("add template %s: %w", name, err)
		}
		costs[tree] = stackCost(tree.Root)
	}
	return nil
}

// execute renders the templates in Helm's order; scopes has the data of each.
// Templates of one chart share their data, and later ones see what earlier ones
// set in it.
func (s *set) execute(ctx context.Context, scopes map[string]scope) (map[string]string, *failure) {
	r, err := s.runner()
	if err != nil {
		return nil, &failure{cause: err}
	}
	r.run = newRun(ctx, s.texts.careful)
	rendered := make(map[string]string, len(s.names))
	for _, name := range s.names {
		if strings.HasPrefix(path.Base(name), "_") {
			continue
		}
		text, err := r.file(name, scopes[name])
		if err != nil {
			f := failed(err)
			f.file = name
			return nil, f // and the runner is not used again
		}
		rendered[name] = strings.ReplaceAll(text, noValue, "")
	}
	r.run = nil
	s.idle.Put(r)
	return rendered, nil
}

// runner gives one that is idle, or a new one.
func (s *set) runner() (*runner, error) {
	if r, ok := s.idle.Get().(*runner); ok {
		return r, nil
	}
	clone, err := s.proto.Clone()
	if err != nil {
		return nil, fmt.Errorf("clone templates: %w", err)
	}
	r := &runner{set: s, tmpl: clone, costs: s.costs}
	r.bind()
	return r, nil
}

// runner executes the templates of a set, for one render at a time. Where a text
// of tpl defines templates, a runner of its own sees them.
type runner struct {
	*run
	set   *set
	tmpl  *template.Template
	costs map[*parse.Tree]int
}

// bind makes the templates call this runner.
func (r *runner) bind() {
	r.tmpl.Option("missingkey=zero").Funcs(template.FuncMap{
		"include":  r.include,
		"tpl":      r.tpl,
		"fromYaml": r.set.texts.fromYAML,
		funcTick:   func(place string) (string, error) { return "", r.at(place, r.step()) },
		funcEnter:  r.enter,
		funcLeave:  func() string { r.pop(); return "" },
	})
	if r.set.texts.careful {
		r.tmpl.Funcs(carefulFunctions())
	} else {
		r.tmpl.Funcs(watchedFunctions())
	}
}

// file renders one template of the chart.
func (r *runner) file(name string, data scope) (text string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	if err := r.alive(); err != nil {
		return "", err
	}
	data.enter(name)
	t := r.tmpl.Lookup(name)
	return r.execute(t, r.costs[t.Tree], data.top)
}

// execute runs one template, which takes cost bytes of the stack.
func (r *runner) execute(t *template.Template, cost int, data any) (string, error) {
	if err := r.push(costInclude + cost); err != nil {
		return "", err
	}
	out := output{run: r.run}
	if err := t.Execute(&out, data); err != nil {
		return "", err
	}
	r.pop()
	return out.String(), nil
}

// include is the template function: it renders a named template to text.
func (r *runner) include(name string, data any) (string, error) {
	if r.included[name] > maxIncludes {
		return "", &stop{message: fmt.Sprintf("%q includes itself without end", name), hint: hintRecursion}
	}
	t := r.tmpl.Lookup(name)
	if t == nil {
		return "", &undefined{name}
	}
	r.included[name]++
	text, err := r.execute(t, r.costs[t.Tree], data)
	r.included[name]--
	if err != nil {
		return "", failed(err)
	}
	return text, nil
}

// enter comes before each {{ template }}, leave after it.
func (r *runner) enter(name, place string) (string, error) {
	cost := costTemplate
	if t := r.tmpl.Lookup(name); t != nil {
		cost += r.costs[t.Tree]
	}
	return "", r.at(place, r.push(cost))
}

// at adds to the error of a limit where in the templates it was passed.
func (r *runner) at(place string, err error) error {
	var s *stop
	if errors.As(err, &s) && s != errCareful {
		s.place = place
	}
	return err
}

// tpl is the template function: it renders text as a template. What the text
// defines is there for all that it includes, and for nothing after it.
func (r *runner) tpl(text string, data any) (string, error) {
	if !strings.Contains(text, "{{") {
		return strings.ReplaceAll(text, noValue, ""), nil
	}
	parsed, err := r.set.texts.template(text)
	if err != nil {
		return "", &failure{cause: &badText{text: text, err: err}}
	}
	rendered, err := r.text(text, parsed, data)
	if err != nil {
		f := failed(err)
		f.frames[len(f.frames)-1].text = text
		return "", f
	}
	return strings.ReplaceAll(rendered, noValue, ""), nil
}

// text executes a parsed text. Helm copies all templates for each; that is
// needed only when the text adds some.
func (r *runner) text(text string, parsed parsedText, data any) (string, error) {
	if len(parsed.trees) == 1 && !r.set.shadow && !strings.Contains(text, rootName) {
		t := r.tmpl.New(rootName)
		t.Tree = parsed.trees[rootName]
		return r.execute(t, parsed.cost, data)
	}
	clone, err := r.tmpl.Clone()
	if err != nil {
		return "", fmt.Errorf("clone templates: %w", err)
	}
	inner := &runner{run: r.run, set: r.set, tmpl: clone, costs: map[*parse.Tree]int{}}
	maps.Copy(inner.costs, r.costs)
	inner.bind()
	t := clone.New(rootName)
	if err := addTrees(t, parsed.trees, inner.costs); err != nil {
		return "", err
	}
	return inner.execute(t, parsed.cost, data)
}

// texts keeps what texts that templates turn into something else were parsed to.
type texts struct {
	careful   bool
	templates cache[parsedText]     // of tpl
	maps      cache[map[string]any] // of fromYaml; copied before use
}

type parsedText struct {
	trees map[string]*parse.Tree
	cost  int // stack that the text itself takes
}

func (t *texts) template(text string) (parsedText, error) {
	return t.templates.get(text, func(text string) (parsedText, error) {
		trees, err := parseText(rootName, text, t.careful)
		if err != nil {
			return parsedText{}, err
		}
		return parsedText{trees: trees, cost: stackCost(trees[rootName].Root)}, nil
	})
}

// fromYAML is the template function, which gives a map of its own each time.
func (t *texts) fromYAML(text string) map[string]any {
	m, err := t.maps.get(text, func(text string) (map[string]any, error) {
		m := map[string]any{}
		return m, yaml.Unmarshal([]byte(text), &m)
	})
	if err == nil {
		if c, ok := deepCopy(m); ok {
			return c.(map[string]any)
		}
	}
	return fromYAML(text)
}
