package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/pkg/source"
)

func at(line, col, end int) source.Span {
	return source.Span{Pos: source.Pos{File: "f", Line: line, Col: col}, EndCol: end}
}

func TestPosSaysWhatIsKnown(t *testing.T) {
	require.Equal(t, "f:3:7", at(3, 7, 0).String())
	require.Equal(t, "f:3", at(3, 0, 0).String())
	require.Equal(t, "f", at(0, 0, 0).String())
}

func TestLine(t *testing.T) {
	files := source.Files{"f": []byte("one\r\ntwo\n\nlast")}
	for line, want := range map[int]string{1: "one", 2: "two", 3: "", 4: "last"} {
		got, ok := files.Line("f", line)
		require.True(t, ok, line)
		require.Equal(t, want, got)
	}
	for _, line := range []int{-1, 0, 5} {
		_, ok := files.Line("f", line)
		require.False(t, ok, line)
	}
	_, ok := files.Line("absent", 1)
	require.False(t, ok)
}

func TestCaretStandsUnderTheSpan(t *testing.T) {
	for name, tt := range map[string]struct {
		line string
		span source.Span
		want string
	}{
		"a word":                       {"  sise: 1", at(1, 3, 7), "  ^^^^"},
		"only a start":                 {"  sise: 1", at(1, 3, 0), "  ^"},
		"tabs stay tabs":               {"\tx: y", at(1, 2, 3), "\t^"},
		"characters, not bytes":        {"größe: 1", at(1, 8, 9), "       ^"},
		"a span that goes on below":    {"a: b", at(1, 4, 40), "   ^"},
		"just past the end of a line":  {"a:", at(1, 3, 3), "  ^"},
		"a whole line needs no caret":  {"a: b", at(1, 0, 0), ""},
		"a column past the line's end": {"a", at(1, 9, 10), " ^"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, source.Caret(tt.line, tt.span))
		})
	}
}
