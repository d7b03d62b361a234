package finding_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/source"
)

var rule = finding.Rule{ID: "some-rule", Severity: finding.Warning, Hint: "do this"}

func at(file string, line int) []finding.Location {
	return finding.At(finding.Values, source.Span{Pos: source.Pos{File: file, Line: line, Col: 1}})
}

func TestSeverityWords(t *testing.T) {
	for _, s := range []finding.Severity{finding.Info, finding.Warning, finding.Error} {
		got, err := finding.ParseSeverity(s.String())
		require.NoError(t, err)
		require.Equal(t, s, got)
	}
	_, err := finding.ParseSeverity("fatal")
	require.EqualError(t, err, `unknown severity "fatal", expected error, warning or info`)
	_, err = finding.ParseSeverity("")
	require.Error(t, err)
	require.Less(t, finding.Info, finding.Warning)
	require.Less(t, finding.Warning, finding.Error)
}

func TestSortIsByPlaceAndDropsRepeats(t *testing.T) {
	a := rule.Finding(at("a", 2), "x")
	b := rule.Finding(at("a", 10), "x")
	c := rule.Finding(at("b", 1), "x")
	other := finding.Rule{ID: "another-rule"}.Finding(at("a", 2), "x")
	message := rule.Finding(at("a", 2), "y")
	object := rule.Finding(at("a", 2), "x")
	object.Object = &finding.Object{Kind: "Service", Name: "s"}
	further := rule.Finding(append(at("a", 2), at("z", 1)...), "x")

	got := finding.Sort([]finding.Finding{c, further, b, message, a, object, a, other})
	require.Equal(t, []finding.Finding{other, a, message, object, further, b, c}, got)
}

func TestFindingJSON(t *testing.T) {
	f := rule.Finding(at("a", 2), "%d of %d", 1, 2).WithHint("write %q", "x")
	text, err := json.Marshal(f)
	require.NoError(t, err)
	require.JSONEq(t, `{"rule":"some-rule","severity":"warning","message":"1 of 2","hint":"write \"x\"",
		"locations":[{"file":"a","line":2,"column":1,"text":"values"}]}`, string(text))
	var back finding.Finding
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, f, back)
}
