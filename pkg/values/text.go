package values

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/source"
)

// normalize drops a byte order mark and turns UTF-16, which YAML readers take
// and some editors write, into UTF-8, so that columns are what editors show.
func normalize(raw []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return raw[3:]
	case bytes.HasPrefix(raw, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(raw, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return raw
	}
	units := make([]uint16, (len(raw)-2)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2+2*i:])
	}
	decoded := utf16.Decode(units)
	if len(raw)%2 == 1 || slices.Contains(decoded, utf8.RuneError) {
		return raw // broken: the reader shall say so
	}
	return []byte(string(decoded))
}

// text turns the positions of yaml's reader into those of source.Pos. They
// differ where a text breaks lines with more than \n: YAML 1.1 also breaks
// them at a lone \r, at NEL, LS and PS.
type text struct {
	file   string
	data   []byte
	starts []int // of yaml's lines
	lines  []int // of lines that end in \n
	cursor cursor
}

// cursor remembers the last column looked up, so that a long line is walked
// once and not once per value.
type cursor struct{ line, col, offset int }

func newText(file string, data []byte) *text {
	t := &text{file: file, data: data, starts: []int{0}, lines: []int{0}}
	for i := 0; i < len(data); i++ {
		if n := lineBreak(data[i:]); n > 0 {
			i += n - 1
			t.starts = append(t.starts, i+1)
			if data[i] == '\n' {
				t.lines = append(t.lines, i+1)
			}
		}
	}
	return t
}

// lineBreak gives the length of the line break that data starts with.
func lineBreak(data []byte) int {
	switch {
	case data[0] == '\n':
		return 1
	case data[0] == '\r':
		if len(data) > 1 && data[1] == '\n' {
			return 2
		}
		return 1
	case data[0] == 0xc2 && len(data) > 1 && data[1] == 0x85:
		return 2
	case data[0] == 0xe2 && len(data) > 2 && data[1] == 0x80 && (data[2] == 0xa8 || data[2] == 0xa9):
		return 3
	}
	return 0
}

// offset gives the byte where yaml's line and column stand, at most the end.
func (t *text) offset(line, col int) int {
	if line < 1 || line > len(t.starts) {
		return len(t.data)
	}
	c := cursor{line, 1, t.starts[line-1]}
	if t.cursor.line == line && t.cursor.col <= col {
		c = t.cursor
	}
	for ; c.col < col && c.offset < len(t.data); c.col++ {
		_, size := utf8.DecodeRune(t.data[c.offset:])
		c.offset += size
	}
	t.cursor = c
	return c.offset
}

// pos gives the position of a byte.
func (t *text) pos(offset int) source.Pos {
	offset = min(offset, len(t.data))
	line := sort.SearchInts(t.lines, offset+1)
	start := t.lines[line-1]
	yamlLine := sort.SearchInts(t.starts, offset+1)
	if t.starts[yamlLine-1] == start && t.cursor.line == yamlLine && t.cursor.offset <= offset {
		return source.Pos{File: t.file, Line: line, Col: t.cursor.col + utf8.RuneCount(t.data[t.cursor.offset:offset])}
	}
	return source.Pos{File: t.file, Line: line, Col: 1 + utf8.RuneCount(t.data[start:offset])}
}

// span gives the span of data[start:end], without an end when end is negative.
func (t *text) span(start, end int) source.Span {
	s := source.Span{Pos: t.pos(start)}
	if end >= start {
		s.EndCol = s.Col + utf8.RuneCount(t.data[start:end])
	}
	return s
}

// line gives the text of a line that ends in \n, counted from 1.
func (t *text) line(n int) string {
	if n < 1 || n > len(t.lines) {
		return ""
	}
	rest := t.data[t.lines[n-1]:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	return strings.TrimSuffix(string(rest), "\r")
}

// at gives the position of a byte within a line.
func (t *text) at(line, index int) source.Span {
	return source.Span{Pos: source.Pos{File: t.file, Line: line, Col: 1 + utf8.RuneCountInString(t.line(line)[:index])}}
}

// start gives where the value of n begins, after its anchor and tag when they
// stand on the same line.
func (t *text) start(n *yaml.Node) int {
	first := t.offset(n.Line, n.Column)
	at := first
	for at < len(t.data) && (t.data[at] == '&' || t.data[at] == '!') && n.Kind != yaml.AliasNode {
		for at < len(t.data) && !isBlank(t.data[at]) && lineBreak(t.data[at:]) == 0 {
			at++
		}
		for at < len(t.data) && isBlank(t.data[at]) {
			at++
		}
		if at == len(t.data) || lineBreak(t.data[at:]) > 0 {
			return first
		}
	}
	return at
}

// end gives where a scalar or alias that starts at start ends, -1 when it
// spans lines or is not written as it is read.
func (t *text) end(n *yaml.Node, start int) int {
	rest := t.data[start:]
	switch {
	case n.Kind == yaml.AliasNode:
		return start + 1 + len(n.Value)
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		if n := quoted(rest); n > 0 {
			return start + n
		}
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0:
		if bytes.HasPrefix(rest, []byte(n.Value)) {
			return start + len(n.Value)
		}
	}
	return -1
}

// quoted gives the length of the quoted scalar that data starts with, 0 when
// it does not end on its line.
func quoted(data []byte) int {
	if len(data) == 0 || data[0] != '"' && data[0] != '\'' {
		return 0
	}
	for i := 1; i < len(data) && lineBreak(data[i:]) == 0; i++ {
		switch {
		case data[i] == '\\' && data[0] == '"':
			i++
		case data[i] == '\'' && data[0] == '\'' && i+1 < len(data) && data[i+1] == '\'':
			i++
		case data[i] == data[0]:
			return i + 1
		}
	}
	return 0
}

// closing gives where the flow collection ends whose last content ends at
// from, -1 when that is not on the same line.
func (t *text) closing(from int) int {
	for ; from >= 0 && from < len(t.data); from++ {
		switch t.data[from] {
		case ' ', '\t', ',', ':':
		case ']', '}':
			return from + 1
		default:
			return -1
		}
	}
	return -1
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }
