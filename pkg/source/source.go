// Package source says where in the user's text something stands. In go file
// names and their text; out come positions, and lines with a caret under them.
package source

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Pos is a place in a file. Line and Col count from 1, Col in characters; a
// Line of 0 means the whole file, a Col of 0 the whole line.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"column,omitempty"`
}

// Span is a Pos and the column after its last character on the same line;
// EndCol is 0 when only the start is known.
type Span struct {
	Pos
	EndCol int `json:"endColumn,omitempty"`
}

// String gives file:line:col, with the parts that are known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	if c := strings.Compare(p.File, q.File); c != 0 {
		return c
	}
	if p.Line != q.Line {
		return p.Line - q.Line
	}
	return p.Col - q.Col
}

// Files keeps the text of every file that a Span may point into, under the
// name the Span uses.
type Files map[string][]byte

// Add takes over all entries of other.
func (f Files) Add(other Files) {
	for name, text := range other {
		f[name] = text
	}
}

// Line gives the text of a line, counted from 1, without its line break;
// false when there is no such line.
func (f Files) Line(file string, line int) (string, bool) {
	text, ok := f[file]
	if !ok || line < 1 {
		return "", false
	}
	for range line - 1 {
		_, rest, found := bytes.Cut(text, []byte("\n"))
		if !found {
			return "", false
		}
		text = rest
	}
	l, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimSuffix(l, []byte("\r"))), true
}

// Caret gives the blanks and carets to print under the line that s points at:
// as many carets as the span is long, at least one, never past the line's end.
// Tabs of the line stay tabs, so that the caret stands right in any terminal.
func Caret(line string, s Span) string {
	if s.Col < 1 {
		return ""
	}
	var b strings.Builder
	col := 1
	for _, r := range line {
		if col == s.Col {
			break
		}
		if r != '\t' {
			r = ' '
		}
		b.WriteRune(r)
		col++
	}
	n := min(s.EndCol, utf8.RuneCountInString(line)+1) - s.Col
	b.WriteString(strings.Repeat("^", max(n, 1)))
	return b.String()
}
