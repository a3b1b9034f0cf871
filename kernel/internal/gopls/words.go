package gopls

import (
	"go/scanner"
	"go/token"
	"strings"
	"unicode"
	"unicode/utf8"
)

// identifierAround is the extent of the identifier that the offset is in or at an end of; empty if there is none.
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

// importPathAround is the extent of the import path that the offset is in, without the quotes. The closing quote may be
// missing.
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

// word is a token of Go.
type word struct {
	tok        token.Token
	start, end int
}

// wordsBefore are the tokens that begin before the offset. Semicolons that Go puts in at line ends are left out. In a
// comment there are none.
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

// sourceLen is the length, at the start of the text, of a literal or comment as the scanner gives it, which is without
// carriage returns where these mean nothing.
func sourceLen(text, literal string) int {
	n := 0
	for i := 0; i < len(literal) && n < len(text); n++ {
		if text[n] == literal[i] {
			i++
		}
	}
	return n
}

// subjects are the offsets of the names that a question at this offset may be about, the nearest first: the name there,
// then the function or type whose brackets it is in.
func subjects(text string, offset int) []int {
	if offset < 0 || offset > len(text) {
		return []int{offset} // for the error that asking gives
	}
	words := wordsBefore(text, offset)
	var found []int
	if start, end := identifierAround(text, offset); start < end && (len(words) > 0 || start == offset) {
		if token.IsIdentifier(text[start:end]) && !inLiteral(text, words, offset) {
			found = append(found, start)
		}
	}
	if i := len(words) - 1; len(found) == 0 && i > 0 && words[i].tok == token.PERIOD && words[i-1].tok == token.IDENT {
		found = append(found, words[i-1].start)
	}
	if start, ok := enclosing(words); ok {
		found = append(found, start)
	}
	return found
}

// inLiteral tells whether the offset is inside of a string or a character, which may not be closed yet.
func inLiteral(text string, words []word, offset int) bool {
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	if last.tok != token.STRING && last.tok != token.CHAR {
		return false
	}
	closed := last.end-last.start > 1 && text[last.end-1] == text[last.start]
	return offset < last.end || offset == last.end && !closed
}

// enclosing is the name before the innermost open parenthesis, or before the open brace of a composite literal.
func enclosing(words []word) (start int, ok bool) {
	depth := 0
	for i := len(words) - 1; i > 0; i-- {
		switch words[i].tok {
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth++
		case token.LPAREN, token.LBRACE, token.LBRACK:
			if depth > 0 {
				depth--
				continue
			}
			name := words[i-1]
			isName := name.tok == token.IDENT
			switch {
			case words[i].tok == token.LBRACK:
				continue // an index: what it is in counts
			case words[i].tok == token.LPAREN && isName:
				return name.start, true
			case words[i].tok == token.LBRACE && isName && name.end == words[i].start:
				return name.start, true // "T{" is a literal, "x {" opens a block
			case words[i].tok == token.LBRACE:
				return 0, false
			}
		}
	}
	return 0, false
}
