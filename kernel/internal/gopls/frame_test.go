package gopls

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestReadFrame(t *testing.T) {
	for _, c := range []struct{ name, in, want, fails string }{
		{name: "one", in: "Content-Length: 2\r\n\r\n{}", want: "{}"},
		{name: "empty body", in: "Content-Length: 0\r\n\r\n", want: ""},
		{
			name: "other headers and case",
			in:   "content-type: x; charset=utf-8\r\nCONTENT-LENGTH:2\r\n\r\n{}", want: "{}",
		},
		{name: "bare newlines", in: "Content-Length: 2\n\n{}", want: "{}"},
		{name: "no length", in: "Content-Type: x\r\n\r\n{}", fails: "without Content-Length"},
		{name: "negative", in: "Content-Length: -1\r\n\r\n", fails: "expected 0 to"},
		{name: "not a number", in: "Content-Length: two\r\n\r\n", fails: "expected 0 to"},
		{name: "too long", in: "Content-Length: 67108865\r\n\r\n", fails: "expected 0 to 67108864"},
		{name: "beyond an int", in: "Content-Length: 99999999999999999999\r\n\r\n", fails: "expected 0 to"},
		{name: "garbage", in: "panic: runtime error\n\ngoroutine 1", want: "", fails: "without Content-Length"},
		{name: "not a header", in: "hello\r\n\r\n", fails: `expected "Name: value"`},
		{name: "endless header", in: strings.Repeat("x", 1<<20), fails: "longer than 4096"},
		{name: "endless headers", in: strings.Repeat("a: b\r\n", 1<<16), fails: "longer than 4096"},
		{name: "ends in the header", in: "Content-Len", fails: "ends early"},
		{name: "ends after a header line", in: "Content-Length: 2\r\n", fails: "ends early"},
		{name: "ends in the body", in: "Content-Length: 60000000\r\n\r\n{}", fails: "after 2 of 60000000"},
	} {
		got, err := readFrame(bufio.NewReader(strings.NewReader(c.in)))
		switch {
		case c.fails == "" && (err != nil || string(got) != c.want):
			t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
		case c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s: %q, %v, want an error with %q", c.name, got, err, c.fails)
		}
	}
	if _, err := readFrame(bufio.NewReader(strings.NewReader(""))); err != io.EOF {
		t.Errorf("end between messages: %v, want io.EOF", err)
	}
}

// FuzzFrames proves that no input makes the reader panic or hold more than arrived, and that what is framed is read
// back.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}Content-Length: 2\r\n\r\n[]"))
	f.Add([]byte("Content-Length: 67108864\r\n\r\n{}"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, held := bufio.NewReader(bytes.NewReader(in)), 0
		for {
			frame, err := readFrame(r)
			held += len(frame)
			if held > len(in) {
				t.Fatalf("%d bytes out of %d", held, len(in))
			}
			if err != nil {
				break
			}
		}
		stream := appendFrame(appendFrame(nil, in), nil)
		r = bufio.NewReader(bytes.NewReader(stream))
		if got, err := readFrame(r); err != nil || !bytes.Equal(got, in) {
			t.Fatalf("%q read back as %q, %v", in, got, err)
		}
		if got, err := readFrame(r); err != nil || len(got) != 0 {
			t.Fatalf("the empty frame after it: %q, %v", got, err)
		}
	})
}
