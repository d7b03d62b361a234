package render

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"helm.sh/helm/v3/pkg/chartutil"
	"sigs.k8s.io/yaml"
)

// toYAML is the template function. Helm's goes through JSON, a YAML parser and a
// YAML writer; plain data, which is nearly all, is written here in one go.
func toYAML(v any) string {
	var w yamlWriter
	if w.value(v, 0) && len(w.text) > 0 {
		return string(w.text[:len(w.text)-1])
	}
	text, err := yaml.Marshal(v)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

const (
	yamlWidth    = 80  // the library folds longer lines at spaces
	yamlMaxDepth = 100 // deeper data is left to the library
	yamlMaxKey   = 100 // so are longer keys
)

// yamlWriter writes the same YAML as the library. Its methods give false for
// anything they are not sure about.
type yamlWriter struct {
	text  []byte
	depth int
}

// value writes v, beginning in a line that holds the text in front of it already.
func (w *yamlWriter) value(v any, indent int) bool {
	switch v := v.(type) {
	case map[string]any:
		return w.mapping(v, indent)
	case chartutil.Values:
		return w.mapping(v, indent)
	case []any:
		return w.sequence(v, indent)
	case string:
		return w.scalar(v)
	case bool:
		w.text = strconv.AppendBool(w.text, v)
	case float64:
		if v != math.Trunc(v) || math.Abs(v) >= 1e15 || v == 0 && math.Signbit(v) {
			return false
		}
		w.text = strconv.AppendInt(w.text, int64(v), 10)
	case int:
		w.text = strconv.AppendInt(w.text, int64(v), 10)
	case int64:
		w.text = strconv.AppendInt(w.text, v, 10)
	case nil:
		w.text = append(w.text, "null"...)
	default:
		return false
	}
	w.text = append(w.text, '\n')
	return true
}

func (w *yamlWriter) mapping(m map[string]any, indent int) bool {
	if m == nil || w.depth > yamlMaxDepth {
		return false
	}
	if len(m) == 0 {
		w.text = append(w.text, "{}\n"...)
		return true
	}
	keys, ok := sortedKeys(m)
	if !ok {
		return false
	}
	w.depth++
	defer func() { w.depth-- }()
	for i, key := range keys {
		if i > 0 {
			w.indent(indent)
		}
		w.text = append(append(w.text, key...), ':')
		child := m[key]
		switch c := child.(type) {
		case map[string]any:
			if len(c) > 0 {
				w.text = append(w.text, '\n')
				w.indent(indent + 2)
				if !w.mapping(c, indent+2) {
					return false
				}
				continue
			}
		case chartutil.Values:
			if len(c) > 0 {
				return false
			}
		case []any:
			if len(c) > 0 {
				w.text = append(w.text, '\n')
				w.indent(indent)
				if !w.sequence(c, indent) {
					return false
				}
				continue
			}
		}
		w.text = append(w.text, ' ')
		if !w.value(child, indent) {
			return false
		}
	}
	return true
}

func (w *yamlWriter) sequence(list []any, indent int) bool {
	if list == nil || w.depth > yamlMaxDepth {
		return false
	}
	if len(list) == 0 {
		w.text = append(w.text, "[]\n"...)
		return true
	}
	w.depth++
	defer func() { w.depth-- }()
	for i, item := range list {
		if i > 0 {
			w.indent(indent)
		}
		w.text = append(w.text, "- "...)
		if !w.value(item, indent+2) {
			return false
		}
	}
	return true
}

func (w *yamlWriter) indent(n int) {
	for range n {
		w.text = append(w.text, ' ')
	}
}

func (w *yamlWriter) scalar(s string) bool {
	if isQuantity(s) {
		w.text = append(append(w.text, s...), '\n')
		return true
	}
	column := len(w.text) - 1 - bytes.LastIndexByte(w.text, '\n')
	if isText(s) && (column+len(s) <= yamlWidth || !strings.Contains(s, " ")) {
		w.text = append(append(w.text, s...), '\n')
		return true
	}
	if isNumber(s) {
		w.text = append(append(append(w.text, '"'), s...), "\"\n"...)
		return true
	}
	if strings.Contains(s, "\n") {
		return false // written as a block, which depends on the indent
	}
	line, err := yaml.Marshal(map[string]string{"k": s})
	if err != nil {
		return false
	}
	text := strings.TrimPrefix(string(line), "k: ")
	if strings.Count(text, "\n") != 1 {
		return false
	}
	if strings.Contains(s, " ") && column+len(text) > yamlWidth {
		return false
	}
	w.text = append(w.text, text...)
	return true
}

// isWord says whether YAML takes s for text without quotes, whatever stands
// around it: it begins with a letter, has none but letters, digits and _./- and
// is none of the words for true, false and null.
func isWord(s string) bool {
	if s == "" || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '_' && c != '.' && c != '/' && c != '-' {
			return false
		}
	}
	return !isKeyword(s)
}

func isKeyword(s string) bool {
	if len(s) <= len("false") {
		switch strings.ToLower(s) {
		case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
			return true
		}
	}
	return false
}

// isText says whether YAML takes s for text without quotes as the value of a key
// or the item of a list.
func isText(s string) bool {
	if s == "" || !isLetter(s[0]) && s[0] != '/' || s[len(s)-1] == ' ' || isKeyword(s) {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			return false
		case c == ':' && (i+1 == len(s) || s[i+1] == ' '):
			return false
		case c == '#' && s[i-1] == ' ':
			return false
		}
	}
	return true
}

// isNumber says whether s is all digits, which YAML puts in quotes.
func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// isQuantity says the same for digits, dots and letters of which one is in no
// number: 500m, 10Gi, 30s.
func isQuantity(s string) bool {
	if s == "" || !isDigit(s[0]) {
		return false
	}
	unit := false
	for i := range len(s) {
		c := s[i]
		if !isLetter(c) && !isDigit(c) && c != '.' {
			return false
		}
		unit = unit || isLetter(c) && !strings.ContainsRune("abcdefoxABCDEFOX", rune(c))
	}
	return unit
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// sortedKeys gives the keys of m in the library's order: letters after the rest.
// It is not sure of long ones, of those that need quotes, and where the library
// compares numbers inside of them, which gives no order that holds for all.
func sortedKeys(m map[string]any) (keys []string, ok bool) {
	keys = make([]string, 0, len(m))
	digits := false
	for key := range m {
		if len(key) > yamlMaxKey || !isWord(key) {
			return nil, false
		}
		digits = digits || strings.ContainsAny(key, "0123456789")
		keys = append(keys, key)
	}
	if digits && len(keys) > yamlMaxKey {
		return nil, false
	}
	for i := 0; digits && i < len(keys); i++ {
		for _, other := range keys[:i] {
			if comparesNumbers(keys[i], other) {
				return nil, false
			}
		}
	}
	slices.SortFunc(keys, compareKeys)
	return keys, true
}

func compareKeys(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x == y:
			continue
		case isLetter(x) == isLetter(y):
			return int(x) - int(y)
		case isLetter(x):
			return 1
		}
		return -1
	}
	return len(a) - len(b)
}

// comparesNumbers says whether two keys differ first where one has a digit and
// the other no letter.
func comparesNumbers(a, b string) bool {
	for i := range min(len(a), len(b)) {
		if x, y := a[i], b[i]; x != y {
			return (isDigit(x) || isDigit(y)) && !isLetter(x) && !isLetter(y)
		}
	}
	return false
}

// deepCopy copies plain data; false for anything else, which sprig copies.
func deepCopy(v any) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		if v == nil {
			return nil, false
		}
		out := make(map[string]any, len(v))
		for key, value := range v {
			c, ok := deepCopy(value)
			if !ok {
				return nil, false
			}
			out[key] = c
		}
		return out, true
	case []any:
		if v == nil {
			return nil, false
		}
		out := make([]any, len(v))
		for i, value := range v {
			c, ok := deepCopy(value)
			if !ok {
				return nil, false
			}
			out[i] = c
		}
		return out, true
	case string, bool, float64, int, int64:
		return v, true
	case nil:
		return nil, true
	}
	return nil, false
}
