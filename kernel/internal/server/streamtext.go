package server

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
)

// streamText reads the content of a stream message. A cell can write faster than package json reads, and what is not
// read in time piles up in GoNB, without bound. So the form in which GoNB writes it is read by hand.
func streamText(content []byte) (name, text string, ok bool) {
	for _, name := range []string{"stdout", "stderr"} {
		if rest, found := bytes.CutPrefix(content, []byte(`{"name":"`+name+`","text":"`)); found {
			if body, found := bytes.CutSuffix(rest, []byte(`"}`)); found {
				if text, ok := unquote(body); ok {
					return name, text, true
				}
			}
		}
	}
	var any struct{ Name, Text string }
	if json.Unmarshal(content, &any) != nil {
		return "", "", false
	}
	return any.Name, any.Text, true
}

// escapes are JSON's, without \u.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unquote reads the inside of a JSON string. It gives up on surrogates, which package json does not write.
func unquote(body []byte) (string, bool) {
	var b strings.Builder
	b.Grow(len(body))
	for {
		at := bytes.IndexByte(body, '\\')
		plain := body
		if at >= 0 {
			plain = body[:at]
		}
		if bytes.IndexByte(plain, '"') >= 0 {
			return "", false // the string ends here, and more follows
		}
		b.Write(plain)
		if at < 0 {
			return b.String(), true
		}
		if body = body[at+1:]; len(body) == 0 {
			return "", false
		}
		if c := escapes[body[0]]; c != 0 {
			b.WriteByte(c)
			body = body[1:]
			continue
		}
		if body[0] != 'u' || len(body) < 5 {
			return "", false
		}
		r, err := strconv.ParseUint(string(body[1:5]), 16, 16)
		if err != nil || utf16.IsSurrogate(rune(r)) {
			return "", false
		}
		b.WriteRune(rune(r))
		body = body[5:]
	}
}
