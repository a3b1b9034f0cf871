package gopls

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// identifierAround returns the extent of the identifier that the offset is in or at an end of; empty if there is none.
func identifierAround(text string, offset int) (start, end int) {
	start, end = offset, offset
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:start])
		if !isWord(r) {
			break
		}
		start -= n
	}
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if !isWord(r) {
			break
		}
		end += n
	}
	return start, end
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// word is a token of Go, with its place.
type word struct {
	tok        token.Token
	start, end int
}

// wordsBefore returns the tokens that begin before the offset. Semicolons that Go puts in at line ends are left out. In
// a comment there are none.
func wordsBefore(text string, offset int) []word {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(text))
	s.Init(file, []byte(text), nil, scanner.ScanComments)
	var words []word
	for {
		pos, tok, literal := s.Scan()
		start := file.Offset(pos)
		if tok == token.EOF || start >= offset {
			return words
		}
		if tok == token.COMMENT {
			if offset <= start+sourceLen(text[start:], literal) {
				return nil
			}
			continue
		}
		if tok == token.SEMICOLON && literal != ";" {
			continue
		}
		length := sourceLen(text[start:], literal)
		if tok.IsOperator() {
			length = len(tok.String())
		}
		words = append(words, word{tok, start, start + length})
	}
}

// sourceLen returns the length, at the start of the text, of a literal or comment as the scanner gives it, which is
// without carriage returns where these mean nothing.
func sourceLen(text, literal string) int {
	n := 0
	for i := 0; i < len(literal) && n < len(text); n++ {
		if text[n] == literal[i] {
			i++
		}
	}
	return n
}
