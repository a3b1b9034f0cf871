package gopls

import (
	"go/token"
	"strings"

	"continuousnet/kernel/internal/packages"
)

// Import completes an import path, to those of known that begin like it, and returns false if the offset is not in one.
// It leaves gopls alone: for that, half a path is a new import, to be looked for at length.
func Import(text string, offset int, known func() []string) (Completion, bool) {
	start, end, ok := importPathAround(text, offset)
	if !ok {
		return Completion{}, false
	}
	completion := Completion{Start: start, End: end}
	for _, p := range known() {
		if strings.HasPrefix(p, text[start:offset]) && len(completion.Matches) < maxMatches {
			completion.Matches = append(completion.Matches, Item{p, "package", packages.Name(p)})
		}
	}
	return completion, true
}

// importPathAround returns the extent of the import path that the offset is in, without the quotes. The closing quote
// may be missing.
func importPathAround(text string, offset int) (start, end int, ok bool) {
	if offset < 0 || offset > len(text) {
		return 0, 0, false
	}
	words := wordsBefore(text, offset)
	last := len(words) - 1
	if last < 1 || words[last].tok != token.STRING || words[last].end < offset {
		return 0, 0, false
	}
	start, end = words[last].start+1, words[last].end
	if closed := end > start && text[end-1] == text[start-1]; closed {
		if offset == end {
			return 0, 0, false // behind it
		}
		end--
	} else if line := strings.IndexByte(text[start:end], '\n'); line >= 0 {
		end = start + line // a raw string would go on
	}
	// What is before it, back to the keyword: a name, and the lines of a block.
	for i := last - 1; i >= 0; i-- {
		switch words[i].tok {
		case token.IMPORT:
			return start, end, true
		case token.STRING, token.IDENT, token.PERIOD, token.SEMICOLON, token.LPAREN:
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}
