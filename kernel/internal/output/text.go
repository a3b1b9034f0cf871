package output

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// StreamText returns the name and the bytes in the content of a stream message of GoNB's; ok is false if it is none.
// JSON holds no bytes that are not UTF-8, and where a program's writes are cut, they need not be. GoNB, as the
// installation builds it, sends such pieces in a field of their own as well.
func StreamText(content json.RawMessage) (name, text string, ok bool) {
	var stream struct {
		Name, Text string
		Bytes      []byte
	}
	if json.Unmarshal(content, &stream) != nil {
		return "", "", false
	}
	if stream.Bytes != nil {
		return stream.Name, string(stream.Bytes), true
	}
	return stream.Name, stream.Text, true
}

// ValidText returns text with U+FFFD for each maximal subpart of an ill-formed sequence, as the Unicode standard
// recommends (section 3.9, "U+FFFD Substitution of Maximal Subparts") and as browsers decode.
func ValidText(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var valid strings.Builder
	for text != "" {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			n = subpart(text)
		}
		valid.WriteRune(r)
		text = text[n:]
	}
	return valid.String()
}

// subpart returns the length of the longest beginning of text, at least 1, with which a well-formed rune could begin.
// Text begins with an ill-formed sequence.
func subpart(text string) int {
	n := 1
	for n < len(text) && !utf8.FullRuneInString(text[:n+1]) {
		n++
	}
	return n
}

// incomplete returns the number of bytes at the end of text that begin a rune without completing it.
func incomplete(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		end := text[len(text)-n:]
		if utf8.RuneStart(end[0]) {
			if utf8.FullRuneInString(end) {
				return 0
			}
			return n
		}
	}
	return 0
}
