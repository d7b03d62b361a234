package manifest

import "bytes"

// document is one document of a stream: its text, whose first line is line of
// the stream. What stood before it on a separator's line is blank, so that
// columns are those of the stream too. Stray is a line that begins like a
// separator and goes on as something else.
type document struct {
	text  []byte
	line  int
	stray bool
}

// documents cuts the text where kubectl and Helm do: at lines that begin with
// three dashes.
func (l *lines) documents() []document {
	text := bytes.Clone(l.text)
	docs := []document{{line: 1}}
	begin := 0
	for i, start := range l.starts {
		if !bytes.HasPrefix(text[start:], []byte("---")) {
			continue
		}
		docs[len(docs)-1].text = text[begin:start]
		begin = start
		copy(text[start:], "   ")
		docs = append(docs, document{line: i + 1, stray: stray(text[start+3:])})
	}
	docs[len(docs)-1].text = text[begin:]
	return docs
}

func stray(after []byte) bool {
	return len(after) > 0 && bytes.IndexByte([]byte(" \t\r\n"), after[0]) < 0
}

// template gives the path in the comment that Helm writes above each document,
// empty when there is none.
func (d document) template() string {
	for line := range bytes.Lines(d.text) {
		line = bytes.TrimSpace(line)
		if path, found := bytes.CutPrefix(line, []byte("# Source: ")); found {
			return string(path)
		}
		if len(line) > 0 && line[0] != '#' {
			break
		}
	}
	return ""
}
