package render

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	helmrelease "helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

// RenderedYAMLInvalid is reported for a template that renders what is no YAML.
var RenderedYAMLInvalid = finding.Rule{
	ID:       "rendered-yaml-invalid",
	Title:    "Templates render YAML",
	Severity: finding.Error,
	Doc: "Helm reads what the templates render and refuses the chart when it is not YAML, or not an object. " +
		"Most often a value needs quotes, or a block is indented wrongly.",
	Hint: "quote values with {{ quote }}, indent blocks with {{ nindent }}",
}

// HookUnknown is reported for an object that Helm leaves out.
var HookUnknown = finding.Rule{
	ID:       "hook-unknown",
	Title:    "Hooks have names that Helm knows",
	Severity: finding.Warning,
	Doc:      "Helm leaves out an object whose `helm.sh/hook` annotation has a name it does not know, without an error: the object is never installed.",
	Hint:     "pre-install, post-install, pre-delete, post-delete, pre-upgrade, post-upgrade, pre-rollback, post-rollback or test",
}

const notesFile = "NOTES.txt"

// document is one YAML document of what a template rendered.
type document struct {
	template string
	text     string
	head
	err error // why Helm cannot read it
}

// head is what Helm reads of a document.
type head struct {
	kind, name string
	hook       string // of the annotation
	isHook     bool
}

// result sorts what was rendered as `helm template` prints it.
func (p *Program) result(rendered map[string]string) (Result, []finding.Finding) {
	r := Result{Templates: rendered, Notes: rendered[path.Join(p.chart.Name(), "templates", notesFile)]}
	var objects, hooks []document
	var findings []finding.Finding
	broken := false
	for _, d := range p.documents(rendered) {
		switch {
		case d.err != nil:
			broken = true
			findings = append(findings, RenderedYAMLInvalid.Finding(p.templateFile(d.template), "%s", d.problem(rendered[d.template])))
		case !d.isHook:
			objects = append(objects, d)
		case knownHooks(d.hook):
			hooks = append(hooks, d)
		default:
			f := HookUnknown.Finding(p.templateFile(d.template), "no hook is named %q, Helm leaves the object out", d.hook)
			f.Object = &finding.Object{Kind: d.kind, Name: d.name, Field: "metadata.annotations[" + helmrelease.HookAnnotation + "]"}
			findings = append(findings, f)
		}
	}
	if broken {
		return r, findings
	}
	slices.SortStableFunc(objects, inInstallOrder)
	slices.SortStableFunc(hooks, inInstallOrder)
	var text []byte
	for _, d := range objects {
		text = d.appendTo(text)
	}
	text = append(bytes.TrimSpace(text), '\n')
	for _, d := range hooks {
		text = d.appendTo(text)
	}
	r.Manifest = text
	return r, findings
}

func (d document) appendTo(text []byte) []byte {
	return fmt.Appendf(text, "---\n# Source: %s\n%s\n", d.template, d.text)
}

// documents splits what was rendered as Helm does, templates in order of name.
func (p *Program) documents(rendered map[string]string) []document {
	names := make([]string, 0, len(rendered))
	for name, text := range rendered {
		if !strings.HasSuffix(name, notesFile) && strings.TrimSpace(text) != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []document
	for _, name := range names {
		for _, text := range splitDocuments(rendered[name]) {
			head, err := p.heads.get(text, readHead)
			all = append(all, document{template: name, text: text, head: head, err: err})
		}
	}
	return all
}

// splitDocuments splits a text where Helm does: at --- with all blanks around
// it, when a line begins with it that the separator before has not used up.
func splitDocuments(text string) []string {
	const dashes = "---"
	text = strings.TrimSpace(text)
	var docs []string
	add := func(doc string) {
		if doc != "" {
			docs = append(docs, strings.TrimSpace(doc))
		}
	}
	from := 0
	if strings.HasPrefix(text, dashes) {
		from = skipBlanks(text, len(dashes))
	}
	for at := from; ; {
		i := strings.Index(text[at:], "\n"+dashes)
		if i < 0 {
			break
		}
		end := at + i
		add(strings.TrimRight(text[from:end], blanks))
		from = skipBlanks(text, end+len("\n"+dashes))
		at = from
	}
	add(text[from:])
	return docs
}

// blanks is what \s is to Helm's regular expression.
const blanks = " \t\n\f\r"

func skipBlanks(text string, from int) int {
	return len(text) - len(strings.TrimLeft(text[from:], blanks))
}

var events = []helmrelease.HookEvent{
	helmrelease.HookPreInstall, helmrelease.HookPostInstall, helmrelease.HookPreDelete, helmrelease.HookPostDelete,
	helmrelease.HookPreUpgrade, helmrelease.HookPostUpgrade, helmrelease.HookPreRollback, helmrelease.HookPostRollback,
	helmrelease.HookTest, "test-success",
}

func knownHooks(annotation string) bool {
	for name := range strings.SplitSeq(annotation, ",") {
		if !slices.Contains(events, helmrelease.HookEvent(strings.ToLower(strings.TrimSpace(name)))) {
			return false
		}
	}
	return true
}

// inInstallOrder orders documents by kind, those that Helm has no place for last
// and by name of the kind.
func inInstallOrder(a, b document) int {
	x, y := slices.Index(releaseutil.InstallOrder, a.kind), slices.Index(releaseutil.InstallOrder, b.kind)
	switch {
	case x < 0 && y < 0:
		return strings.Compare(a.kind, b.kind)
	case x < 0:
		return 1
	case y < 0:
		return -1
	}
	return cmp.Compare(x, y)
}

func readHead(text string) (head, error) {
	var entry releaseutil.SimpleHead
	if err := yaml.Unmarshal([]byte(text), &entry); err != nil {
		return head{}, err
	}
	h := head{kind: entry.Kind}
	if entry.Metadata != nil {
		h.name = entry.Metadata.Name
		h.hook, h.isHook = entry.Metadata.Annotations[helmrelease.HookAnnotation]
	}
	return h, nil
}

var (
	yamlLine   = regexp.MustCompile(`yaml: line (\d+): (?s:(.*))$`)
	yamlPlain  = regexp.MustCompile(`yaml: (?s:(.*))$`)
	jsonField  = regexp.MustCompile(`cannot unmarshal (\w+) into Go struct field \w*\.(\S+) of type (\S+)`)
	jsonObject = regexp.MustCompile(`cannot unmarshal (\w+) into Go value of type`)
)

// jsonType puts the words of encoding/json into those of YAML.
var jsonType = map[string]string{
	"array": "a list", "object": "a map", "string": "text", "number": "a number", "bool": "true or false", "null": "null",
}

// problem says what is wrong with a document, with the line of all the text that
// its template rendered.
func (d document) problem(rendered string) string {
	err := d.err
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	first := 1
	if at := strings.Index(rendered, d.text); at >= 0 {
		first += strings.Count(rendered[:at], "\n")
	}
	message := err.Error()
	if m := jsonField.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("renders %s as %s, %s was expected, in the object at rendered line %d", m[2], jsonType[m[1]], typeName(m[3]), first)
	}
	if m := jsonObject.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("renders %s where an object was expected, at rendered line %d: %s", jsonType[m[1]], first, quoteShort(lineOf(d.text, 1)))
	}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, _ := strconv.Atoi(m[1])
		return fmt.Sprintf("renders what is no YAML: %s, at rendered line %d: %s", m[2], first+line-1, quoteShort(lineOf(d.text, line)))
	}
	if m := yamlPlain.FindStringSubmatch(message); m != nil {
		message = m[1]
	}
	return fmt.Sprintf("renders what is no YAML: %s, in the object at rendered line %d", message, first)
}

// lineOf gives a line, counted from 1; the last one when there are fewer.
func lineOf(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return lines[min(n, len(lines))-1]
}

func (p *Program) templateFile(name string) []finding.Location {
	return finding.At(finding.Template, source.Span{Pos: source.Pos{File: p.chart.Path(name)}})
}
