package output

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// events is what a Splitter said, with neighbouring texts joined: how text is cut means nothing.
type events []string

func (e *events) splitter(token string) *Splitter {
	return NewSplitter(token, func(text string) {
		if n := len(*e); n > 0 && strings.HasPrefix((*e)[n-1], "text ") {
			(*e)[n-1] += text
			return
		}
		*e = append(*e, "text "+text)
	}, func(kind string, body []byte) {
		*e = append(*e, fmt.Sprintf("%s=%s", kind, body))
	})
}

// split gives the chunks to a Splitter.
func split(token string, chunks ...string) events {
	var e events
	s := e.splitter(token)
	for _, c := range chunks {
		s.Write(c)
	}
	s.Flush()
	return e
}

func sequence(token, kind, body string) string {
	return "\x1b_cnet:" + token + ":" + kind + ":" + base64.StdEncoding.EncodeToString([]byte(body)) + "\x1b\\"
}

func TestSplitter(t *testing.T) {
	ok := sequence("ab12", "result", `{"a":1}`)
	for name, c := range map[string]struct {
		in   string
		want events
	}{
		"text":          {"plain\n", events{"text plain\n"}},
		"nothing":       {"", nil},
		"colours":       {"\x1b[31mred\x1b[0m", events{"text \x1b[31mred\x1b[0m"}},
		"alone":         {ok, events{`result={"a":1}`}},
		"between":       {"a" + ok + "b", events{"text a", `result={"a":1}`, "text b"}},
		"two":           {ok + sequence("ab12", "display", "{}"), events{`result={"a":1}`, "display={}"}},
		"empty body":    {"\x1b_cnet:ab12:clear:\x1b\\", events{"clear="}},
		"after an ESC":  {"\x1b" + ok, events{"text \x1b", `result={"a":1}`}},
		"after a start": {"\x1b_cnet:ab12:" + ok, events{"text \x1b_cnet:ab12:", `result={"a":1}`}},
		"in a body":     {"\x1b_cnet:ab12:x:QUJD" + ok, events{"text \x1b_cnet:ab12:x:QUJD", `result={"a":1}`}},
		"after an ESC body": {"\x1b_cnet:ab12:x:QUJD\x1b" + ok,
			events{"text \x1b_cnet:ab12:x:QUJD\x1b", `result={"a":1}`}},
		"wrong token":      {sequence("ab13", "result", "{}"), events{"text " + sequence("ab13", "result", "{}")}},
		"longer token":     {sequence("ab123", "result", "{}"), events{"text " + sequence("ab123", "result", "{}")}},
		"no kind":          {"\x1b_cnet:ab12::QUJD\x1b\\", events{"text \x1b_cnet:ab12::QUJD\x1b\\"}},
		"kind in capitals": {"\x1b_cnet:ab12:X:QUJD\x1b\\", events{"text \x1b_cnet:ab12:X:QUJD\x1b\\"}},
		"no body":          {"\x1b_cnet:ab12:x\x1b\\", events{"text \x1b_cnet:ab12:x\x1b\\"}},
		"bad base64":       {"\x1b_cnet:ab12:x:QUJ\x1b\\b", events{"text \x1b_cnet:ab12:x:QUJ\x1b\\b"}},
		"a line in it":     {"\x1b_cnet:ab12:x:QU\nJD\x1b\\b", events{"text \x1b_cnet:ab12:x:QU\nJD\x1b\\b"}},
		"unfinished":       {"a" + ok[:len(ok)-1], events{"text a" + ok[:len(ok)-1]}},
		"another APC":      {"\x1b_Gf=100;QUJD\x1b\\" + ok, events{"text \x1b_Gf=100;QUJD\x1b\\", `result={"a":1}`}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := split("ab12", c.in); !slices.Equal(got, c.want) {
				t.Errorf("in one piece: %q, want %q", got, c.want)
			}
			if got := split("ab12", strings.Split(c.in, "")...); !slices.Equal(got, c.want) {
				t.Errorf("byte by byte: %q, want %q", got, c.want)
			}
			for i := range c.in {
				if got := split("ab12", c.in[:i], c.in[i:]); !slices.Equal(got, c.want) {
					t.Errorf("cut at %d: %q, want %q", i, got, c.want)
				}
			}
		})
	}
}

// Text is not held back longer than it may be the start of a message.
func TestSplitterHoldsLittle(t *testing.T) {
	var e events
	s := e.splitter("ab12")
	s.Write("text\x1b_cnet:ab1")
	if want := (events{"text text"}); !slices.Equal(e, want) {
		t.Errorf("got %q, want %q", e, want)
	}
	s.Write("3 more")
	if want := (events{"text text\x1b_cnet:ab13 more"}); !slices.Equal(e, want) {
		t.Errorf("got %q, want %q", e, want)
	}
}

// A message may be as long as the limit and no longer, in whatever pieces it comes.
func TestSplitterLength(t *testing.T) {
	fits := sequence("ab12", "x", strings.Repeat("x", 999))
	long := sequence("ab12", "x", strings.Repeat("x", 1002))
	next := sequence("ab12", "y", "z")
	for _, c := range []struct {
		in   string
		want events
	}{
		{fits + next, events{"x=" + strings.Repeat("x", 999), "y=z"}},
		{long + next, events{"text " + long, "y=z"}},
	} {
		for size := 1; size < len(c.in); size++ {
			var got events
			s := got.splitter("ab12")
			s.limit = len(fits)
			for rest := c.in; rest != ""; {
				n := min(size, len(rest))
				s.Write(rest[:n])
				rest = rest[n:]
			}
			if !slices.Equal(got, c.want) {
				t.Fatalf("in pieces of %d: %q, want %q", size, got, c.want)
			}
		}
	}
}

// Any cut gives the events that a regular expression finds in the whole.
func FuzzSplitter(f *testing.F) {
	ok := sequence("ab", "x", "{}")
	f.Add("a"+ok+"b", uint16(3), uint16(7))
	f.Add("\x1b\x1b_cnet:ab:x:QQ==\x1b"+ok+ok, uint16(1), uint16(2))
	f.Add("\x1b_cnet:ab:x:QQ=\x1b\\"+ok, uint16(9), uint16(40))
	pattern := regexp.MustCompile("\x1b_cnet:ab:([a-z]+):([A-Za-z0-9+/=]*)\x1b\\\\")
	f.Fuzz(func(t *testing.T, in string, a, b uint16) {
		var want events
		text := ""
		done := 0
		end := func() {
			if text != "" {
				want = append(want, "text "+text)
			}
			text = ""
		}
		for _, m := range pattern.FindAllStringSubmatchIndex(in, -1) {
			text += in[done:m[0]]
			done = m[1]
			if body, err := base64.StdEncoding.DecodeString(in[m[4]:m[5]]); err != nil {
				text += in[m[0]:m[1]]
			} else {
				end()
				want = append(want, fmt.Sprintf("%s=%s", in[m[2]:m[3]], body))
			}
		}
		text += in[done:]
		end()

		i, j := int(a)%(len(in)+1), int(b)%(len(in)+1)
		i, j = min(i, j), max(i, j)
		for _, chunks := range [][]string{{in}, {in[:i], in[i:j], in[j:]}, strings.SplitAfter(in, "A"), bytesOf(in)} {
			if got := split("ab", chunks...); !slices.Equal(got, want) {
				t.Errorf("%q gives %q, want %q", chunks, got, want)
			}
		}
	})
}

// bytesOf cuts text behind every byte.
func bytesOf(text string) []string {
	s := make([]string, len(text))
	for i := range len(text) {
		s[i] = text[i : i+1]
	}
	return s
}

func BenchmarkSplitter(b *testing.B) {
	text := strings.Repeat(strings.Repeat("x", 1000)+"\x1b[0m\n", 30)
	body := sequence("ab12", "display", strings.Repeat("x", 30_000))
	for name, in := range map[string]string{"text": text, "message": body} {
		b.Run(name, func(b *testing.B) {
			s := NewSplitter("ab12", func(string) {}, func(string, []byte) {})
			b.SetBytes(int64(len(in)))
			for b.Loop() {
				s.Write(in)
			}
		})
	}
}
