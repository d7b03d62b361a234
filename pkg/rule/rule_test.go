package rule

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
	"github.com/stateward/stateward/pkg/graph"
	"github.com/stateward/stateward/pkg/manifest"
)

func TestRunGivesWhatTheRuleReported(t *testing.T) {
	objects, _ := manifest.Parse("m.yaml", []byte("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n"))
	r := Rule{
		Rule: finding.Rule{ID: "pods", Severity: finding.Warning, Hint: "make none"},
		Check: func(p *Pass) {
			require.Len(t, p.Again, 1)
			for _, w := range p.Graph.Workloads() {
				first := p.Reportf(w, "metadata.name", "a %s", w.Kind)
				p.Reportf(w.Containers()[0], "image", "an image")
				first.Hint = "better"
				first.Locations = append(first.Locations, w.Location("spec"))
			}
		},
	}
	for range 2 { // a run leaves nothing behind for the next
		got := r.Run(graph.New(objects, "default"), objects)
		require.Len(t, got, 2)
		require.Equal(t, "pods", got[0].Rule)
		require.Equal(t, finding.Warning, got[0].Severity)
		require.Equal(t, "a Pod", got[0].Message)
		require.Equal(t, "better", got[0].Hint)
		require.Len(t, got[0].Locations, 2)
		require.Equal(t, "make none", got[1].Hint)
		require.Equal(t, "spec.containers[0].image", got[1].Object.Field)
		require.Equal(t, 4, got[1].Pos().Line)
	}
}
