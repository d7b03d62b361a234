package render

import (
	"fmt"
	"strings"
	"sync"
	"text/template/parse"

	helmchart "helm.sh/helm/v3/pkg/chart"

	"github.com/stateward/stateward/pkg/finding"
)

// maxSets is how many selections of subcharts are kept.
const maxSets = 32

// sets keeps templates parsed: each once, and in sets, one for each selection of
// subcharts that values have led to.
type sets struct {
	careful bool
	texts   *texts

	mu     sync.Mutex
	parsed map[templateKey]parsedFile
	byKey  map[string]*set
}

// templateKey tells apart one file that is there under several aliases.
type templateKey struct {
	name string
	file *helmchart.File
}

type parsedFile struct {
	trees map[string]*parse.Tree
	err   error
}

func newSets(careful bool) *sets {
	return &sets{
		careful: careful, texts: &texts{careful: careful},
		parsed: map[templateKey]parsedFile{}, byKey: map[string]*set{},
	}
}

func (s *sets) parse(name string, file *helmchart.File) (map[string]*parse.Tree, error) {
	key := templateKey{name, file}
	p, ok := s.parsed[key]
	if !ok {
		p.trees, p.err = parseText(name, string(file.Data), s.careful)
		s.parsed[key] = p
	}
	return p.trees, p.err
}

// set gives the parsed templates of scopes.
func (p *Program) set(sets *sets, scopes map[string]scope) (*set, []finding.Finding) {
	names := order(scopes)
	var key strings.Builder
	for _, name := range names {
		fmt.Fprintf(&key, "%s\x00%p\x00", name, scopes[name].file)
	}
	sets.mu.Lock()
	defer sets.mu.Unlock()
	if s, ok := sets.byKey[key.String()]; ok {
		return s, nil
	}
	var findings []finding.Finding
	var list []templateFile
	for _, name := range names {
		trees, err := sets.parse(name, scopes[name].file)
		if err != nil {
			findings = append(findings, p.parseFinding(name, err))
			continue
		}
		list = append(list, templateFile{name: name, text: string(scopes[name].file.Data), trees: trees})
	}
	if len(findings) > 0 {
		return nil, findings
	}
	s, err := newSet(list, sets.texts)
	if err != nil {
		return nil, []finding.Finding{TemplateParseError.Finding(finding.At(finding.Chart, p.chart.Key()), "%s", err)}
	}
	if len(sets.byKey) >= maxSets {
		clear(sets.byKey)
	}
	sets.byKey[key.String()] = s
	return s, nil
}
