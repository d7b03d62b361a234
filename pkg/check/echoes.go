package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/manifest"
)

// unsaid gives those of the API server's findings about an object that the
// schema's do not say already: not what is about the same field, nor what
// follows from a field that the schema finds missing.
func unsaid(o *manifest.Object, findings, schema []finding.Finding) []finding.Finding {
	if len(findings) == 0 || len(schema) == 0 {
		return findings
	}
	var fields, missing []string
	for _, f := range schema {
		field := fieldOf(f)
		fields = append(fields, field)
		if field != "" && o.Missing(field) {
			missing = append(missing, field)
		}
	}
	findings = slices.DeleteFunc(findings, func(f finding.Finding) bool {
		at := fieldOf(f)
		return slices.Contains(fields, at) || slices.ContainsFunc(missing, func(m string) bool { return below(at, m) })
	})
	return withoutEchoes(o, findings, missing)
}

func fieldOf(f finding.Finding) string {
	if f.Object == nil {
		return ""
	}
	return f.Object.Field
}

// below says whether a field is in another.
func below(field, other string) bool {
	rest, ok := strings.CutPrefix(field, other)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

// echoes are the other fields at which the API server speaks of a missing one. It
// says the same there of each field that is missing, and that only once.
var echoes = []struct {
	missing *regexp.Regexp
	said    string
	copied  bool // the server takes said from what is missing, unless it is written
}{
	// Paths of the server that leave a step out, or have another name for it.
	{missing: regexp.MustCompile(`^(.*\.httpGet\.httpHeaders)\[\d+\]\.name$`), said: "$1"},
	{missing: regexp.MustCompile(`^(.*\.downwardAPI)\.items\[\d+\]((?:\.fieldRef\.fieldPath|\.path))$`), said: "$1$2"},
	{missing: regexp.MustCompile(`^(.*\.projected)\.sources\[\d+\]\.serviceAccountToken\.path$`), said: "$1.path"},
	{missing: regexp.MustCompile(`^(.*\.resources\.claims\[\d+\])\.name$`), said: "$1"},
	{missing: regexp.MustCompile(`^(.*\.dataSource(?:Ref)?)\.kind$`), said: "$1"},
	{missing: regexp.MustCompile(`^(.*\.)gcePersistentDisk\.pdName$`), said: "${1}persistentDisk.pdName"},
	{missing: regexp.MustCompile(`^(spec\.scopeSelector\.matchExpressions)\[\d+\](\.operator|\.scopeName)$`), said: "$1$2"},
	// Fields that get their default from another.
	{missing: regexp.MustCompile(`^(.*\.dataSource)(\.kind|\.name)$`), said: "${1}Ref$2", copied: true},
	{missing: regexp.MustCompile(`^(.*\.dataSource)Ref(\.kind|\.name)$`), said: "$1$2", copied: true},
	{missing: regexp.MustCompile(`^(.*\.dataSource)Ref\.kind$`), said: "$1", copied: true},
	{missing: regexp.MustCompile(`^(spec\.ports\[\d+\])\.port$`), said: "$1.targetPort", copied: true},
	// A selector that cannot be read, or that is not there to match anything.
	{missing: regexp.MustCompile(`^(spec\.selector|aggregationRule\.clusterRoleSelectors\[\d+\])\.matchExpressions\[\d+\]\.(?:key|operator)$`), said: "$1"},
	{missing: regexp.MustCompile(`^spec\.selector$`), said: "spec.template.metadata.labels"},
}

// withoutEchoes drops the findings that repeat what is missing. All stay at a field
// of which the server says more than one thing: one of them is something else.
func withoutEchoes(o *manifest.Object, findings []finding.Finding, missing []string) []finding.Finding {
	repeats := map[string]bool{}
	for _, field := range missing {
		for _, e := range echoes {
			if !e.missing.MatchString(field) || emptyBeside(o, field) {
				continue
			}
			if at := e.missing.ReplaceAllString(field, e.said); !e.copied || o.Missing(at) {
				repeats[at] = true
			}
		}
	}
	said := map[string]string{}
	for _, f := range findings {
		at := fieldOf(f)
		if first, ok := said[at]; ok && first != f.Message {
			delete(repeats, at)
		}
		said[at] = f.Message
	}
	return slices.DeleteFunc(findings, func(f finding.Finding) bool { return repeats[fieldOf(f)] })
}

// emptyBeside says whether another item of the list that a missing field is in has
// it, but empty: the server says the same of it, the schema nothing.
func emptyBeside(o *manifest.Object, field string) bool {
	from, to := strings.LastIndex(field, "["), strings.LastIndex(field, "]")
	if from < 0 || to < from {
		return false
	}
	for i := 0; ; i++ {
		item := field[:from] + "[" + strconv.Itoa(i) + "]"
		if !o.Has(item) {
			return false
		}
		if other := item + field[to+1:]; !o.Missing(other) && o.Text(other) == "" {
			return true
		}
	}
}
