package cnet

import (
	"bufio"
	"io"
	"iter"
	"testing"
)

// lineReader reads the output of another process line by line, without waiting for anything but lines.
type lineReader struct{ lines chan string }

func newLineReader(r io.Reader) *lineReader {
	l := &lineReader{make(chan string, 1<<16)}
	go func() {
		defer close(l.lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			l.lines <- s.Text()
		}
	}()
	return l
}

// next waits for a line.
func (l *lineReader) next(t *testing.T) string {
	t.Helper()
	line, ok := <-l.lines
	if !ok {
		t.Fatal("the other process ended without a line")
	}
	return line
}

// rest yields the lines until the output ends. The process may be waited for only after that: Wait closes the pipe.
func (l *lineReader) rest() iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range l.lines {
			if !yield(line) {
				return
			}
		}
	}
}
