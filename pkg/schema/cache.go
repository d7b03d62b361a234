package schema

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/stateward/stateward/pkg/values"
)

// cached is a schema that was read: what is wrong with it, and what validates
// by it when that is anything.
type cached struct {
	once     sync.Once
	compiled *compiled
	flaws    []flaw
}

// schemas keeps the schemas used last, by the hash of their text.
type schemas struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*cached
	order [][sha256.Size]byte // least recently used first
}

// mostSchemas bounds the cache; a chart has one schema for itself and one for
// each subchart.
const mostSchemas = 64

var cache = schemas{known: map[[sha256.Size]byte]*cached{}}

func (s *schemas) get(text []byte) *cached {
	hash := sha256.Sum256(text)
	s.mu.Lock()
	entry, ok := s.known[hash]
	if ok {
		i := slices.Index(s.order, hash)
		s.order = append(slices.Delete(s.order, i, i+1), hash)
	} else {
		entry = &cached{}
		s.known[hash] = entry
		s.order = append(s.order, hash)
		if len(s.order) > mostSchemas {
			delete(s.known, s.order[0])
			s.order = s.order[1:]
		}
	}
	s.mu.Unlock()
	entry.once.Do(func() { entry.read(text) })
	return entry
}

func (e *cached) read(text []byte) {
	doc, flaws := read(text)
	e.flaws = flaws
	if doc == nil {
		return
	}
	e.flaws = append(e.flaws, metaFlaws(doc)...)
	c, err := compile(doc.root, doc.draft)
	if err != nil {
		if len(e.flaws) == 0 { // the meta-schema says it better, and where
			e.flaws = append(e.flaws, flaw{message: "is not valid: " + err.Error(), offset: -1})
		}
		return
	}
	e.compiled = c
}

func pointerPath(pointer string) values.Path {
	var path values.Path
	for _, key := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		path = append(path, unescaper.Replace(key))
	}
	return path
}

// instanceOf gives values as JSON reads them, numbers as json.Number.
func instanceOf(value any) any {
	switch v := value.(type) {
	case nil, string, bool, json.Number:
		return v
	case float64:
		if number, err := json.Marshal(v); err == nil {
			return json.Number(number)
		}
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case int:
		return json.Number(strconv.Itoa(v))
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, child := range v {
			out[key] = instanceOf(child)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, child := range v {
			out[i] = instanceOf(child)
		}
		return out
	}
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out any
	if d.Decode(&out) != nil {
		return nil
	}
	return out
}
