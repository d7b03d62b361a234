package values

import (
	"maps"
	"strconv"

	"github.com/stateward/stateward/pkg/source"
)

type kind uint8

const (
	scalar kind = iota
	mapping
	list
)

// node is where a value stands. Aliases share nodes, so a node does not change
// once it is built.
type node struct {
	kind   kind
	span   source.Span
	fields map[string]field // of a mapping
	items  []field          // of a list
}

// field is a key or list index, and what stands under it.
type field struct {
	key   source.Span
	value *node
}

// Key says where the key of path stands, for a list item where the item
// starts. When nothing stands at path it gives the key of the deepest ancestor
// that exists, and false. The empty path is the file as a whole.
func (v *Values) Key(path Path) (source.Span, bool) {
	f, found := v.find(path)
	return f.key, found
}

// Value says where the value of path stands. When nothing stands at path it
// gives the value of the deepest ancestor that exists, and false.
func (v *Values) Value(path Path) (source.Span, bool) {
	f, found := v.find(path)
	if f.value == nil {
		return f.key, found
	}
	return f.value.span, found
}

func (v *Values) find(path Path) (field, bool) {
	if v.root == nil {
		return field{}, false
	}
	at := field{key: v.root.span, value: v.root}
	for _, name := range path {
		next, ok := at.value.child(name)
		if !ok {
			return at, false
		}
		at = next
	}
	return at, true
}

func (n *node) child(name string) (field, bool) {
	if n.kind == list {
		if i, err := strconv.Atoi(name); err == nil && isIndex(name) && i < len(n.items) {
			return n.items[i], true
		}
		return field{}, false
	}
	f, ok := n.fields[name]
	return f, ok
}

// merge puts over's positions over base's: mappings key by key, all else
// replaces, as the values themselves merge.
func merge(base, over *node) *node {
	switch {
	case over == nil:
		return base
	case base == nil || base.kind != mapping || over.kind != mapping:
		return over
	}
	merged := &node{kind: mapping, span: over.span, fields: maps.Clone(base.fields)}
	if merged.fields == nil {
		merged.fields = make(map[string]field, len(over.fields))
	}
	for name, f := range over.fields {
		f.value = merge(merged.fields[name].value, f.value)
		merged.fields[name] = f
	}
	return merged
}
