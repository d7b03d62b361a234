package manifest

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/stateward/stateward/pkg/source"
)

// lines is a text with an index of its lines, shared by the objects in it.
type lines struct {
	file   string
	text   []byte
	starts []int // offset of each line
}

func newLines(file string, text []byte) *lines {
	l := &lines{file: file, text: text, starts: []int{0}}
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return l
		}
		at += i + 1
		l.starts = append(l.starts, at)
	}
}

// line gives a line, counted from 1, without its line break.
func (l *lines) line(n int) string {
	if n < 1 || n > len(l.starts) {
		return ""
	}
	text := l.text[l.starts[n-1]:]
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return string(bytes.TrimSuffix(text, []byte("\r")))
}

// whole spans what is written in a line.
func (l *lines) whole(n int) source.Span {
	n = max(1, min(n, len(l.starts)))
	line := l.line(n)
	written := strings.TrimSpace(line)
	col := 1 + utf8.RuneCountInString(line[:len(line)-len(strings.TrimLeft(line, " \t"))])
	if written == "" {
		return source.Span{Pos: source.Pos{File: l.file, Line: n, Col: 1}}
	}
	return l.span(n, col, col+utf8.RuneCountInString(written))
}

func (l *lines) span(line, col, end int) source.Span {
	return source.Span{Pos: source.Pos{File: l.file, Line: line, Col: col}, EndCol: end}
}

// scalar spans a scalar, or the part of it on its first line.
func (l *lines) scalar(n *yaml.Node) source.Span {
	text := []rune(l.line(n.Line))
	col := min(n.Column, len(text)+1)
	rest := string(text[max(col-1, 0):])
	// Anchors and tags count as part of the scalar but are not its value.
	for strings.HasPrefix(rest, "&") || strings.HasPrefix(rest, "!") {
		_, after, found := strings.Cut(rest, " ")
		if !found {
			break
		}
		after = strings.TrimLeft(after, " ")
		col += utf8.RuneCountInString(rest) - utf8.RuneCountInString(after)
		rest = after
	}
	return l.span(n.Line, col, col+utf8.RuneCountInString(written(n, rest)))
}

// written cuts from the rest of a line what belongs to the scalar that starts it.
func written(n *yaml.Node, rest string) string {
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		indicator, _, _ := strings.Cut(rest, " ")
		return indicator
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			switch rest[i] {
			case '\\':
				i++
			case '"':
				return rest[:i+1]
			}
		}
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := 1; i < len(rest); i++ {
			if rest[i] != '\'' {
				continue
			}
			if i+1 == len(rest) || rest[i+1] != '\'' {
				return rest[:i+1]
			}
			i++
		}
	case strings.HasPrefix(rest, n.Value):
		return n.Value
	}
	rest, _, _ = strings.Cut(rest, " #")
	return strings.TrimRight(rest, " \t")
}
