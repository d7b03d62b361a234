package values

import (
	"strconv"
	"strings"
	"unicode"
)

// Path names a value: keys from the top down, list indexes as decimal strings.
type Path []string

// Child gives the path of a key or index below p; p stays as it is.
func (p Path) Child(name string) Path {
	return append(p[:len(p):len(p)], name)
}

// String writes the path as --set takes it: a.b[0].c, dots within a key
// escaped by a backslash. Keys that --set cannot say are quoted: a["x y"].
func (p Path) String() string {
	var b strings.Builder
	for i, name := range p {
		switch {
		case !plainKey(name):
			b.WriteString("[" + strconv.Quote(name) + "]")
		case i > 0 && isIndex(name):
			b.WriteString("[" + name + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			for _, r := range name {
				if strings.ContainsRune(`.[],=\`, r) {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// ParsePath reads what String writes; false when text is not a path.
func ParsePath(text string) (Path, bool) {
	path := Path{}
	for first := true; text != ""; first = false {
		var name string
		var ok bool
		switch {
		case strings.HasPrefix(text, `["`):
			quoted, err := strconv.QuotedPrefix(text[1:])
			if err != nil {
				return nil, false
			}
			name, _ = strconv.Unquote(quoted)
			text, ok = strings.CutPrefix(text[1+len(quoted):], "]")
			if !ok {
				return nil, false
			}
		case text[0] == '[' && !first:
			name, text, ok = strings.Cut(text[1:], "]")
			if !ok || !isIndex(name) {
				return nil, false
			}
		default:
			if !first {
				if text[0] != '.' {
					return nil, false
				}
				text = text[1:]
			}
			name, text, ok = cutKey(text)
			if !ok {
				return nil, false
			}
		}
		path = append(path, name)
	}
	return path, true
}

// cutKey takes a key with its backslashes off the front of text.
func cutKey(text string) (name, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '.', '[':
			return b.String(), text[i:], b.Len() > 0
		case ']', ',', '=':
			return "", "", false
		case '\\':
			if i++; i == len(text) {
				return "", "", false
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", b.Len() > 0
}

func plainKey(name string) bool {
	if name == "" {
		return false
	}
	for _, r := range name {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '"' || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

func isIndex(name string) bool {
	if name == "" || len(name) > 9 {
		return false
	}
	for i := range len(name) {
		if name[i] < '0' || name[i] > '9' {
			return false
		}
	}
	return name == "0" || name[0] != '0'
}
