package schema

import (
	"fmt"
	"strings"
	"sync"

	"github.com/xeipuuv/gojsonschema"
)

// metaSchemas are the schemas of schemas, by draft, compiled when first used.
var metaSchemas = map[int]func() *compiled{
	4: sync.OnceValue(func() *compiled { return metaSchema(4) }),
	6: sync.OnceValue(func() *compiled { return metaSchema(6) }),
	7: sync.OnceValue(func() *compiled { return metaSchema(7) }),
}

// metaSchema gets a meta-schema from gojsonschema, which holds these three and
// so fetches nothing; nil when it ever should not.
func metaSchema(draft int) *compiled {
	name := fmt.Sprintf("http://json-schema.org/draft-%02d/schema", draft)
	root, err := gojsonschema.NewReferenceLoader(name).LoadJSON()
	if err != nil {
		return nil
	}
	m, ok := root.(map[string]any)
	if !ok {
		return nil
	}
	delete(m, "$id")
	delete(m, "id")
	c, err := compile(root, draft)
	if err != nil {
		return nil
	}
	return c
}

// metaFlaws says where a document is no schema of its draft.
func metaFlaws(doc *document) []flaw {
	meta := metaSchemas[doc.draft]()
	if meta == nil {
		return nil
	}
	pointer := func(path []string) string {
		var b strings.Builder
		for _, key := range path {
			b.WriteString("/" + escape(key))
		}
		return b.String()
	}
	v := voice{
		key:   "keyword",
		whole: "as a whole",
		name:  func(path []string) string { return "at #" + pointer(path) },
		hide:  func([]string) bool { return false },
	}
	var flaws []flaw
	for _, p := range meta.explain(v, doc.root) {
		flaws = append(flaws, flaw{message: p.message, hint: p.hint, offset: -1, pointer: pointer(p.path)})
	}
	return flaws
}
