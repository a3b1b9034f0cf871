package report

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is the word, number or sign at a position.
var token = regexp.MustCompile(`^(?:[\pL_][\pL\pN_]*|[0-9][0-9A-Za-z_.]*|[^\s\pL\pN])`)

// columnIn finds in code, a line of the user's, what stands at the 1-based byte column of source, the same line as GoNB
// wrote it again. It returns 0 where that is not certain: no caret is better than one under the wrong word.
func columnIn(code, source string, column int) int {
	at := column - 1
	if at < 0 || at > len(source) {
		return 0
	}
	if code == source {
		return column
	}
	if !strings.Contains(source, "//") {
		code, _, _ = strings.Cut(code, "//") // GoNB drops the comments of what it writes again
	}
	// The same line, set in or out.
	bare, bareSource := strings.TrimLeft(code, " \t"), strings.TrimLeft(source, " \t")
	if shift := len(source) - len(bareSource); bare == bareSource && at >= shift {
		return at - shift + len(code) - len(bare) + 1
	}
	// The same end of the line.
	if end := strings.TrimSpace(source[at:]); len(end) > 1 && strings.Count(code, end) == 1 {
		if i := strings.Index(code, end); wordStart(code, i) {
			return i + 1
		}
	}
	// The same word. Where it occurs more than once, and as often in both, its number counts.
	word := token.FindString(source[at:])
	if word == "" {
		return 0
	}
	here, there := occurrences(source, word), occurrences(code, word)
	if len(here) != len(there) {
		return 0
	}
	for n, i := range here {
		if i == at {
			return there[n] + 1
		}
	}
	return 0
}

// occurrences returns the offsets of a token in a line.
func occurrences(line, word string) []int {
	var all []int
	for i := 0; i < len(line); {
		t := token.FindString(line[i:])
		if t == word && wordStart(line, i) {
			all = append(all, i)
		}
		if t == "" {
			_, size := utf8.DecodeRuneInString(line[i:])
			i += size
		} else {
			i += len(t)
		}
	}
	return all
}

// wordStart reports whether a word that stands at i begins there.
func wordStart(line string, i int) bool {
	if i == 0 {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(line[:i])
	after, _ := utf8.DecodeRuneInString(line[i:])
	return !inWord(before) || !inWord(after)
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) }

// blank returns text as white space of the same width.
func blank(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, text)
}

// window cuts a long line to the part around the 1-based byte column, and returns the column within it. A column that
// does not fall on a rune of the line comes back as 0.
func window(line string, column int) (string, int) {
	at := column - 1
	if at < 0 || at > len(line) || at < len(line) && !utf8.RuneStart(line[at]) {
		at = -1
	}
	if len(line) <= maxLine {
		return line, at + 1
	}
	from := max(0, at-maxLine/2)
	for from > 0 && !utf8.RuneStart(line[from]) {
		from--
	}
	cut := clip(line[from:], maxLine)
	if at < 0 {
		return cut, 0
	}
	at -= from
	if from > 0 {
		cut, at = "…"+cut, at+len("…")
	}
	return cut, at + 1
}
