package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/finding"
)

const statefulSet = `---
# Source: db/templates/statefulset.yaml
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
  labels:
    app.kubernetes.io/name: "db"
spec:
  serviceName: 'it''s'
  replicas: 3 # members
  template: &pod
    spec:
      containers:
        - name: db
          image: &image postgres:18
          args: ["-c", "say \"hi\""]
          env:
            - {name: A, value: é}
        - name: sidecar
          image: *image
          resources:
          command:
            - |-
              exec me
  extra:
    <<: *pod
    note: one
      two # three
`

// said prints findings as a person sees their place and message.
func said(findings []finding.Finding) []string {
	var out []string
	for _, f := range finding.Sort(findings) {
		var at []string
		for _, l := range f.Locations {
			at = append(at, l.String())
		}
		out = append(out, fmt.Sprintf("%s: %s [%s]", strings.Join(at, " "), f.Message, f.Rule))
	}
	return out
}

func TestAtSpansTheValueTheKeyOrTheNearestAncestor(t *testing.T) {
	objects, findings := Parse("out.yaml", []byte(statefulSet))
	require.Empty(t, findings)
	require.Len(t, objects, 1)
	tests := []struct {
		field, want string // want is the marked text, with its line
	}{
		{"metadata.name", "6:db"},
		{"metadata.labels[app.kubernetes.io/name]", `8:"db"`},
		{"metadata.labels", "7:labels"},
		{"spec.serviceName", "10:'it''s'"},
		{"spec.replicas", "11:3"},
		{"spec.template.spec.containers[0]", "15:name"},
		{"spec.template.spec.containers[0].image", "16:postgres:18"},
		{"spec.template.spec.containers[0].args[1]", `17:"say \"hi\""`},
		{"spec.template.spec.containers[0].env[0].value", "19:é"},
		{"spec.template.spec.containers[sidecar].name", "20:sidecar"},
		{"spec.template.spec.containers[1].image", "16:postgres:18"},
		{"spec.template.spec.containers[1].command[0]", "24:|-"},
		{"spec.extra.note", "28:one"},
		{"spec.extra.spec.containers[0].name", "15:db"},

		{"metadata.namespace", "5:metadata"},
		{"spec.template.spec.containers[1].resources.limits[memory]", "22:resources"},
		{"spec.template.spec.containers[0].livenessProbe.exec", "15:name"},
		{"spec.template.spec.containers[7].name", "14:containers"},
		{"spec.template.spec.containers[-1]", "14:containers"},
		{"spec.replicas.more[0]", "11:3"},
		{"status", "3:apiVersion"},
		{"", "3:apiVersion"},
		{"..[", "3:apiVersion"},
	}
	lines := strings.Split(statefulSet, "\n")
	for _, tt := range tests {
		t.Run(tt.field, func(t *testing.T) {
			s := objects[0].At(tt.field)
			require.Equal(t, "out.yaml", s.File)
			require.Positive(t, s.EndCol)
			marked := string([]rune(lines[s.Line-1])[s.Col-1 : s.EndCol-1])
			require.Equal(t, tt.want, fmt.Sprintf("%d:%s", s.Line, marked))
		})
	}
}

func TestHasSaysWhetherAFieldIsWritten(t *testing.T) {
	objects, _ := Parse("out.yaml", []byte(statefulSet))
	for field, want := range map[string]bool{
		"":                                 true,
		"spec.template":                    true,
		"spec.extra.spec.containers[1]":    true,
		"spec.template.spec.containers[2]": false,
		"spec.template.spec.containers[1].resources": true,
		"metadata.labels[app.kubernetes.io/name]":    true,
		"metadata.labels.app":                        false,
	} {
		require.Equal(t, want, objects[0].Has(field), field)
	}
}

func TestMissingTakesNullForAbsent(t *testing.T) {
	objects, _ := Parse("out.yaml", []byte(statefulSet))
	for field, want := range map[string]bool{
		"spec.template.spec.containers[0]":                  false,
		"spec.template.spec.containers[0].resources":        true,
		"spec.template.spec.containers[1].resources":        true, // written, without a value
		"spec.template.spec.containers[1].resources.limits": true,
		"spec.extra.spec.containers[1].image":               false,
	} {
		require.Equal(t, want, objects[0].Missing(field), field)
	}
}

func TestTextOfAField(t *testing.T) {
	objects, _ := Parse("out.yaml", []byte(statefulSet))
	for field, want := range map[string]string{
		"spec.serviceName":                           "it's",
		"spec.template.spec.containers[1].image":     "postgres:18",
		"spec.template.spec.containers[1].resources": "",
		"spec.template.spec.containers[2].name":      "",
		"spec.template":                              "",
	} {
		require.Equal(t, want, objects[0].Text(field), field)
	}
}

func TestParseReadsWhatIdentifiesAnObject(t *testing.T) {
	objects, findings := Parse("out.yaml", []byte("# nothing\n---\n\n"+statefulSet+`---
apiVersion: v1
kind: ConfigMapList
items:
- metadata: {name: one, namespace: shop}
- apiVersion: v1
  kind: Secret
  metadata: {generateName: two-}
--- {apiVersion: v1, kind: Service, metadata: {name: on-the-line}}
---
apiVersion: v1
kind: List
---
apiVersion: v1
kind: ConfigMapList
items:
---
~
`))
	require.Empty(t, said(findings))
	var got []string
	for _, o := range objects {
		got = append(got, fmt.Sprintf("%s %q %s/%s%s line %d from %q", o.Kind, o.Group(), o.Namespace, o.Name, o.GenerateName, o.Line, o.Template))
	}
	require.Equal(t, []string{
		`StatefulSet "apps" /db line 6 from "db/templates/statefulset.yaml"`,
		`ConfigMap "" shop/one line 37 from ""`,
		`Secret "" /two- line 38 from ""`,
		`Service "" /on-the-line line 41 from ""`,
	}, got)
	require.Equal(t, 54, objects[3].At("metadata.name").Col)
}

func TestFindingNamesTheTemplateFirst(t *testing.T) {
	objects, _ := Parse("out.yaml", []byte(statefulSet))
	f := objects[0].Finding(finding.Rule{ID: "x", Severity: finding.Info, Hint: "h"}, "spec.replicas", "%d members", 3)
	require.Equal(t, []string{"db/templates/statefulset.yaml out.yaml:11:13: 3 members [x]"}, said([]finding.Finding{f}))
	require.Equal(t, finding.Template, f.Locations[0].Text)
	require.Equal(t, finding.Manifest, f.Locations[1].Text)
	require.Equal(t, &finding.Object{Kind: "StatefulSet", Name: "db", Field: "spec.replicas"}, f.Object)
}

func TestJSONIsWhatTheAPIServerReads(t *testing.T) {
	objects, findings := Parse("x", []byte(`
kind: List
apiVersion: v1
shared: &labels {on: off, n: 010, "1": 1e3}
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: a
    labels: {<<: *labels, b: yes}
`))
	require.Empty(t, findings)
	data := objects[0].JSON()
	require.True(t, json.Valid(data))
	// YAML 1.1: on is true, and a boolean key becomes its text.
	require.JSONEq(t, `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a",
		"labels":{"true":false,"false":8,"1":1000,"b":true}}}`, string(data))
}

func TestParseReportsWhatIsNoObject(t *testing.T) {
	const head = "apiVersion: v1\nkind: ConfigMap\n"
	tests := []struct {
		name, text string
		want       []string
	}{
		{"broken indentation", "---\n# Source: c/t.yaml\nkind: A\n  b: c\n",
			[]string{"c/t.yaml m:4:3: not valid YAML: mapping values are not allowed in this context [manifest-invalid]"}},
		{"an unclosed quote", head + "metadata: {name: \"a\n",
			[]string{"m:3:1: not valid YAML: found unexpected end of stream [manifest-invalid]"}},
		{"a stray bracket after the document", head + "}\n",
			[]string{"m:2:1: not valid YAML: did not find expected key [manifest-invalid]"}},
		{"an alias of nothing", head + "metadata: *none\n",
			[]string{"m:1:1: not valid YAML: unknown anchor 'none' referenced [manifest-invalid]"}},
		{"a circular anchor", head + "metadata: &a {name: b, c: *a}\n",
			[]string{"m:1:1: not valid YAML: anchor 'a' value contains itself [manifest-invalid]"}},
		{"a list", "---\n- a\n",
			[]string{"m:2:1: a Kubernetes object is a mapping, this document is a list [manifest-invalid]"}},
		{"plain text", "hello\n",
			[]string{"m:1:1: a Kubernetes object is a mapping, this document is a scalar [manifest-invalid]"}},
		{"an HTML page", "---\n\n<html>\n",
			[]string{"m:3:1: a Kubernetes object is a mapping, this document is a scalar [manifest-invalid]"}},
		{"no apiVersion", "kind: ConfigMap\nmetadata: {name: a}\n",
			[]string{"m:1:1: the object has no apiVersion [manifest-invalid]"}},
		{"a null kind", "---\napiVersion: v1\nkind:\nmetadata: {name: a}\n",
			[]string{"m:3:1: the object has no kind [manifest-invalid]"}},
		{"no name", head + "metadata: {labels: {}}\n",
			[]string{"m:3:1: the object has no metadata.name [manifest-invalid]"}},
		{"metadata is a list", head + "metadata: [name]\n",
			[]string{"m:3:1: metadata is a list, not a mapping [manifest-invalid]"}},
		{"an item that is no object", "apiVersion: v1\nkind: List\nitems:\n- a\n",
			[]string{"m:4:1: items[0] of List is a scalar, not an object [manifest-invalid]"}},
		{"a kind of its own that ends like a list", "apiVersion: x.io/v1\nkind: AllowList\nitems: {}\n",
			[]string{"m:1:1: the object has no metadata.name [manifest-invalid]"}},
		{"a separator with text on it", head + "metadata: {name: a}\n---apiVersion: v1\nkind: B\n",
			[]string{`m:4:1: a document separator is --- alone, not "---apiVersion: v1" [manifest-invalid]`}},
		{"text after an end marker", head + "metadata: {name: a}\n...\n" + head,
			[]string{"m:4:1: not valid YAML: did not find expected <document start> [manifest-invalid]"}},
		{"an end marker alone", head + "metadata: {name: a}\n...\n", nil},
		{"a key twice", head + "metadata:\n  name: a\n  labels: {a: b}\n  name: b\n",
			[]string{`m:6:3 m:4:3: key "name" is given twice, first in line 4 [manifest-duplicate-key]`}},
		{"a key that overrides a merged one", head + "metadata:\n  name: a\n  labels: &l {a: b}\n  annotations: {<<: *l, a: c}\n", nil},
		{"an object twice", head + "metadata: {name: a}\n---\n" + head + "metadata: {name: a}\n",
			[]string{`m:7:18 m:3:18: ConfigMap "a" is rendered twice, first in line 1 [duplicate-object]`}},
		{"an object twice in two versions", "apiVersion: policy/v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: policy/v1beta1\nkind: A\nmetadata: {name: a}\n",
			[]string{`m:7:18 m:3:18: A "a" is rendered twice, first in line 1 [duplicate-object]`}},
		{"one name in two namespaces, kinds and groups", head + "metadata: {name: a}\n---\n" + head + "metadata: {name: a, namespace: b}\n---\n" +
			"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n---\napiVersion: x.io/v1\nkind: Secret\nmetadata: {name: a}\n", nil},
		{"a hook that makes an object again", head + "metadata: {name: a}\n---\n" + head + "metadata: {name: a, annotations: {helm.sh/hook: test}}\n", nil},
		{"generated names", head + "metadata: {generateName: a-}\n---\n" + head + "metadata: {generateName: a-}\n", nil},
		{"nothing", "", nil},
		{"a byte order mark and CRLF", "\ufeff---\r\napiVersion: v1\r\nkind: A\r\nmetadata: {name: a}\r\n---\r\n# none\r\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := Parse("m", []byte(tt.text))
			require.Equal(t, tt.want, said(findings))
		})
	}
}

// Whoever reads the report as JSON gets the field by itself, under the name that
// the document has.
func TestInvalidManifestNamesItsField(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       *finding.Object
	}{
		{"no apiVersion", "kind: A\nmetadata: {name: a, namespace: n}\n", &finding.Object{Kind: "A", Namespace: "n", Name: "a", Field: "apiVersion"}},
		{"no kind", "apiVersion: v1\nmetadata: {name: a}\n", &finding.Object{Name: "a", Field: "kind"}},
		{"no name", "apiVersion: v1\nkind: A\n", &finding.Object{Kind: "A", Field: "metadata.name"}},
		{"null metadata", "apiVersion: v1\nkind: A\nmetadata:\n", &finding.Object{Kind: "A", Field: "metadata.name"}},
		{"metadata that is text", "apiVersion: v1\nkind: A\nmetadata: a\n", &finding.Object{Kind: "A", Field: "metadata"}},
		{"an item without name", "apiVersion: v1\nkind: AList\nitems: [{}]\n", &finding.Object{Kind: "A", Field: "metadata.name"}},
		{"an item that is no object", "apiVersion: v1\nkind: AList\nitems: [{metadata: {name: a}}, 1]\n", &finding.Object{Kind: "AList", Field: "items[1]"}},
		{"a document with nothing to call it", "replicas: 3\n", nil},
		{"no mapping", "- a\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := Parse("m", []byte(tt.text))
			require.Len(t, findings, 1)
			require.Equal(t, "manifest-invalid", findings[0].Rule)
			require.Equal(t, tt.want, findings[0].Object)
		})
	}
}

func TestParseGoesOnAfterABrokenDocument(t *testing.T) {
	objects, findings := Parse("m", []byte("a: b: c\n---\napiVersion: v1\nkind: A\nmetadata: {name: a}\n"))
	require.Len(t, findings, 1)
	require.Len(t, objects, 1)
	require.Equal(t, 3, objects[0].Line)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		statefulSet, "a: &a [*a]\n", "--- |\n text\n...\n", "---x\n", "\ufeff---\r\n",
		"apiVersion: v1\nkind: List\nitems: [{kind: A, metadata: {name: \"a\\\n b\"}}]\n",
		"apiVersion: v1\nkind: A\nmetadata:\n  ? name\n  : >-\n   b\n",
		"apiVersion: v1\nkind: A\nmetadata: {<<: [&m {name: &x !!str  b}, *m]}\n",
	} {
		f.Add([]byte(seed), "spec.template.spec.containers[0].env[2].name")
	}
	f.Fuzz(func(t *testing.T, text []byte, field string) {
		objects, findings := Parse("f", text)
		for _, fi := range findings {
			require.Positive(t, fi.Locations[len(fi.Locations)-1].Line, fi.Message)
		}
		lines := newLines("f", text)
		for _, o := range objects {
			for _, at := range []string{field, "metadata.name", ""} {
				s := o.At(at)
				require.Positive(t, s.Line)
				require.LessOrEqual(t, s.Line, len(lines.starts))
			}
			require.True(t, json.Valid(o.JSON()))
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	for i := range 15 {
		text.WriteString(strings.Replace(statefulSet, "name: db", fmt.Sprintf("name: db-%d", i), 1))
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if objects, _ := Parse("f", []byte(text.String())); len(objects) != 15 {
			b.Fatal(len(objects))
		}
	}
}
