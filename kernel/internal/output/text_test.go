package output

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// The examples are those of the Unicode standard, tables 3-8 to 3-11, and of what programs write.
func TestValidText(t *testing.T) {
	const r = "\ufffd"
	for text, want := range map[string]string{
		"":                                  "",
		"naïve €😀\ufffd":                    "naïve €😀\ufffd",
		"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A": strings.Repeat(r, 8) + "A",
		"\xed\xa0\x80\xed\xbf\xbf\xed\xafA": strings.Repeat(r, 8) + "A",
		"\xf4\x91\x92\x93\xffA\x80\xbfB":    strings.Repeat(r, 5) + "A" + r + r + "B",
		"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA": strings.Repeat(r, 4) + "A",
		"\xe2\x82":                          r,
		"\xf0\x9f\x98":                      r,
		"a\xe2\x82b":                        "a" + r + "b",
		"\x89PNG\r\n":                       r + "PNG\r\n",
	} {
		if got := ValidText(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Wherever bytes are cut, what is shown is what would be if they came as one.
func TestCutAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var bytes []byte
		for range 1 + random.IntN(12) {
			switch random.IntN(3) {
			case 0:
				bytes = utf8.AppendRune(bytes, rune(random.IntN(utf8.MaxRune)))
			case 1:
				bytes = append(bytes, byte(random.IntN(256)))
			default:
				bytes = append(bytes, "é€😀"[random.IntN(9):]...)
			}
		}
		var shown strings.Builder
		s := New(func(_ string, content, _ json.RawMessage, _ [][]byte) {
			_, text, _ := StreamText(content)
			shown.WriteString(text)
		}, Options{})
		for rest := bytes; len(rest) > 0; {
			n := 1 + random.IntN(len(rest))
			s.Text("stdout", string(rest[:n]))
			rest = rest[n:]
		}
		s.EndText()
		s.Flush()
		s.Close()
		if want := ValidText(string(bytes)); shown.String() != want {
			t.Errorf("%q: %q, want %q", bytes, shown.String(), want)
		}
	}
}

func TestStreamText(t *testing.T) {
	for content, want := range map[string][2]string{
		`{"name": "stdout", "text": "a€"}`:                            {"stdout", "a€"},
		`{"name": "stderr", "text": "\ufffd\ufffd", "bytes": "4oI="}`: {"stderr", "\xe2\x82"},
	} {
		name, text, ok := StreamText(json.RawMessage(content))
		if !ok || name != want[0] || text != want[1] {
			t.Errorf("%s: %q, %q, %v", content, name, text, ok)
		}
	}
	if _, _, ok := StreamText(json.RawMessage(`{"name": 1}`)); ok {
		t.Error("a name that is a number is taken for a stream")
	}
}
