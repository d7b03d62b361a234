package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestJudgedAlike protects what an error of the engine means: the API server
// refuses the object too, and for the same fields. Each document of testdata is a
// case; its comments say what both answer:
//
//	# a port out of range
//	# refused: spec.containers[0].ports[0].containerPort
//
// The first line is its name; then `# accepted`, or a line `# refused: FIELD` per
// field, or `# refused` alone where no field is named. Where the two differ, these
// lines are the server's answer, and it needs
//
//	# differs: WHY
//	# stateward accepted
//
// with `# stateward refused: FIELD` lines for what the engine says. It fails when
// they differ no more, so that no such excuse outlives its reason. What stateward
// says may also stand beside an answer that names no field: that is no difference.
func TestJudgedAlike(t *testing.T) {
	c := newCluster(t)
	files, err := filepath.Glob("testdata/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	cases, refused, differ := 0, 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, document := range documents(string(text)) {
			k, err := readCase(document)
			require.NoError(t, err, "%s: %s", file, document)
			cases++
			if k.server.refused {
				refused++
			}
			if k.differs != "" {
				differ++
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml")+"/"+k.name, func(t *testing.T) { k.judge(t, c) })
		}
	}
	t.Logf("Kubernetes %s: %d cases, %d of them refused; %d differ", c.version, cases, refused, differ)
}

// testCase is what both are asked about, and what they are to answer.
type testCase struct {
	name              string
	server, stateward answer
	differs           string
	text              string
}

var headLine = regexp.MustCompile(`^# (?:(differs): (.+)|(stateward )?(accepted|refused(?:: (.+))?))$`)

func readCase(document string) (testCase, error) {
	k := testCase{text: document}
	said, ours := 0, 0
	for _, line := range strings.Split(document, "\n") {
		m := headLine.FindStringSubmatch(line)
		switch name, isComment := strings.CutPrefix(line, "# "); {
		case !isComment && line != "":
			if ours == 0 {
				k.stateward = k.server
			}
			switch {
			case k.name == "" || said == 0:
				return k, fmt.Errorf("a case begins with `# NAME`, then `# accepted` or `# refused: FIELD`")
			case k.differs != "" && ours == 0:
				return k, fmt.Errorf("`# differs: WHY` goes with `# stateward accepted` or `# stateward refused: FIELD`")
			}
			k.server.fields, k.stateward.fields = set(k.server.fields), set(k.stateward.fields)
			return k, nil
		case m == nil && k.name == "":
			k.name = name
		case m == nil:
			// More about the case.
		case m[1] != "":
			k.differs = m[2]
		case m[3] != "":
			ours++
			k.stateward.expect(m[4], m[5])
		default:
			said++
			k.server.expect(m[4], m[5])
		}
	}
	return k, fmt.Errorf("a case has an object")
}

func (a *answer) expect(verdict, field string) {
	a.refused = verdict != "accepted"
	if field != "" {
		a.fields = append(a.fields, field)
	}
}

func (k testCase) judge(t *testing.T, c *cluster) {
	server, err := c.judge(k.text)
	require.NoError(t, err)
	ours := answer{}
	for _, f := range check(t, k.text, c.namespace) {
		ours.refused = true
		ours.said += fmt.Sprintf("\n  %s: %s [%s]", f.Object.Field, f.Message, f.Rule)
		if f.Object.Field != "" {
			ours.fields = append(ours.fields, f.Object.Field)
		}
	}
	ours.fields = set(ours.fields)
	defer func() {
		if t.Failed() {
			t.Logf("%s\nthe API server: %v\n  %s\nstateward: %v%s", k.text, server, server.said, ours, ours.said)
		}
	}()
	if !server.like(k.server) {
		t.Errorf("the API server answers %v, the case says %v", server, k.server)
	}
	if !slices.Equal(ours.fields, k.stateward.fields) || ours.refused != k.stateward.refused {
		t.Errorf("stateward answers %v, the case says %v", ours, k.stateward)
	}
	if alike := server.like(ours); alike == (k.differs != "") {
		t.Errorf("alike: %v; the case says `differs: %s`", alike, k.differs)
	}
}

// judge asks the server about a document. One whose kind or version is not
// written belongs to no path; the client refuses that.
func (c *cluster) judge(text string) (answer, error) {
	var o object
	// What is not YAML, or has a list for its metadata, is still to be sent.
	_ = yaml.Unmarshal([]byte(text), &o)
	if o.APIVersion == "" || o.Kind == "" {
		return answer{refused: true, vague: true, said: "no kind or no version"}, nil
	}
	return c.createAll(o, text)
}

// like says whether two answers are the same. A vague one names the first field
// alone, without indexes, or none.
func (a answer) like(other answer) bool {
	if !a.vague || a.refused != other.refused {
		return a.refused == other.refused && slices.Equal(a.fields, other.fields)
	}
	for _, field := range a.fields {
		if !slices.ContainsFunc(other.fields, func(f string) bool { return withoutIndexes(f) == field }) {
			return false
		}
	}
	return true
}

var index = regexp.MustCompile(`\[[^\]]*\]`)

func withoutIndexes(field string) string { return index.ReplaceAllString(field, "") }
